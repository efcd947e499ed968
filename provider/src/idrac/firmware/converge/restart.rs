//! Restarts of the host, which an apply orders once and only while nothing is being written.

use std::time::Duration;

use onprem_redfish::{ErrorKind, JobEnd, JobState, Phase, Stop};
use tf_provider::{Attempt, Diagnostic, Result};

use super::{Converge, Step, component_path};

impl Converge<'_> {
    /// Restarts the host, where something waits for that, and sees it through.
    pub(super) async fn restart(&mut self) -> Result<()> {
        if self.staged.is_empty() {
            return Ok(());
        }
        // Not while the host starts, which somebody else may have had it do.
        self.host.wait_until_ready().await?;
        while self.host.lifecycle_status().await?.is_some_and(|status| status.is_in_post()) {
            tracing::info!(server = self.host.name, "the host is in its self-test");
            if !self.host.deadline().sleep(Duration::from_secs(5)).await {
                let name = &self.host.name;
                return Err(Diagnostic::error(format!("{name} does not leave its self-test"))
                    .detail("It is not restarted in it, for updates may be installed there.")
                    .hint("look at its console, and apply again; or raise `timeouts`"));
            }
        }
        let inventory = self.host.firmware_inventory().await?;
        let (mut waiting, mut running) = (vec![], false);
        for (key, (id, to)) in self.staged.clone() {
            let Some(job) = self.host.job(&id).await? else { continue };
            if matches!(job.phase(), Phase::Staged | Phase::Running) {
                running |= job.phase() == Phase::Running;
                let from = self.found(&inventory, &key)?.version(&to).to_owned();
                waiting.push((key, id, Step { from, to, source: None }));
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let name = &self.host.name;
        if !self.is_on().await? {
            self.cx.warn(
                Diagnostic::warning(format!("{name} is off and is left off"))
                    .detail("What is staged happens when it is switched on."),
            );
            return Ok(());
        }
        if !running {
            self.order_restart().await?;
        }
        let mut failures = vec![];
        for (key, id, step) in waiting {
            let path = component_path(&key).attribute("image");
            match self.host.follow_job(&id, Stop::AtEnd).await {
                Ok(JobEnd::UserIntervention(job)) => self.cx.warn(
                    Diagnostic::warning(format!("`{key}` needs the server's power to be cut"))
                        .detail(format!("The job {id} {}.", job.ending()))
                        .hint("switch the server off and on, or unplug it")
                        .at(component_path(&key)),
                ),
                Ok(end) => {
                    let verified = self.verify(&key, &step, &id, end == JobEnd::Gone).await;
                    failures.extend(verified.err());
                    self.forget(&key)?;
                }
                Err(error) => {
                    // What merely took too long still waits.
                    if *error.kind() == ErrorKind::JobFailed {
                        self.forget(&key)?;
                    }
                    failures.push(Diagnostic::from(error).at(path));
                }
            }
        }
        self.host.wait_until_ready().await?;
        match failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Restarts the host, unless somebody does that already, when nothing is written any more.
    pub(super) async fn order_restart(&mut self) -> Result<()> {
        let name = &self.host.name;
        let jobs = self.host.jobs().await?;
        for job in jobs.iter().filter(|job| job.is_firmware_update()) {
            if job.phase() == Phase::Running {
                self.see_out(&job.id).await?;
            }
        }
        // One that is new was made and never begun, as by an apply that was killed.
        let ordered = jobs
            .iter()
            .find(|job| job.is_restart() && job.is_open() && !matches!(job.state, JobState::New));
        let failed = format!("Could not restart {name}");
        let id = match ordered {
            Some(job) => {
                tracing::info!(server = name, job = job.id, "the host is being restarted already");
                Some(job.id.clone())
            }
            None => {
                tracing::warn!(server = name, "restarting the host, as `reboot` says");
                self.host.restart_host().await.context(failed.clone())?
            }
        };
        if let Some(id) = id {
            self.host.follow_job(&id, Stop::AtEnd).await.context(failed)?;
        }
        self.updated = false;
        Ok(())
    }

    pub(super) async fn is_on(&self) -> Result<bool> {
        let power = self.host.system().await?.power_state;
        Ok(power.as_deref() == Some("On"))
    }
}

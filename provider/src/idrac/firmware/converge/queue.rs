//! What is in the job queue already, from an earlier apply or from somebody else.

use onprem_redfish::{Error, ErrorKind, Firmware, Job, JobEnd, Phase, Stop};
use tf_provider::{Attempt, Diagnostic, Result};

use super::{Converge, Found, INVENTORY_LAG, Step, component_path, not_alone};

/// What the queue holds for a component.
pub(super) enum Pending {
    /// An update that runs has ended: look again.
    Ended,
    Nothing,
    Staged,
}

impl Converge<'_> {
    /// Takes out of the queue what was staged by this resource and is wanted in another version now.
    pub(super) async fn drop_unwanted(&mut self) -> Result<()> {
        for (key, (id, version)) in self.staged.clone() {
            let wanted = self.plan.components.get(&key).map(|component| &component.version);
            if wanted == Some(&version) {
                continue;
            }
            let job = self.host.job(&id).await?;
            match (job.as_ref().map(Job::phase), wanted) {
                (None | Some(Phase::Done), _) => {}
                // Firmware that is being written must not be disturbed.
                (Some(Phase::Running), _) => drop(self.see_out(&id).await?),
                (Some(_), Some(_)) => {
                    tracing::info!(
                        job = id,
                        key,
                        version,
                        "what was staged is not wanted any more"
                    );
                    let text = format!("Could not take the job {id} out of the queue");
                    self.host.delete_job(&id).await.context(text)?;
                }
                (Some(Phase::Failed), None) => {}
                (Some(_), None) => self.cx.warn(
                    Diagnostic::warning(format!("`{key}` is not managed any more"))
                        .detail(format!(
                            "Its update to {version} still happens at the host's next restart."
                        ))
                        .hint(format!("take the job {id} out of the queue if that is not meant")),
                ),
            }
            self.forget(&key)?;
        }
        Ok(())
    }

    /// What is in the queue for a component already; what runs there is waited for.
    pub(super) async fn pending(
        &mut self,
        key: &str,
        found: &Found,
        step: &Step,
        inventory: &[Firmware],
    ) -> Result<Pending> {
        if let Some((id, _)) = self.staged.get(key).cloned() {
            let job = self.host.job(&id).await?;
            let phase = job.as_ref().map(Job::phase);
            if matches!(phase, Some(Phase::Staged | Phase::UserIntervention)) {
                return Ok(Pending::Staged);
            }
            self.forget(key)?;
            if phase == Some(Phase::Running) {
                self.host.follow_job(&id, Stop::AtEnd).await.at(component_path(key))?;
            }
            if matches!(phase, Some(Phase::Done | Phase::Running)) {
                self.settle(inventory).await?;
                return Ok(Pending::Ended);
            }
        }
        let jobs = self.host.jobs().await?;
        let mine: Vec<&str> = self.staged.values().map(|(id, _)| id.as_str()).collect();
        let open = |job: &&Job| {
            job.is_open() && job.is_firmware_update() && !mine.contains(&job.id.as_str())
        };
        let open: Vec<&Job> = jobs.iter().filter(open).collect();
        if let Some(job) = open.iter().find(|job| job.phase() == Phase::Running) {
            tracing::info!(job = job.id, name = job.name, "an update runs already: waiting for it");
            if self.see_out(&job.id).await? {
                self.settle(inventory).await?;
            }
            return Ok(Pending::Ended);
        }
        let Some(job) = open.iter().find(|job| found.is_named_by(job)) else {
            let waits = |job: &&Job| {
                job.is_open() && job.is_firmware_update() && job.phase() != Phase::Running
            };
            let mut beside = jobs.iter().filter(waits);
            let clash = match found.is_cpld() {
                true => beside.next(),
                false => beside.find(|job| job.mentions("CPLD")),
            };
            return match clash {
                None => Ok(Pending::Nothing),
                Some(Job { id, name, .. }) => {
                    Err(not_alone(&format!("{id} ({name}) waits.")).at(component_path(key)))
                }
            };
        };
        self.cx.warn(
            Diagnostic::warning(format!("An update of {} is staged already", found.name()))
                .detail(format!(
                    "The job {} ({}) waits for a restart of the host. It was begun by an apply that \
                     did not end, or by somebody else; no second one is started.",
                    job.id, job.name
                ))
                .detail(format!(
                    "The queue does not tell which version it brings. If it is not {}, a plan after \
                     the restart shows that.",
                    step.to
                ))
                .at(component_path(key)),
        );
        self.staged.insert(key.to_owned(), (job.id.clone(), step.to.clone()));
        self.remember()?;
        Ok(Pending::Staged)
    }

    /// What is in the queue and not over, or stuck there; nothing when the iDRAC does not say.
    pub(super) async fn open_jobs(&self) -> Vec<Job> {
        let jobs = self.host.jobs().await.inspect_err(|error| {
            tracing::warn!(%error, "the queue cannot be read");
        });
        jobs.unwrap_or_default().into_iter().filter(|job| !job.has_ended()).collect()
    }

    /// The iDRAC's refusal of an update, with what is in its way.
    pub(super) fn occupied(&self, error: Error, jobs: &[Job]) -> Diagnostic {
        with_jobs(error.into(), &self.host.name, jobs)
    }

    /// Waits for the end of a job whose outcome is seen in the inventory; whether it ended well.
    pub(super) async fn see_out(&self, id: &str) -> Result<bool> {
        match self.host.follow_job(id, Stop::WhenStaged).await {
            Ok(JobEnd::Done(_) | JobEnd::Gone) => Ok(true),
            Ok(_) => Ok(false),
            Err(error) if *error.kind() == ErrorKind::JobFailed => {
                tracing::info!(%error, "it failed");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the inventory time to show what a job did: nothing is to be written a second time.
    pub(super) async fn settle(&self, before: &[Firmware]) -> Result<()> {
        self.host.wait_until_ready().await?;
        self.host.wait_for_firmware(INVENTORY_LAG, |now| now != before).await?;
        Ok(())
    }
}

/// Jobs in one sentence.
pub(super) fn described(jobs: &[Job]) -> Option<String> {
    let list: Vec<String> = jobs.iter().map(Job::summary).collect();
    (!list.is_empty()).then(|| list.join("; "))
}

fn with_jobs(refusal: Diagnostic, server: &str, jobs: &[Job]) -> Diagnostic {
    let Some(list) = described(jobs) else {
        return refusal.detail(
            "No job is open in its queue: the Lifecycle Controller itself may be in use, as by somebody at \
             the server's console.",
        );
    };
    let id = &jobs.first().map(|job| job.id.clone()).unwrap_or_default();
    refusal.detail(format!("In its queue: {list}.")).hint(format!(
        "wait until they have ended, or take out what is not wanted: action \"onprem_idrac_job_cancel\" \
         with config {{ server = \"{server}\", job_id = \"{id}\" }}; an iDRAC does not let go of a job that \
         runs"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_with_nothing_in_the_queue_says_who_else_it_may_be() {
        let refusal = with_jobs(Diagnostic::error("Busy"), "r750-01", &[]);
        assert!(refusal.full_detail().contains("Lifecycle Controller itself"), "{refusal}");
    }
}

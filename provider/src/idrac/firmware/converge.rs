//! Brings a server to the wanted versions.
//!
//! One component after the other: first what the host need not restart for, then what it must, a CPLD by
//! itself, and the iDRAC last, since its restart would interrupt the others. Before each the queue is
//! looked at: an update that runs already, from an apply that was killed or from somebody else, is waited
//! for and not started twice.

mod queue;
mod restart;

use std::time::{Duration, Instant};

use onprem_redfish::{
    ApplyTime, Error, ErrorKind, Firmware, JobEnd, SimpleUpdate, Stop, message_code,
};
use tf_provider::{Attempt, Context, Diagnostic, Result, Value};

use super::component::{Found, Source, Step};
use super::image::Image;
use super::plan::{missing, no_waiting};
use super::state::{INVENTORY_LAG, observe};
use super::{RebootPolicy, STAGED, ServerFirmware, ServerFirmwarePlan, Staged, component_path};
use crate::idrac::Host;
use queue::{Pending, described};

/// How long a job may be scheduled whose update needs no restart of the host.
const BRIEFLY: Duration = Duration::from_secs(120);

/// How often an update is started anew that a restart of the iDRAC interrupted.
const ATTEMPTS: usize = 4;

/// An apply at work.
pub(super) struct Converge<'a> {
    cx: &'a Context<ServerFirmware>,
    host: &'a Host,
    plan: &'a ServerFirmwarePlan,
    staged: Staged,
    /// Whether something was updated since the host was restarted last.
    updated: bool,
}

impl<'a> Converge<'a> {
    pub(super) fn new(
        cx: &'a Context<ServerFirmware>,
        host: &'a Host,
        plan: &'a ServerFirmwarePlan,
    ) -> Result<Self> {
        let staged = cx.recall::<Staged>(STAGED)?.unwrap_or_default();
        Ok(Self { cx, host, plan, staged, updated: false })
    }

    pub(super) async fn run(mut self) -> Result<ServerFirmware> {
        let _guard = self.host.change().await?;
        let _busy = self.host.busy();
        self.drop_unwanted().await?;
        let inventory = self.host.firmware_inventory().await?;
        let batches = self.batches(&inventory).await?;
        if self.plan.reboot.restarts() && self.has_staged_cpld(&inventory)? {
            self.restart().await?;
        }
        for batch in batches {
            for key in batch {
                self.bring(&key).await?;
            }
            if self.plan.reboot.restarts() {
                self.restart().await?;
            }
        }
        if self.plan.reboot == RebootPolicy::Always && self.updated && self.is_on().await? {
            self.order_restart().await?;
            self.host.wait_until_ready().await?;
        }
        let words = self.plan.components.keys().map(|key| (key.clone(), self.word(key).to_owned()));
        let inventory = self.host.firmware_inventory().await?;
        let firmware = observe(self.cx, self.host, &words.collect(), &inventory).await?;
        for (key, component) in &self.plan.components {
            let now = firmware.components.get(key).map(|component| component.version.as_str());
            if now != Some(component.version.as_str()) {
                return Err(Diagnostic::error(format!("`{key}` was changed meanwhile"))
                    .detail(format!(
                        "It had {} a moment ago, and has {} now.",
                        component.version,
                        now.unwrap_or("nothing")
                    ))
                    .hint("plan again")
                    .at(component_path(key)));
            }
        }
        Ok(firmware)
    }

    /// The components in the order of their updates, once every one of them is known to be possible.
    async fn batches(&self, inventory: &[Firmware]) -> Result<Vec<Vec<String>>> {
        let mut batches = vec![vec![], vec![], vec![]];
        let (mut first, mut cpld, mut others) = (vec![], None, false);
        let restarts = self.plan.reboot.restarts();
        let service = self.host.update_service().await?;
        for key in self.plan.components.keys() {
            let found = self.found(inventory, key)?;
            let step = self.step(inventory, key, &found)?;
            let begins = step.is_some() && !self.staged.contains_key(key);
            // A plan may not have known what is wanted.
            if begins && let Some(Step { source: Some(Source::Image(image)), to, .. }) = &step {
                self.look_into(key, &found, image, to).await?;
            }
            if begins && found.needs_reboot() && !restarts {
                if self.plan.reboot == RebootPolicy::Error {
                    return Err(Diagnostic::error("The update needs a restart of the host")
                        .hint("`reboot` is `error`: set it to `never` or `if_needed`")
                        .at(component_path(key)));
                }
                if !service.can_wait_for_reset() {
                    return Err(no_waiting(&self.host.name, found.name()).at(component_path(key)));
                }
            }
            let batch = match () {
                () if found.is_controller() => &mut batches[2],
                () if found.is_cpld() => &mut batches[1],
                () if found.needs_reboot() => &mut batches[0],
                () => &mut first,
            };
            batch.push(key.clone());
            if step.is_some() {
                others |= found.waits_with_others();
                cpld = cpld.or_else(|| found.is_cpld().then_some(key));
            }
        }
        if let Some(key) = cpld
            && others
            && !(restarts && self.is_on().await?)
        {
            return Err(not_alone("Another update waits, or would wait, for the same restart.")
                .at(component_path(key)));
        }
        batches.insert(0, first);
        Ok(batches)
    }

    /// Brings one component to its version, or has that wait for a restart of the host.
    async fn bring(&mut self, key: &str) -> Result<()> {
        let path = || component_path(key);
        let mut interrupted = 0;
        loop {
            let inventory = self.host.wait_for_firmware(Duration::ZERO, |_| true).await?;
            let found = self.found(&inventory, key)?;
            let Some(step) = self.step(&inventory, key, &found)? else {
                return self.forget(key);
            };
            match self.pending(key, &found, &step, &inventory).await? {
                Pending::Nothing => {}
                Pending::Staged => return Ok(()),
                Pending::Ended => continue,
            }
            // Only a plan may have an image that it does not know.
            let Some(source) = &step.source else {
                return Err(Diagnostic::error("The image is still unknown").at(path()));
            };
            self.host.wait_until_ready().await?;
            let started = match self.start(source, &found).await {
                Err(error) if matches!(error.kind(), ErrorKind::NotReady | ErrorKind::Busy) => {
                    let jobs = self.open_jobs().await;
                    let in_the_way =
                        described(&jobs).unwrap_or_else(|| "nothing in the queue".into());
                    tracing::info!(%error, in_the_way, "the iDRAC takes no update yet");
                    if !self.host.deadline().sleep(Duration::from_secs(5)).await {
                        return Err(self.occupied(error, &jobs)).at(path());
                    }
                    continue;
                }
                Err(error) if *error.kind() == ErrorKind::JobExists => {
                    let jobs = self.open_jobs().await;
                    return Err(self.occupied(error, &jobs)).at(path().attribute("image"));
                }
                started => started.at(path().attribute("image"))?,
            };
            tracing::info!(
                job = started,
                component = found.name(),
                from = step.from,
                to = step.to,
                "the update has begun"
            );
            self.updated = true;
            match self.follow(&started, &found).await {
                Ok(JobEnd::Staged(_) | JobEnd::UserIntervention(_)) => {
                    self.staged.insert(key.to_owned(), (started, step.to));
                    self.remember()?;
                    return Ok(());
                }
                Ok(end) => {
                    self.verify(key, &step, &started, end == JobEnd::Gone).await?;
                    return Ok(());
                }
                Err(error) if is_interrupted(&error) && interrupted < ATTEMPTS => {
                    tracing::warn!(%error, "a restart of the iDRAC interrupted the update; once more");
                    interrupted += 1;
                }
                Err(error) => return Err(error).at(path().attribute("image")),
            }
        }
    }

    /// Follows a job that was started to where it ends, or waits for a restart of the host.
    async fn follow(&self, id: &str, found: &Found) -> Result<JobEnd, Error> {
        let since = Instant::now();
        loop {
            let end = self.host.follow_job(id, Stop::WhenStaged).await?;
            let waits = matches!(end, JobEnd::Staged(_));
            // What needs no restart is scheduled for a moment only. If it is not, it needs one.
            if !waits || found.needs_reboot() || since.elapsed() > BRIEFLY {
                return Ok(end);
            }
            if !self.host.deadline().sleep(Duration::from_secs(1)).await {
                return Ok(end);
            }
        }
    }

    /// Says that an image does not bring what is wanted, where it can be looked into from here.
    async fn look_into(&self, key: &str, found: &Found, image: &Image, to: &str) -> Result<()> {
        let Some(manifest) = image.manifest().await else { return Ok(()) };
        found.check(&manifest, to).at(component_path(key).attribute("image"))
    }

    async fn start(&self, source: &Source, found: &Found) -> Result<String, Error> {
        // At once an iDRAC may restart the host. What needs no restart does not wait for one.
        let service = self.host.update_service().await?;
        let time = match service.can_wait_for_reset() {
            true => ApplyTime::OnReset,
            false => ApplyTime::Immediate,
        };
        let names: Vec<String> = found.devices().flat_map(Firmware::device_names).collect();
        match source {
            Source::Image(Image::File(file)) => self.host.push_update(file, time, &names).await,
            Source::Image(Image::Url(url)) => {
                let update = SimpleUpdate::new(url).apply_time(time).device_names(names);
                self.host.simple_update(&update).await
            }
            Source::Previous(firmware) => self.host.roll_back(firmware, time).await,
        }
    }

    /// Checks that the inventory shows what a job was for.
    async fn verify(&mut self, key: &str, step: &Step, job: &str, gone: bool) -> Result<()> {
        self.host.wait_until_ready().await?;
        let word = self.word(key).to_owned();
        let settled = |inventory: &[Firmware]| {
            // Also another version than before is an answer.
            Found::find(inventory, &word).is_some_and(|found| found.version(&step.to) != step.from)
        };
        let inventory = self.host.wait_for_firmware(INVENTORY_LAG, settled).await?;
        let found = self.found(&inventory, key)?;
        let now = found.version(&step.to);
        if now == step.to {
            return self.forget(key);
        }
        let what = if gone { "is gone from the queue" } else { "ended well" };
        let name = found.name();
        Err(match now == step.from {
            true => Diagnostic::error(format!("{name} still has version {now}"))
                .detail(format!("The job {job} {what}, and the inventory shows no change."))
                .hint(
                    "does the image bring another version, or does the server need its power cut?",
                ),
            false => Diagnostic::error(format!("The image does not bring {name} {}", step.to))
                .detail(format!("The job {job} {what}, and {name} has version {now} now."))
                .hint("correct `version`, or use another image"),
        }
        .at(component_path(key).attribute("version")))
    }

    fn found(&self, inventory: &[Firmware], key: &str) -> Result<Found> {
        let word = self.word(key);
        Found::find(inventory, word).ok_or_else(|| missing(inventory, key, word))
    }

    fn step(&self, inventory: &[Firmware], key: &str, found: &Found) -> Result<Option<Step>> {
        let component = &self.plan.components[key];
        let image = match &component.image {
            Some(image) => Value::Known(image.parse().at(component_path(key).attribute("image"))?),
            None => Value::Null,
        };
        found
            .step(inventory, &component.version, image, self.plan.allow_downgrade)
            .at(component_path(key).attribute("version"))
    }

    fn word<'b>(&'b self, key: &'b str) -> &'b str {
        let component = self.plan.components.get(key);
        component.and_then(|component| component.component.as_deref()).unwrap_or(key)
    }

    fn has_staged_cpld(&self, inventory: &[Firmware]) -> Result<bool> {
        for key in self.staged.keys() {
            if self.found(inventory, key)?.is_cpld() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn forget(&mut self, key: &str) -> Result<()> {
        match self.staged.remove(key) {
            Some(_) => self.remember(),
            None => Ok(()),
        }
    }

    fn remember(&self) -> Result<()> {
        self.cx.remember(STAGED, &self.staged)
    }
}

/// That a CPLD's update must not meet another.
fn not_alone(why: &str) -> Diagnostic {
    Diagnostic::error("A CPLD is updated alone")
        .detail(why)
        .hint("update the CPLD in an apply of its own, once the host was restarted")
}

/// Whether a restart of the iDRAC ended the job before it began to write.
fn is_interrupted(error: &Error) -> bool {
    let code = error.job().map(|job| message_code(&job.message_id));
    matches!(code, Some("RED114" | "RED115"))
}

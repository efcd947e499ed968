//! The job engine: download, verification, waiting for the host, installation, restart of the iDRAC.

use std::sync::Arc;

use super::Idrac;
use super::hardware::{Apply, Kind};
use super::jobs::{Job, JobState};
use super::packages::Package;
use super::power;
use super::reply::Failure;
use super::state::{Availability, State};
use crate::downloads::Unreachable;

/// Jobs that the queue holds.
pub(crate) const QUEUE: usize = 256;
/// Lab seconds that the port refuses while the iDRAC restarts.
const DOWN: u64 = 120;
/// Lab seconds that it then answers 503.
const INITIALIZING: u64 = 60;
/// Lab seconds until the Lifecycle Controller is ready after that.
const LIFECYCLE_CONTROLLER: u64 = 60;

/// Where the firmware of a job comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A pushed file, with its id in the inventory where it has one.
    Package { package: Package, available: Option<String> },
    /// The version before the last update of the component at this place.
    Previous(usize),
    /// A URL that is downloaded first.
    Url(String),
}

/// When a job may take effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ApplyTime {
    /// Now; the host is rebooted where that is needed.
    Immediate,
    /// At the next reboot of the host, whoever does it.
    OnReset,
    /// When `StartUpdate` says so.
    OnStartUpdateRequest,
}

/// Makes a job and starts it; returns its id.
///
/// # Errors
/// The iDRAC takes no work now, or the queue is full.
pub(crate) fn create(
    idrac: &Arc<Idrac>,
    source: Source,
    apply_time: ApplyTime,
) -> Result<String, Failure> {
    if idrac.state().availability != Availability::Ready
        || idrac.faults.lifecycle_controller_not_ready(idrac.name())
    {
        return Err(Failure::new(503, "SWC0700"));
    }
    let kind = match source {
        Source::Previous(_) => "FirmwareRollback",
        Source::Package { .. } | Source::Url(_) => "FirmwareUpdate",
    };
    let id = new_job(idrac, "JID", kind, "Firmware Update")?;
    let (worker, job) = (Arc::clone(idrac), id.clone());
    idrac.spawn(async move {
        let run = Run { idrac: worker, id: job };
        run.all(source, apply_time).await;
    });
    Ok(id)
}

/// Puts a new job into the queue.
///
/// # Errors
/// The queue is full, or the iDRAC writes its own firmware.
pub(crate) fn new_job(
    idrac: &Idrac,
    prefix: &str,
    kind: &'static str,
    name: &str,
) -> Result<String, Failure> {
    let now = idrac.clock.unix();
    let full = idrac.faults.job_queue_full(idrac.name());
    idrac.change(|state| {
        if full || state.jobs.len() >= QUEUE {
            return Err(Failure::new(400, "RAC0524"));
        }
        let updates_itself = |job: &Job| {
            job.state == JobState::Running
                && job.targets.iter().any(|place| kind_at(state, *place) == Some(Kind::Idrac))
        };
        if state.jobs.values().any(updates_itself) {
            return Err(Failure::new(400, "JCP048"));
        }
        state.last_job = (state.last_job + 1).max(now * 100 % 1_000_000_000_000);
        let id = format!("{prefix}_{:012}", state.last_job);
        let job = Job {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            state: JobState::New,
            message_id: "PR22".to_owned(),
            message_arguments: Vec::new(),
            percent: 0,
            targets: Vec::new(),
            created: now,
            started: None,
            ended: None,
            let_go: false,
            boots: state.power.boots,
            cold_boots: state.power.cold_boots,
            stuck: false,
        };
        state.jobs.insert(id.clone(), job);
        Ok(id)
    })
}

/// Restarts the iDRAC: refused connections, then 503, then a Lifecycle Controller that is not ready.
///
/// Jobs that are interrupted by it fail; the one that causes it, where one does, does not.
pub(crate) async fn restart_idrac(idrac: &Idrac, cause: Option<&str>) {
    let now = idrac.clock.unix();
    let restarts = idrac.change(|state| {
        let direct: Vec<bool> = state
            .components
            .iter()
            .map(|component| {
                matches!(component.part.kind.apply(), Apply::Direct | Apply::IdracRestart)
            })
            .collect();
        for job in state.jobs.values_mut().filter(|job| cause != Some(job.id.as_str())) {
            let message = match job.state {
                JobState::New => "RED114",
                JobState::Downloading => "RED115",
                JobState::Running if job.targets.iter().any(|place| direct[*place]) => "RED108",
                _ => continue,
            };
            if job.id.starts_with("JID_") {
                job.state = JobState::Failed;
                job.message_id = message.to_owned();
                job.ended = Some(now);
            }
        }
        state.availability = Availability::Down;
        state.sessions.clear();
        state.idrac_restarts += 1;
        state.idrac_restarts
    });
    for (seconds, then) in [
        (DOWN, Availability::Initializing),
        (INITIALIZING, Availability::LifecycleController),
        (LIFECYCLE_CONTROLLER, Availability::Ready),
    ] {
        idrac.pass(seconds).await;
        // Another restart begins the wait anew.
        idrac.change(|state| {
            if state.idrac_restarts == restarts {
                state.availability = then;
            }
        });
    }
}

/// Whether the job runs, or is about to run, in the POST after this many boots.
pub(crate) fn busy_in_post(state: &State, job: &Job) -> bool {
    !job.stuck
        && matches!(
            job.state,
            JobState::ReadyForExecution
                | JobState::RebootPending
                | JobState::Running
                | JobState::Scheduled
        )
        && job.boots < state.power.boots
        && job.targets.iter().any(|place| {
            kind_at(state, *place).is_some_and(|kind| {
                matches!(kind.apply(), Apply::HostReset | Apply::HostResetThenColdBoot)
            })
        })
}

fn kind_at(state: &State, place: usize) -> Option<Kind> {
    state.components.get(place).map(|component| component.part.kind)
}

/// One job on its way. Every step ends with `None` where the job is over, deleted or stuck.
struct Run {
    idrac: Arc<Idrac>,
    id: String,
}

/// What a job installs.
struct Work {
    version: String,
    places: Vec<usize>,
    kind: Kind,
    available: Option<String>,
}

impl Run {
    async fn all(&self, source: Source, apply_time: ApplyTime) -> Option<()> {
        let work = self.prepare(source).await?;
        if apply_time == ApplyTime::OnStartUpdateRequest {
            let id = self.id.clone();
            self.idrac
                .wait_for(|state| state.jobs.get(&id).is_none_or(|job| job.let_go).then_some(()))
                .await;
        }
        match work.kind.apply() {
            Apply::Direct | Apply::IdracRestart => self.directly(&work).await,
            Apply::HostReset | Apply::HostResetThenColdBoot => {
                self.in_post(&work, apply_time == ApplyTime::Immediate).await
            }
        }
    }

    /// Downloads and verifies.
    async fn prepare(&self, source: Source) -> Option<Work> {
        self.enter(JobState::New, "PR22", 0)?;
        self.idrac.pass(3).await;
        let (package, available) = match source {
            Source::Url(url) => (self.download(&url).await?, None),
            Source::Package { package, available } => (package, available),
            Source::Previous(place) => {
                let component = self.idrac.state().components.get(place).cloned()?;
                let Some(version) = component.previous else { return self.fail("RED018") };
                let work = Work {
                    version,
                    places: vec![place],
                    kind: component.part.kind,
                    available: None,
                };
                return self.claim(work).await;
            }
        };
        let hardware = self.idrac.hardware;
        if package.generation.is_some_and(|generation| generation != hardware.generation) {
            return self.fail("RED013");
        }
        if !package.system_ids.is_empty() && !package.system_ids.contains(&hardware.system_id) {
            return self.fail("RED098");
        }
        let places: Vec<usize> = {
            let state = self.idrac.state();
            let fits = |place: &usize| {
                let part = state.components[*place].part;
                part.kind.updateable() && package.fits(part.component_id, part.pci)
            };
            (0..state.components.len()).filter(fits).collect()
        };
        let kind = places.first().and_then(|place| kind_at(&self.idrac.state(), *place));
        let Some(kind) = kind else { return self.fail("RED097") };
        self.claim(Work { version: package.version, places, kind, available }).await
    }

    async fn download(&self, url: &str) -> Option<Package> {
        self.enter(JobState::Downloading, "RED003", 0)?;
        self.idrac.pass(10).await;
        if let Some(message) = self.idrac.faults.download_failure(self.idrac.name()) {
            return self.fail(&message);
        }
        match self.idrac.downloads.fetch(url, false, true).await {
            Ok(fetched) if fetched.status == 200 => match Package::read(&fetched.body) {
                Ok(package) => {
                    self.idrac.pass(10).await;
                    Some(package)
                }
                Err(message) => self.fail(message),
            },
            Ok(fetched) if matches!(fetched.status, 401 | 403) => self.fail("RED050"),
            Ok(_)
            | Err(
                Unreachable::Certificate(_)
                | Unreachable::Connect { .. }
                | Unreachable::Interrupted(_)
                | Unreachable::Resolve(_),
            ) => self.fail("RED006"),
        }
    }

    /// Claims the components, unless another job has them.
    async fn claim(&self, work: Work) -> Option<Work> {
        let refusal = self.idrac.change(|state| {
            let others = state.jobs.values().filter(|job| job.id != self.id && !job.state.ended());
            let mut refusal = None;
            for other in others {
                if other.targets.iter().any(|place| work.places.contains(place)) {
                    refusal = Some("RED014");
                }
                let cpld =
                    other.targets.iter().any(|place| kind_at(state, *place) == Some(Kind::Cpld));
                if !other.targets.is_empty() && (cpld || work.kind == Kind::Cpld) {
                    refusal = refusal.or(Some("RED149"));
                }
            }
            if refusal.is_none() {
                let part = state.components[*work.places.first()?].part;
                let job = state.jobs.get_mut(&self.id)?;
                let what =
                    if job.kind == "FirmwareRollback" { "Rollback" } else { "Firmware Update" };
                job.name = format!("{what}: {}", part.name.split(" - ").next().unwrap_or("BIOS"));
                job.targets.clone_from(&work.places);
            }
            refusal
        });
        if let Some(message) = refusal {
            return self.fail(message);
        }
        self.enter(JobState::Downloaded, "RED002", 0)?;
        self.idrac.pass(2).await;
        Some(work)
    }

    /// Installs at once, when the Lifecycle Controller is free.
    async fn directly(&self, work: &Work) -> Option<()> {
        if self.idrac.lifecycle_controller.try_lock().is_err()
            || !self.idrac.state().lifecycle_controller_ready()
        {
            self.enter(JobState::Waiting, "RED023", 0)?;
        }
        let _guard = self.idrac.lifecycle_controller.lock().await;
        self.idrac.wait_for(|state| state.lifecycle_controller_ready().then_some(())).await;
        self.write(work).await?;
        self.install(work);
        if work.kind.apply() == Apply::IdracRestart {
            restart_idrac(&self.idrac, Some(&self.id)).await;
        }
        self.finish(JobState::Completed, "RED001")
    }

    /// Waits for the host's next POST and installs in it.
    async fn in_post(&self, work: &Work, reboots: bool) -> Option<()> {
        self.enter(JobState::Scheduling, "RED002", 0)?;
        self.idrac.pass(2).await;
        self.idrac.change(|state| {
            let (boots, cold_boots) = (state.power.boots, state.power.cold_boots);
            if let Some(job) = state.jobs.get_mut(&self.id) {
                (job.boots, job.cold_boots) = (boots, cold_boots);
            }
        });
        if reboots {
            self.enter(JobState::RebootPending, "RED029", 0)?;
            power::reboot_by_job(&self.idrac, "RebootNoForce");
        } else {
            self.enter(JobState::Scheduled, "JCP001", 0)?;
        }
        self.idrac
            .wait_for(|state| match state.jobs.get(&self.id) {
                None => Some(()),
                Some(job) => (state.power.post && state.power.boots > job.boots
                    || job.state.ended())
                .then_some(()),
            })
            .await;
        self.enter(JobState::ReadyForExecution, "PR20", 0)?;
        self.idrac.pass(10).await;
        self.write(work).await?;
        if work.kind.apply() == Apply::HostResetThenColdBoot {
            self.enter(JobState::UserIntervention, "SUP0544", 100)?;
            self.idrac
                .wait_for(|state| match state.jobs.get(&self.id) {
                    None => Some(()),
                    Some(job) => (state.power.cold_boots > job.cold_boots).then_some(()),
                })
                .await;
        }
        self.install(work);
        self.finish(JobState::Completed, "PR19")
    }

    /// Writes the firmware; a fault may end the job half-way.
    async fn write(&self, work: &Work) -> Option<()> {
        let now = self.idrac.clock.unix();
        self.idrac.change(|state| state.jobs.get_mut(&self.id)?.started.replace(now));
        for quarter in 0_u8..4 {
            self.enter(JobState::Running, "PR20", 1 + quarter * 24)?;
            self.idrac.pass(work.kind.seconds() / 4).await;
            let failure = match quarter {
                1 => self.failure(work),
                _ => None,
            };
            if let Some((state, message)) = failure {
                if state == JobState::CompletedWithErrors && work.places.len() > 1 {
                    self.idrac.change(|state| state.install(&work.places[..1], &work.version, now));
                }
                self.finish(state, &message);
                return None;
            }
        }
        Some(())
    }

    fn failure(&self, work: &Work) -> Option<(JobState, String)> {
        let part = self.idrac.state().components.get(*work.places.first()?)?.part;
        self.idrac.faults.job_failure(self.idrac.name(), &[part.fqdd, part.component_id])
    }

    fn install(&self, work: &Work) {
        let now = self.idrac.clock.unix();
        self.idrac.change(|state| {
            if let Some(id) = &work.available {
                state.available.remove(id);
            }
            state.install(&work.places, &work.version, now);
        });
    }

    /// Brings the job into a state, unless it is over; faults strike here.
    fn enter(&self, state: JobState, message: &str, percent: u8) -> Option<()> {
        self.set(state, message, percent)?;
        let (idrac, faults) = (&self.idrac, &self.idrac.faults);
        if let Some(message) = faults.job_stuck(idrac.name(), state.name()) {
            idrac.change(|state| {
                let job = state.jobs.get_mut(&self.id)?;
                job.stuck = true;
                job.message_id = message;
                Some(())
            });
            return None;
        }
        if faults.idrac_restart_in(idrac.name(), state.name()) {
            let restarting = Arc::clone(idrac);
            idrac.spawn(async move { restart_idrac(&restarting, None).await });
        }
        Some(())
    }

    fn fail<T>(&self, message: &str) -> Option<T> {
        self.finish(JobState::Failed, message);
        None
    }

    fn finish(&self, state: JobState, message: &str) -> Option<()> {
        let percent = if state == JobState::Failed { 0 } else { 100 };
        self.set(state, message, percent)
    }

    fn set(&self, to: JobState, message: &str, percent: u8) -> Option<()> {
        let now = self.idrac.clock.unix();
        self.idrac.change(|state| {
            let place = state.jobs.get(&self.id)?.targets.first().copied();
            let component = place.and_then(|place| state.components.get(place));
            let fqdd = component.map_or("", |component| component.part.fqdd).to_owned();
            let job = state.jobs.get_mut(&self.id)?;
            if job.state.ended() {
                return None;
            }
            job.state = to;
            job.message_id = message.to_owned();
            job.message_arguments = if message == "SUP0544" { vec![fqdd] } else { Vec::new() };
            job.percent = percent;
            if to.ended() {
                job.ended = Some(now);
            }
            Some(())
        })
    }
}

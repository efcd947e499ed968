//! Power of the host: resets, the power-on self-test, reboot jobs.

use std::sync::Arc;

use serde_json::Value;

use super::Idrac;
use super::engine::{busy_in_post, new_job};
use super::jobs::JobState;
use super::reply::{Answer, Failure, Reply};
use super::state::PowerEvent;

/// Reset types that the system takes.
pub(crate) const RESET_TYPES: [&str; 8] = [
    "On",
    "ForceOff",
    "ForceRestart",
    "GracefulRestart",
    "GracefulShutdown",
    "PushPowerButton",
    "Nmi",
    "PowerCycle",
];

/// Lab seconds of a POST without any work in it.
const POST: u64 = 90;
/// Lab seconds that an operating system takes to shut down.
const SHUTDOWN: u64 = 20;

/// `ComputerSystem.Reset`.
pub(crate) fn reset(idrac: &Arc<Idrac>, body: &Value) -> Answer {
    let kind = body["ResetType"].as_str().ok_or_else(|| Failure::missing("ResetType"))?;
    if !RESET_TYPES.contains(&kind) {
        return Err(Failure::not_in_list(kind, "ResetType"));
    }
    let on = idrac.state().power.on;
    match (kind, on) {
        ("On", true) => return Err(Failure::new(409, "PSU501")),
        ("On" | "PushPowerButton", false) => boot(idrac, "client", kind, true),
        (_, false) => return Err(Failure::new(409, "PSU502")),
        ("Nmi", true) => record(idrac, "client", kind),
        ("ForceOff", true) => {
            record(idrac, "client", kind);
            turn_off(idrac);
        }
        ("GracefulShutdown" | "PushPowerButton", true) => {
            record(idrac, "client", kind);
            let host = Arc::clone(idrac);
            idrac.spawn(async move {
                host.pass(SHUTDOWN).await;
                turn_off(&host);
            });
        }
        _ => restart_host(idrac, "client", kind, kind == "PowerCycle"),
    }
    Ok(Reply::no_content())
}

/// Restarts a host that is on, or switches it on.
pub(crate) fn restart_host(idrac: &Arc<Idrac>, by: &str, kind: &'_ str, cold: bool) {
    let graceful = kind.starts_with("Graceful");
    if !cold && !graceful {
        return boot(idrac, by, kind, false);
    }
    if cold {
        turn_off(idrac);
    }
    let (host, by, kind) = (Arc::clone(idrac), by.to_owned(), kind.to_owned());
    idrac.spawn(async move {
        host.pass(SHUTDOWN).await;
        boot(&host, &by, &kind, cold);
    });
}

/// Makes a reboot job that starts at once.
pub(crate) fn reboot_by_job(idrac: &Arc<Idrac>, kind: &'static str) {
    if let Ok(id) = new_job(idrac, "RID", kind, "Reboot") {
        run_reboot_job(idrac, id, kind);
    }
}

/// Runs a reboot job.
pub(crate) fn run_reboot_job(idrac: &Arc<Idrac>, id: String, kind: &str) {
    let (host, cold) = (Arc::clone(idrac), kind == "PowerCycle");
    idrac.spawn(async move {
        let set = |to: JobState, message: &str, percent: u8| {
            let now = host.clock.unix();
            host.change(|state| {
                let job = state.jobs.get_mut(&id)?;
                (job.state, job.message_id, job.percent) = (to, message.to_owned(), percent);
                job.ended = to.ended().then_some(now);
                Some(())
            })
        };
        if set(JobState::Running, "PR20", 1).is_none() {
            return;
        }
        host.pass(SHUTDOWN).await;
        let failure = host.faults.job_failure(host.name(), &["RID", "Reboot"]);
        if let Some((state, message)) = failure {
            set(state, &message, 0);
            return;
        }
        if cold {
            turn_off(&host);
            host.pass(10).await;
        }
        boot(&host, &id, if cold { "PowerCycle" } else { "GracefulRestart" }, cold);
        set(JobState::RebootCompleted, "RED030", 100);
    });
}

fn record(idrac: &Idrac, by: &str, what: &str) {
    let event = PowerEvent { what: what.to_owned(), by: by.to_owned() };
    idrac.change(|state| state.power.events.push(event));
}

fn turn_off(idrac: &Idrac) {
    idrac.change(|state| {
        state.power.on = false;
        state.power.post = false;
        state.power.collecting = false;
    });
}

/// Starts a POST and ends it when the jobs in it are done.
fn boot(idrac: &Arc<Idrac>, by: &str, what: &str, cold: bool) {
    record(idrac, by, what);
    let now = idrac.clock.unix();
    let boots = idrac.change(|state| {
        state.power.on = true;
        state.power.post = true;
        state.power.boots += 1;
        // Two boots within a second would look like one.
        state.power.booted_at = now.max(state.power.booted_at + 1);
        state.power.cold_boots += u64::from(cold);
        state.power.boots
    });
    let host = Arc::clone(idrac);
    idrac.spawn(async move {
        host.pass(POST).await;
        host.wait_for(|state| {
            let busy = state.jobs.values().any(|job| busy_in_post(state, job));
            (!busy || state.power.boots != boots).then_some(())
        })
        .await;
        let collects = host.change(|state| {
            let same = state.power.boots == boots && state.power.on;
            if same {
                state.power.post = false;
                state.power.collecting = true;
            }
            same
        });
        if collects {
            host.pass(30).await;
            host.change(|state| {
                if state.power.boots == boots {
                    state.power.collecting = false;
                }
            });
        }
    });
}

//! The actions on the job queue.

use std::sync::Arc;

use serde_json::Value;

use super::Idrac;
use super::engine;
use super::jobs::JobState;
use super::power;
use super::reply::{Answer, Failure, Reply, success};

/// `DellJobService.DeleteJobQueue`.
pub(crate) fn delete(idrac: &Idrac, body: &Value) -> Answer {
    let id = body["JobID"].as_str().ok_or_else(|| Failure::missing("JobID"))?;
    let deletable = |state: JobState| {
        !matches!(state, JobState::Downloading | JobState::ReadyForExecution | JobState::Running)
    };
    match id {
        "JID_CLEARALL" => {
            idrac.change(|state| state.jobs.retain(|_, job| !deletable(job.state)));
            Ok(Reply::ok(success(idrac.generation(), "JCP045")))
        }
        "JID_CLEARALL_FORCE" => {
            idrac.change(|state| state.jobs.clear());
            Ok(Reply::ok(success(idrac.generation(), "JCP046")))
        }
        id => {
            remove(idrac, id)?;
            Ok(Reply::ok(success(idrac.generation(), "SUP020")))
        }
    }
}

/// Deletes one job.
///
/// # Errors
/// It is not there, or it runs.
pub(crate) fn remove(idrac: &Idrac, id: &str) -> Result<(), Failure> {
    idrac.change(|state| {
        let job = state.jobs.get(id).ok_or_else(|| Failure::new(400, "SUP011"))?;
        match job.state {
            JobState::Downloading => return Err(Failure::new(400, "SUP006")),
            JobState::ReadyForExecution | JobState::Running => {
                return Err(Failure::new(400, "SUP007"));
            }
            _ => {}
        }
        state.jobs.remove(id);
        Ok(())
    })
}

/// `DellJobService.CreateRebootJob`: the job waits for `SetupJobQueue`.
pub(crate) fn create_reboot(idrac: &Idrac, body: &Value) -> Answer {
    let kind = body["RebootJobType"].as_str().ok_or_else(|| Failure::missing("RebootJobType"))?;
    let kind = match kind {
        "GracefulRebootWithForcedShutdown" => "RebootForce",
        "GracefulRebootWithoutForcedShutdown" => "RebootNoForce",
        "PowerCycle" => "PowerCycle",
        other => return Err(Failure::not_in_list(other, "RebootJobType")),
    };
    let id = engine::new_job(idrac, "RID", kind, "Reboot")?;
    let location = format!("/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs/{id}");
    Ok(Reply::accepted(idrac.generation(), location))
}

/// `DellJobService.SetupJobQueue`: lets waiting jobs go on, reboot jobs among them.
pub(crate) fn set_up(idrac: &Arc<Idrac>, body: &Value) -> Answer {
    let ids = body["JobArray"].as_array().ok_or_else(|| Failure::missing("JobArray"))?;
    let start =
        body["StartTimeInterval"].as_str().ok_or_else(|| Failure::missing("StartTimeInterval"))?;
    if start != "TIME_NOW" {
        return Err(Failure::new(400, "SYS425").with(start).with("StartTimeInterval"));
    }
    let mut reboots = Vec::new();
    idrac.change(|state| {
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        for id in &ids {
            let job = state.jobs.get(*id);
            let job = job.ok_or_else(|| Failure::new(400, "JCP022").with(*id))?;
            let waits = matches!(job.state, JobState::Downloaded | JobState::New);
            if job.let_go || !waits && job.state != JobState::Scheduled {
                return Err(Failure::new(400, "SUP031"));
            }
        }
        for id in ids {
            if let Some(job) = state.jobs.get_mut(id) {
                job.let_go = true;
                if id.starts_with("RID_") {
                    reboots.push((id.to_owned(), job.kind));
                }
            }
        }
        Ok(())
    })?;
    for (id, kind) in reboots {
        power::run_reboot_job(idrac, id, kind);
    }
    Ok(Reply::done(idrac.generation()))
}

//! Snapshots. API: `/nodes/{node}/lxc/{vmid}/snapshot`. The lab's storages cannot make any of a
//! container, as storages with plain files cannot.

use serde_json::{Value, json};

use super::lock_in_task;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

pub(super) fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let container = state.container(&call.node, call.params.vmid())?;
    let current = json!({
        "name": "current",
        "description": "You are here!",
        "running": u8::from(container.running.is_some()),
        "digest": container.config.digest(),
    });
    Ok(json!([current]).into())
}

pub(super) fn create(call: &Call) -> Answer {
    let name = call.params.text("snapname");
    if matches!(name, "current" | "pending" | "vzdump") {
        let text = format!("unable to use snapshot name '{name}' (reserved name)");
        return Err(ApiError::internal(text));
    }
    failing(call, "vzsnapshot", "snapshot feature is not available".to_owned())
}

pub(super) fn delete(call: &Call) -> Answer {
    failing(call, "vzdelsnapshot", absent(call))
}

pub(super) fn rollback(call: &Call) -> Answer {
    failing(call, "vzrollback", absent(call))
}

pub(super) fn config(call: &Call) -> Answer {
    let state = call.shared.state();
    state.container(&call.node, call.params.vmid())?;
    Err(ApiError::internal(absent(call)))
}

fn absent(call: &Call) -> String {
    format!("snapshot '{}' does not exist", call.params.text("snapname"))
}

fn failing(call: &Call, kind: &str, text: String) -> Answer {
    let vmid = call.params.vmid();
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        work.shared.state().container(&work.node, vmid)?.check_lock()?;
        Err(text)
    };
    let upid = tasks::start(&call.shared, &call.node, kind, vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

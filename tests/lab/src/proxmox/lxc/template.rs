//! `POST /nodes/{node}/lxc/{vmid}/template`.

use std::time::Duration;

use serde_json::Value;

use super::volume::{Kind, mount_points};
use super::{Container, lock, lock_in_task};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::storage::own_name;
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// Answers nothing, and converts in a task whose name only the list of tasks tells.
pub(super) async fn convert(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    check(call.shared.state().container(&call.node, vmid)?)?;
    let held = lock(call, vmid).await?;
    check(call.shared.state().container(&call.node, vmid)?)?;
    drop(held);
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        task.sleep(Duration::from_millis(500)).await?;
        let mut state = call.shared.state();
        let mut config = state.container(&call.node, vmid)?.config.clone();
        for (name, mut mount) in mount_points(&config.values) {
            let Some((storage, file)) =
                mount.volume.split_once(':').filter(|_| mount.kind() == Kind::Volume)
            else {
                continue;
            };
            let base = match file.strip_prefix("vm-") {
                Some(rest) => format!("base-{rest}"),
                None => file.replacen("/vm-", "/base-", 1),
            };
            let volumes = state.volumes_on_mut(&call.node, storage);
            let Some(volume) = volumes.remove(own_name(file)) else { continue };
            volumes.insert(own_name(&base).to_owned(), volume);
            mount.volume = format!("{storage}:{base}");
            config.set(name, mount.print());
        }
        config.set("template", "1");
        state.container_mut(&call.node, vmid)?.config = config;
        Ok(())
    };
    tasks::start(&call.shared, &call.node, "vztemplate", vmid.to_string(), &call.who, body);
    Ok(Value::Null.into())
}

fn check(container: &Container) -> Result<(), ApiError> {
    container.check_lock()?;
    if container.config.template() {
        return Err(ApiError::internal("you can't convert a template to a template"));
    }
    if container.running.is_some() {
        let text = "you can't convert a CT to template if the CT is running";
        return Err(ApiError::internal(text));
    }
    Ok(())
}

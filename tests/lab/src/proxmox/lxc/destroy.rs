//! `DELETE /nodes/{node}/lxc/{vmid}`.

use std::time::Duration;

use serde_json::Value;

use super::{Container, lock_in_task, power, volume, volumes};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::storage::own_name;
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

pub(super) fn destroy(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let force = call.params.flag("force");
    {
        let state = call.shared.state();
        let container = state.container(&call.node, vmid)?;
        check(container)?;
        if state.ha.contains_key(&vmid) && !call.params.flag("purge") {
            let text = format!(
                "unable to remove CT {vmid} - used in HA resources and purge parameter not set."
            );
            return Err(ApiError::internal(text));
        }
        if container.running.is_some() && !force {
            let text = format!("unable to destroy CT {vmid} - container is running");
            return Err(ApiError::internal(text));
        }
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        let (values, running) = {
            let state = call.shared.state();
            let container = state.container(&call.node, vmid)?;
            check(container)?;
            (container.config.values.clone(), container.running.is_some())
        };
        if running && !force {
            return Err(format!("unable to destroy CT {vmid} - container is running"));
        }
        if running {
            task.log("forced to stop CT before destroying!");
            power::halt(call, vmid);
        }
        task.sleep(Duration::from_millis(500)).await?;
        let mut state = call.shared.state();
        let mut ids = volume::volumes(&values);
        for id in &ids {
            let Some((storage, name)) = id.split_once(':') else { continue };
            let own = own_name(name);
            let linked = state
                .volumes_on(&call.node, storage)
                .any(|(_, other)| other.parent.as_deref() == Some(own));
            if linked {
                return Err(format!("base volume '{id}' is still in use by linked cloned"));
            }
        }
        if call.params.flag("destroy-unreferenced-disks") {
            let names: Vec<String> = state.storages.keys().cloned().collect();
            for storage in names {
                let mine = state.volumes_on(&call.node, &storage);
                let mine = mine.filter(|(_, volume)| volume.vmid == Some(vmid));
                ids.extend(mine.map(|(name, _)| format!("{storage}:{name}")));
            }
        }
        for id in ids {
            volumes::destroy(&mut state, &call.node, vmid, &id);
        }
        state.containers.remove(&vmid);
        state.firewall.forget(vmid);
        state.ha.remove(&vmid);
        for pool in state.pools.values_mut() {
            pool.guests.retain(|guest| *guest != vmid);
        }
        drop(state);
        if call.params.flag("purge") {
            task.log(format!("purging CT {vmid} from related configurations.."));
        }
        Ok(())
    };
    let upid =
        tasks::start(&call.shared, &call.node, "vzdestroy", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

fn check(container: &Container) -> Result<(), String> {
    container.check_lock()?;
    if container.config.get("protection") == Some("1") {
        let vmid = container.vmid;
        return Err(format!("can't remove CT {vmid} - protection mode enabled"));
    }
    Ok(())
}

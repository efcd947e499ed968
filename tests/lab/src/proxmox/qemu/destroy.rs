//! `DELETE /nodes/{node}/qemu/{vmid}`.

use std::time::Duration;

use serde_json::Value;

use super::config::in_use_by_clone;
use super::disks::{parse_any, skiplock_for_root};
use super::drive::{is_drive, is_unused};
use super::lock_in_task;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

pub(super) fn destroy(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    skiplock_for_root(call)?;
    let purge = call.params.flag("purge");
    {
        let state = call.shared.state();
        let vm = state.vm(&call.node, vmid)?;
        if vm.config.get("protection") == Some("1") {
            let text = format!("can't remove VM {vmid} - protection mode enabled");
            return Err(ApiError::internal(text));
        }
        if state.ha.contains_key(&vmid) && !purge {
            let text = format!(
                "unable to remove VM {vmid} - used in HA resources and purge parameter not set."
            );
            return Err(ApiError::internal(text));
        }
        if vm.running.is_some() {
            return Err(ApiError::internal(format!("VM {vmid} is running - destroy failed")));
        }
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        let config = {
            let state = call.shared.state();
            let vm = state.vm(&call.node, vmid)?;
            if !call.params.flag("skiplock") {
                vm.config.check_lock()?;
            }
            if vm.running.is_some() {
                return Err(format!("VM {vmid} is running - destroy failed"));
            }
            vm.config.clone()
        };
        task.sleep(Duration::from_millis(500)).await?;
        let mut state = call.shared.state();
        let mut volumes: Vec<String> = config
            .values
            .iter()
            .filter(|(name, _)| is_drive(name) || is_unused(name))
            .filter_map(|(name, text)| parse_any(name, text))
            .filter(|drive| !drive.is_cdrom() || drive.is_cloudinit())
            .map(|drive| drive.file)
            .collect();
        if let Some(base) = volumes.iter().find(|id| in_use_by_clone(&state, &call.node, id)) {
            return Err(format!("base volume '{base}' is still in use by linked cloned"));
        }
        if call.params.flag("destroy-unreferenced-disks") {
            let names: Vec<String> = state.storages.keys().cloned().collect();
            for storage in names {
                let mine = state.volumes_on(&call.node, &storage);
                let mine = mine.filter(|(_, volume)| volume.vmid == Some(vmid));
                volumes.extend(mine.map(|(name, _)| format!("{storage}:{name}")));
            }
        }
        for id in volumes {
            // A volume under another guest's number is not this machine's to destroy.
            if state.volume(&call.node, &id).is_some_and(|volume| volume.vmid == Some(vmid)) {
                state.remove_volume(&call.node, &id);
            }
        }
        state.guests.remove(&vmid);
        state.firewall.forget(vmid);
        for pool in state.pools.values_mut() {
            pool.guests.retain(|guest| *guest != vmid);
        }
        if purge {
            state.ha.remove(&vmid);
            drop(state);
            task.log(format!("purging VM {vmid} from related configurations.."));
        }
        Ok(())
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmdestroy", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

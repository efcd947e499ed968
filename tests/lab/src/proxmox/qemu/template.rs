//! `POST /nodes/{node}/qemu/{vmid}/template`.

use std::time::Duration;

use serde_json::Value;

use super::drive;
use super::lock_in_task;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

pub(super) fn convert(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    {
        let state = call.shared.state();
        check(state.vm(&call.node, vmid)?)?;
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        {
            let state = call.shared.state();
            check(state.vm(&call.node, vmid)?).map_err(|error| error.message)?;
        }
        task.sleep(Duration::from_secs(1)).await?;
        let mut state = call.shared.state();
        let config = &mut state.vm_mut(&call.node, vmid)?.config;
        config.set("template", "1");
        // With a disk named, the server marks the machine and leaves every disk as it is.
        if call.params.get("disk").is_some() {
            return Ok(());
        }
        let disks: Vec<_> = drive::drives(&config.values.clone())
            .into_iter()
            .filter(|(_, drive)| !drive.is_cdrom())
            .collect();
        for (name, mut drive) in disks {
            let Some((storage, file)) = drive.file.split_once(':') else { continue };
            let base = file.replacen("/vm-", "/base-", 1);
            let base = match base.strip_prefix("vm-") {
                Some(rest) => format!("base-{rest}"),
                None => base,
            };
            let (storage, file) = (storage.to_owned(), file.to_owned());
            let volumes = state.volumes_on_mut(&call.node, &storage);
            let own = crate::proxmox::storage::own_name(&file).to_owned();
            let Some(volume) = volumes.remove(&own) else { continue };
            let base_own = crate::proxmox::storage::own_name(&base).to_owned();
            volumes.insert(base_own, volume);
            if state.storages.get(&storage).is_some_and(|storage| storage.path().is_none()) {
                task.log(format!("  Renamed \"{own}\" to \"{base}\" in volume group \"pve\""));
                task.log("  Logical volume pve/".to_owned() + &base + " changed.");
            }
            drive.file = format!("{storage}:{base}");
            state.vm_mut(&call.node, vmid)?.config.set(name, drive.print());
        }
        Ok(())
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmtemplate", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

fn check(vm: &super::Vm) -> Result<(), ApiError> {
    vm.config.check_lock()?;
    if !vm.snapshots.is_empty() {
        let text = "unable to create template, because VM contains snapshots";
        return Err(ApiError::internal(text));
    }
    if vm.config.template() {
        return Err(ApiError::internal("you can't convert a template to a template"));
    }
    if vm.running.is_some() {
        return Err(ApiError::internal("you can't convert a VM to template if VM is running"));
    }
    Ok(())
}

//! Endpoints that change one disk: resize, move to another storage, give to another machine.

use std::collections::BTreeMap;

use serde_json::Value;

use super::disks::{Worker, parse_any, skiplock_for_root, usable_for_images};
use super::drive::{self, Drive};
use super::lock_in_task;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::storage::{format_size, own_name, parse_size};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// `PUT /nodes/{node}/qemu/{vmid}/resize`.
pub(super) fn resize(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    skiplock_for_root(call)?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let params = &call.params;
        let disk = params.text("disk");
        let _held = lock_in_task(call, &task, vmid).await?;
        let mut state = call.shared.state();
        let now = state.vm(&call.node, vmid)?.config.clone();
        if params.get("digest").is_some_and(|digest| !digest.is_empty() && digest != now.digest()) {
            return Err("checksum mismatch (file change by other user?)".to_owned());
        }
        if !params.flag("skiplock") {
            now.check_lock()?;
        }
        let Some(mut drive) = now.get(disk).and_then(|text| Drive::parse(disk, text)) else {
            return Err(format!("disk '{disk}' does not exist"));
        };
        if drive.is_cdrom() {
            return Err("you can't resize a cdrom".to_owned());
        }
        let storage = drive.file.split(':').next().unwrap_or_default().to_owned();
        if !state.access.allowed(
            &call.who,
            &format!("/storage/{storage}"),
            "Datastore.AllocateSpace",
        ) {
            let detail = format!("/storage/{storage}, Datastore.AllocateSpace");
            return Err(format!("403 Permission check failed ({detail})"));
        }
        let Some(volume) = state.volume(&call.node, &drive.file).cloned() else {
            return Err(format!("volume '{}' does not exist", drive.file));
        };
        if volume.format == "vmdk" {
            return Err("can't resize this image format".to_owned());
        }
        let text = params.text("size");
        let size = match text.strip_prefix('+') {
            Some(more) => volume.size + parse_size(more).unwrap_or_default(),
            None => parse_size(text).unwrap_or_default(),
        };
        if size < volume.size {
            return Err("shrinking disks is not supported".to_owned());
        }
        if call.shared.faults.storage_full(&storage) {
            return Err(format!(
                "command '/usr/bin/qemu-img resize' failed: exit code 1: {}: No space left on device",
                drive.file
            ));
        }
        let name = drive.file.split_once(':').map(|(_, name)| own_name(name).to_owned());
        if let Some(volume) =
            name.and_then(|name| state.volumes_on_mut(&call.node, &storage).get_mut(&name))
        {
            volume.size = size;
        }
        drive.set("size", format_size(size));
        if size != volume.size || now.get(disk) != Some(&drive.print()) {
            state.vm_mut(&call.node, vmid)?.config.set(disk, drive.print());
        }
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "resize", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// `POST /nodes/{node}/qemu/{vmid}/move_disk`.
pub(super) fn move_disk(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let params = &call.params;
    let disk = params.text("disk").to_owned();
    if params.get("target-vmid").is_some() {
        return reassign(call, vmid, &disk);
    }
    let Some(storage) = params.get("storage").map(str::to_owned) else {
        let text = "both 'storage' and 'target-vmid' missing, either needs to be set";
        return Err(ApiError::parameters(BTreeMap::from([
            ("storage".to_owned(), text.to_owned()),
            ("target-vmid".to_owned(), text.to_owned()),
        ])));
    };
    let drive = {
        let state = call.shared.state();
        let config = &state.vm(&call.node, vmid)?.config;
        if params.get("digest").is_some_and(|digest| digest != config.digest()) {
            let text = "detected modified configuration - file changed by other user? Try again.";
            return Err(ApiError::internal(text));
        }
        config.check_lock()?;
        let Some(drive) = config.get(&disk).and_then(|text| parse_any(&disk, text)) else {
            return Err(ApiError::internal(format!("disk '{disk}' does not exist")));
        };
        usable_for_images(call, &state, &storage)?;
        let volume = state
            .volume(&call.node, &drive.file)
            .ok_or_else(|| ApiError::internal(format!("volume '{}' does not exist", drive.file)))?;
        if drive.is_cdrom() && !drive.is_cloudinit() {
            return Err(ApiError::internal("you can't move a cdrom"));
        }
        let same = drive.file.split(':').next() == Some(&storage)
            && params.get("format").is_none_or(|format| format == volume.format);
        if same {
            let text = "you can't move to the same storage with same format";
            return Err(ApiError::internal(text));
        }
        drive
    };
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        let volume = {
            let state = call.shared.state();
            state.volume(&call.node, &drive.file).cloned().ok_or("volume is gone")?
        };
        task.log(format!("create full clone of drive {disk} ({})", drive.file));
        let mut worker = Worker::new(call, Some(&task), vmid);
        let takes = {
            let state = call.shared.state();
            worker.template = state.vm(&call.node, vmid)?.config.template();
            state.storage(&call.node, &storage)?.takes_format(&volume.format)
        };
        let format = call.params.get("format").map(str::to_owned);
        let format = format.or_else(|| takes.then(|| volume.format.clone()));
        let (id, _) = if drive.is_cloudinit() {
            worker.insert_cloudinit(&storage, format.as_deref())?
        } else {
            worker.insert(&storage, format.as_deref(), volume.size, volume.used)?
        };
        if let Err(error) = worker.copy(&storage, volume.size).await {
            worker.undo();
            return Err(format!("storage migration failed: {error}"));
        }
        let mut moved = drive.clone();
        moved.file = id;
        moved.set("size", format_size(volume.size));
        let mut state = call.shared.state();
        if call.params.flag("delete") {
            state.remove_volume(&call.node, &drive.file);
        }
        let vm = state.vm_mut(&call.node, vmid)?;
        if !call.params.flag("delete") && !drive::is_unused(&disk) {
            super::config::add_unused(&mut vm.config.values, &drive.file);
        }
        vm.config
            .set(&disk, if drive::is_unused(&disk) { moved.file.clone() } else { moved.print() });
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "qmmove", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Gives a disk to another machine.
fn reassign(call: &Call, vmid: u32, disk: &str) -> Answer {
    let params = &call.params;
    let target: u32 = params.integer("target-vmid").unwrap_or_default() as u32;
    let key = params.get("target-disk").unwrap_or(disk).to_owned();
    {
        let state = call.shared.state();
        if target == vmid {
            let text = "must be different than source VMID to reassign disk";
            return Err(ApiError::parameter("target-vmid", text));
        }
        let source = &state.vm(&call.node, vmid)?.config;
        let other = &state.vm(&call.node, target)?.config;
        source.check_lock()?;
        other.check_lock()?;
        if source.get(disk).is_none() {
            return Err(ApiError::internal(format!(
                "Disk '{disk}' for VM '{vmid}' does not exist"
            )));
        }
        if other.get(&key).is_some() {
            let text = format!("Target disk key '{key}' is already in use for VM '{target}'");
            return Err(ApiError::internal(text));
        }
    }
    let (work, disk) = (call.clone(), disk.to_owned());
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        let mut state = call.shared.state();
        let text = state.vm(&call.node, vmid)?.config.get(&disk).unwrap_or_default().to_owned();
        let mut drive = parse_any(&disk, &text).ok_or("disk is gone")?;
        let storage = drive.file.split(':').next().unwrap_or_default().to_owned();
        let mut volume = state
            .remove_volume(&call.node, &drive.file)
            .ok_or_else(|| format!("volume '{}' does not exist", drive.file))?;
        let name = state.next_disk_name(&call.node, &storage, target, false, &volume.format);
        task.log(format!("moving disk '{disk}' from VM '{vmid}' to '{target}'"));
        volume.vmid = Some(target);
        state.volumes_on_mut(&call.node, &storage).insert(name.clone(), volume);
        drive.file = format!("{storage}:{name}");
        let printed = if drive::is_unused(&key) { drive.file } else { drive.print() };
        let source = state.vm_mut(&call.node, vmid)?;
        source.config.values.remove(&disk);
        super::config::drop_from_boot(&mut source.config.values, &disk);
        state.vm_mut(&call.node, target)?.config.set(&key, printed);
        Ok(())
    };
    let id = format!("{vmid}-{target}");
    let upid = tasks::start(&call.shared, &call.node, "qmmove", id, &call.who, body);
    Ok(Value::from(upid).into())
}

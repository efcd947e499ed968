//! `POST /nodes/{node}/qemu/{vmid}/clone`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::disks::Worker;
use super::drive::{self, Drive};
use super::{Config, Vm, create, lock_in_task};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::storage::{Volume, format_size, own_name};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// Description of a configuration that a clone is being written into.
const TEMPORARY: &str = " qmclone temporary file";

pub(super) fn clone(call: &Call) -> Answer {
    let params = &call.params;
    let vmid = params.vmid();
    let new_id = params.integer("newid").unwrap_or_default() as u32;
    let target = params.get("target").unwrap_or(&call.node).to_owned();
    let full;
    {
        let state = call.shared.state();
        if !state.has_node(&target) {
            return Err(ApiError::internal(format!("no such cluster node '{target}'")));
        }
        let vm = state.guests.get(&vmid).filter(|vm| vm.node == call.node).ok_or_else(|| {
            let node = &call.node;
            ApiError::internal(format!(
                "unable to find configuration file for VM {vmid} on node '{node}'"
            ))
        })?;
        vm.config.check_lock()?;
        let source = source_config(vm, params.get("snapname"))?;
        full = match params.get("full") {
            Some(flag) => flag == "1",
            None => !vm.config.template(),
        };
        if let Some(pool) = params.get("pool").filter(|pool| !state.pools.contains_key(*pool)) {
            return Err(ApiError::forbidden(Some(&format!("pool '{pool}' does not exist"))));
        }
        if let Some(storage) = params.get("storage") {
            let found = state.storage(&target, storage)?;
            if !found.holds("images") {
                let text = format!("storage '{storage}' does not support vm images");
                return Err(ApiError::parameter("storage", text));
            }
        }
        if !full {
            for name in ["storage", "format"] {
                if params.get(name).is_some() {
                    let text = format!("parameter '{name}' not allowed for linked clones");
                    return Err(ApiError::internal(text));
                }
            }
            for (name, drive) in cloned_drives(&source) {
                let (_, file) = drive.file.split_once(':').unwrap_or_default();
                let base = own_name(file).rsplit('/').next().unwrap_or(file).starts_with("base-");
                if !base && !drive.is_cloudinit() {
                    let text = format!(
                        "Linked clone feature is not supported for '{}' ({name})",
                        drive.file
                    );
                    return Err(ApiError::internal(text));
                }
            }
        }
        if state.taken(new_id).is_some() {
            let text = format!("unable to create VM {new_id}: config file already exists");
            return Err(ApiError::internal(text));
        }
    }
    let work = call.clone();
    let body =
        move |task: Task| async move { run(&work, &task, vmid, new_id, &target, full).await };
    let upid = tasks::start(&call.shared, &call.node, "qmclone", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

fn source_config(vm: &Vm, snapshot: Option<&str>) -> Result<Config, ApiError> {
    match snapshot {
        None => Ok(vm.config.clone()),
        Some(name) => match vm.snapshots.get(name) {
            Some(values) => {
                let mut values = values.clone();
                values.remove("description");
                Ok(Config { values, ..Config::default() })
            }
            None => Err(ApiError::internal(format!("snapshot '{name}' does not exist"))),
        },
    }
}

/// Drives that a clone gets volumes of its own for.
fn cloned_drives(config: &Config) -> Vec<(String, Drive)> {
    let mut drives: Vec<(String, Drive)> = drive::drives(&config.values)
        .into_iter()
        .filter(|(_, drive)| !drive.is_cdrom() || drive.is_cloudinit())
        .collect();
    drives.sort_by(|one, other| one.0.cmp(&other.0));
    drives
}

async fn run(
    call: &Call,
    task: &Task,
    vmid: u32,
    new_id: u32,
    target: &str,
    full: bool,
) -> Result<(), String> {
    let params = &call.params;
    let _held = lock_in_task(call, task, vmid).await?;
    let source = {
        let mut state = call.shared.state();
        if state.taken(new_id).is_some() {
            return Err(format!("unable to create VM {new_id}: config file already exists"));
        }
        let source = source_config(state.vm(&call.node, vmid)?, params.get("snapname"))
            .map_err(|error| error.message)?;
        let mut vm = Vm::new(new_id, target, call.shared.clock.passed());
        vm.config.set("lock", "clone");
        vm.config.set("description", TEMPORARY);
        state.guests.insert(new_id, vm);
        source
    };
    let mut worker = Worker::new(call, Some(task), new_id);
    let disks = if full {
        copy_disks(&mut worker, &source).await
    } else {
        link_disks(&mut worker, &source).await
    };
    let disks = match disks {
        Ok(disks) => disks,
        Err(error) => {
            worker.undo();
            call.shared.state().guests.remove(&new_id);
            return Err(format!("clone failed: {error}"));
        }
    };
    let mut state = call.shared.state();
    let prefix = create::mac_prefix(&state.options);
    let mut values: BTreeMap<String, String> = source
        .values
        .iter()
        .filter(|(name, _)| {
            !drive::is_unused(name)
                && !matches!(name.as_str(), "template" | "lock" | "parent" | "snaptime" | "vmstate")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, value) in &mut values {
        if drive::is_net(name) {
            let old = value.split([',', '=']).nth(1).unwrap_or_default().to_owned();
            *value = value.replacen(&old, &drive::random_mac(&prefix), 1);
        }
    }
    values.extend(disks);
    let smbios = values.get("smbios1").map(String::as_str).unwrap_or_default();
    let kept: Vec<&str> =
        smbios.split(',').filter(|part| !part.is_empty() && !part.starts_with("uuid=")).collect();
    let mut parts = vec![format!("uuid={}", drive::random_uuid())];
    parts.extend(kept.into_iter().map(str::to_owned));
    values.insert("smbios1".to_owned(), parts.join(","));
    if values.contains_key("vmgenid") {
        values.insert("vmgenid".to_owned(), drive::random_uuid());
    }
    let name = match (params.get("name"), values.get("name")) {
        (Some(name), _) => name.to_owned(),
        (None, Some(name)) => format!("Copy-of-VM-{name}"),
        (None, None) => format!("Copy-of-VM-{vmid}"),
    };
    values.insert("name".to_owned(), name);
    if let Some(description) = params.get("description") {
        let text = description.trim_end_matches('\n').to_owned();
        if text.is_empty() {
            values.remove("description");
        } else {
            values.insert("description".to_owned(), text);
        }
    }
    let vm = state.vm_mut(target, new_id)?;
    vm.config.values = values;
    state.firewall.copy(vmid, new_id);
    if let Some(pool) = params.get("pool").and_then(|pool| state.pools.get_mut(pool)) {
        pool.guests.push(new_id);
    }
    Ok(())
}

async fn copy_disks(
    worker: &mut Worker<'_>,
    source: &Config,
) -> Result<BTreeMap<String, String>, String> {
    let call = worker.call;
    let mut disks = BTreeMap::new();
    for (name, mut drive) in cloned_drives(source) {
        let own = drive.file.split(':').next().unwrap_or_default().to_owned();
        let storage = call.params.get("storage").unwrap_or(&own).to_owned();
        if drive.is_cloudinit() {
            link_cloudinit(worker, &name, &storage, &mut drive)?;
        } else {
            let (volume, takes) = {
                let state = call.shared.state();
                let volume = state
                    .volume(&call.node, &drive.file)
                    .cloned()
                    .ok_or_else(|| format!("volume '{}' does not exist", drive.file))?;
                let takes = state.storage(&call.node, &storage)?.takes_format(&volume.format);
                (volume, takes)
            };
            worker.log(format!("create full clone of drive {name} ({})", drive.file));
            let format = call.params.get("format").map(str::to_owned);
            let format = format.or_else(|| takes.then(|| volume.format.clone()));
            let (id, _) = worker.insert(&storage, format.as_deref(), volume.size, volume.used)?;
            worker.copy(&storage, volume.size).await?;
            drive.file = id;
            drive.set("size", format_size(volume.size));
        }
        disks.insert(name, drive.print());
    }
    Ok(disks)
}

/// Gives a clone a cloud-init drive of its own.
fn link_cloudinit(
    worker: &mut Worker<'_>,
    name: &str,
    storage: &str,
    drive: &mut Drive,
) -> Result<(), String> {
    worker.log(format!("create full clone of drive {name} ({})", drive.file));
    let (id, _) = worker.insert_cloudinit(storage, worker.call.params.get("format"))?;
    drive.file = id;
    drive.set("size", format_size(4 << 20));
    Ok(())
}

async fn link_disks(
    worker: &mut Worker<'_>,
    source: &Config,
) -> Result<BTreeMap<String, String>, String> {
    let call = worker.call;
    let mut disks = BTreeMap::new();
    for (name, mut drive) in cloned_drives(source) {
        let storage = drive.file.split(':').next().unwrap_or_default().to_owned();
        if drive.is_cloudinit() {
            link_cloudinit(worker, &name, &storage, &mut drive)?;
            disks.insert(name, drive.print());
            continue;
        }
        worker.log(format!("create linked clone of drive {name} ({})", drive.file));
        worker.sleep(Duration::from_millis(500)).await?;
        let mut state = call.shared.state();
        let base = state
            .volume(&call.node, &drive.file)
            .cloned()
            .ok_or_else(|| format!("volume '{}' does not exist", drive.file))?;
        let files = state.storage(&call.node, &storage)?.path().is_some();
        let format = if files { "qcow2" } else { "raw" };
        let file = state.next_disk_name(&call.node, &storage, worker.vmid, false, format);
        let parent = drive.file.split_once(':').map(|(_, name)| own_name(name).to_owned());
        let volume = Volume {
            content: "images".to_owned(),
            format: format.to_owned(),
            size: base.size,
            used: 0,
            vmid: Some(worker.vmid),
            parent,
            ctime: call.shared.clock.unix(),
            ..Volume::default()
        };
        let id = state.volume_id(&storage, &file, &volume);
        state.volumes_on_mut(&call.node, &storage).insert(file.clone(), volume);
        drop(state);
        worker.created.push(id.clone());
        worker.log(format!("clone {}: images, {file}, {} to {file}", drive.file, worker.vmid));
        drive.file = id;
        drive.set("size", format_size(base.size));
        disks.insert(name, drive.print());
    }
    Ok(disks)
}

//! Volumes of containers: allocation, resize, move.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::volume::{self, MountPoint, is_mount_point, is_unused};
use super::{ConfigLock, check_digest, lock_in_task};
use crate::proxmox::datacenter::{Datacenter, copy_time};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::storage::{Volume, format_size, own_name, parse_size};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// What a volume is to become.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) storage: &'a str,
    pub(super) size: u64,
    pub(super) used: u64,
    /// Whether it belongs to a template.
    pub(super) base: bool,
}

/// Makes a volume under the next free name and returns its id.
///
/// # Errors
/// The server's text.
pub(super) fn insert(
    state: &mut Datacenter,
    call: &Call,
    vmid: u32,
    wanted: &Wanted<'_>,
) -> Result<String, String> {
    let storage = wanted.storage;
    let found = state.storage(&call.node, storage)?.clone();
    let full = state.used(&call.node, storage) + wanted.used > found.total;
    let name = state.next_disk_name(&call.node, storage, vmid, wanted.base, "raw");
    if full || call.shared.faults.storage_full(storage) {
        return Err(format!(
            "unable to create image: qemu-img: {}: No space left on device",
            found.file(&name)
        ));
    }
    if wanted.size > 1 << 47 {
        return Err(format!(
            "unable to create image: qemu-img: {}: The image size is too large for file format 'raw'",
            found.file(&name)
        ));
    }
    // Without a size the container gets a directory.
    let (name, format) = if wanted.size == 0 && found.path().is_some() {
        (name.replace("/vm-", "/subvol-").replace(".raw", ".subvol"), "subvol")
    } else {
        (name, "raw")
    };
    let volume = Volume {
        content: "rootdir".to_owned(),
        format: format.to_owned(),
        size: wanted.size,
        used: wanted.used,
        vmid: Some(vmid),
        ctime: call.shared.clock.unix(),
        ..Volume::default()
    };
    state.volumes_on_mut(&call.node, storage).insert(name.clone(), volume);
    Ok(format!("{storage}:{name}"))
}

/// Makes the new volume that a mount point asks for, or notes the size of the one that it names.
///
/// # Errors
/// The server's text.
pub(super) fn realise(
    state: &mut Datacenter,
    call: &Call,
    vmid: u32,
    mount: &mut MountPoint,
) -> Result<(), String> {
    let new = mount.new_volume().map(|(storage, size)| (storage.to_owned(), size));
    if let Some((storage, gigabytes)) = new {
        // Whole megabytes: what is over is cut.
        let size = ((gigabytes * 1024.0) as u64) << 20;
        let wanted = Wanted { storage: &storage, size, used: size / 50, base: false };
        mount.volume = insert(state, call, vmid, &wanted)?;
        mount.set("size", format_size(size));
    } else if let Some(volume) = state.volume(&call.node, &mount.volume) {
        mount.options.entry("size".to_owned()).or_insert_with(|| format_size(volume.size));
    }
    Ok(())
}

/// Takes a volume away where it is this container's own.
pub(super) fn destroy(state: &mut Datacenter, node: &str, vmid: u32, id: &str) {
    if state.volume(node, id).is_some_and(|volume| volume.vmid == Some(vmid)) {
        state.remove_volume(node, id);
    }
}

/// What the server says of a mount point that is not there: an empty one does not fit its format.
fn absent() -> ApiError {
    let text = "property is missing and it is not optional".to_owned();
    let errors = BTreeMap::from([("mp".to_owned(), text.clone()), ("volume".to_owned(), text)]);
    ApiError { errors, ..ApiError::internal("format error") }
}

/// `PUT /nodes/{node}/lxc/{vmid}/resize`.
pub(super) fn resize(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let disk = call.params.text("disk").to_owned();
    let size = {
        let state = call.shared.state();
        let container = state.container(&call.node, vmid)?;
        container.check_lock()?;
        check_digest(call, &container.config.digest())?;
        let mount = container
            .config
            .get(&disk)
            .and_then(|text| MountPoint::parse(&disk, text))
            .ok_or_else(absent)?;
        let storage = mount.volume.split(':').next().unwrap_or_default().to_owned();
        let path = format!("/storage/{storage}");
        if !state.access.allowed(&call.who, &path, "Datastore.AllocateSpace") {
            let detail = format!("{path}, Datastore.AllocateSpace");
            return Err(ApiError::forbidden(Some(&detail)));
        }
        let Some(volume) = state.volume(&call.node, &mount.volume) else {
            let text = format!("volume '{}' does not exist", mount.volume);
            return Err(ApiError::internal(text));
        };
        let text = call.params.text("size");
        let size = match text.strip_prefix('+') {
            Some(more) => volume.size + parse_size(more).unwrap_or_default(),
            None => parse_size(text).unwrap_or_default(),
        };
        if size < volume.size {
            return Err(ApiError::internal("unable to shrink disk size"));
        }
        if size == volume.size {
            return Err(ApiError::internal("disk is already at specified size"));
        }
        size
    };
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        let mut state = call.shared.state();
        let text = state.container(&call.node, vmid)?.config.get(&disk).map(str::to_owned);
        let mut mount = text
            .and_then(|text| MountPoint::parse(&disk, &text))
            .ok_or_else(|| format!("disk '{disk}' does not exist"))?;
        let (storage, name) = mount.volume.split_once(':').unwrap_or_default();
        let found = state.storage(&call.node, storage)?.clone();
        if found.path().is_some() && own_name(name).contains("/base-") {
            return Err(format!(
                "command '/usr/bin/qemu-img resize '--preallocation=off' -f raw {} {size}' failed: exit code 1",
                found.file(name)
            ));
        }
        if call.shared.faults.storage_full(storage) {
            return Err(format!(
                "command '/usr/bin/qemu-img resize' failed: exit code 1: {}: No space left on device",
                mount.volume
            ));
        }
        let own = own_name(name).to_owned();
        if let Some(volume) = state.volumes_on_mut(&call.node, storage).get_mut(&own) {
            volume.size = size;
        }
        task.log("Image resized.");
        mount.set("size", format_size(size));
        state.container_mut(&call.node, vmid)?.config.set(disk, mount.print());
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "resize", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// The volume under a key, detached ones too.
fn volume_of(values: &BTreeMap<String, String>, key: &str) -> Option<MountPoint> {
    let text = values.get(key)?;
    if is_unused(key) {
        return Some(MountPoint { volume: text.clone(), options: BTreeMap::new() });
    }
    MountPoint::parse(key, text)
}

/// `POST /nodes/{node}/lxc/{vmid}/move_volume`.
pub(super) fn move_volume(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let key = call.params.text("volume").to_owned();
    if let Some(target) = call.params.integer("target-vmid") {
        return reassign(call, vmid, &key, target as u32);
    }
    let Some(storage) = call.params.get("storage").map(str::to_owned) else {
        let text = "both 'storage' and 'target-vmid' missing, either needs to be set";
        return Err(ApiError::parameters(BTreeMap::from([
            ("storage".to_owned(), text.to_owned()),
            ("target-vmid".to_owned(), text.to_owned()),
        ])));
    };
    let (lock, mount) = {
        let mut state = call.shared.state();
        let container = state.container_mut(&call.node, vmid)?;
        container.check_lock()?;
        check_digest(call, &container.config.digest())?;
        if container.running.is_some() {
            return Err(ApiError::internal("cannot move volumes of a running container"));
        }
        let mount = volume_of(&container.config.values, &key).ok_or_else(absent)?;
        (ConfigLock::set(call, container, "disk"), mount)
    };
    let work = call.clone();
    let body = move |task: Task| async move {
        let _locked = lock;
        copy(&work, &task, vmid, &key, mount, &storage).await
    };
    let upid =
        tasks::start(&call.shared, &call.node, "move_volume", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

async fn copy(
    call: &Call,
    task: &Task,
    vmid: u32,
    key: &str,
    mount: MountPoint,
    storage: &str,
) -> Result<(), String> {
    let (size, base) = {
        let state = call.shared.state();
        state.storage(&call.node, storage)?;
        let volume = state.volume(&call.node, &mount.volume);
        let size = volume.map(|volume| volume.size);
        let size = size.ok_or_else(|| format!("volume '{}' does not exist", mount.volume))?;
        (size, state.container(&call.node, vmid)?.config.template())
    };
    let wanted = Wanted { storage, size, used: size / 50, base };
    let id = insert(&mut call.shared.state(), call, vmid, &wanted)?;
    task.log(format!("create full clone of mountpoint {key} ({})", mount.volume));
    if let Err(error) = task.sleep(copy_time(size)).await {
        call.shared.state().remove_volume(&call.node, &id);
        return Err(error);
    }
    let mut state = call.shared.state();
    let mut moved = mount.clone();
    moved.volume = id;
    let values = &mut state.container_mut(&call.node, vmid)?.config.values;
    let printed = if is_unused(key) {
        moved.volume.clone()
    } else {
        moved.set("size", format_size(size));
        moved.print()
    };
    values.insert(key.to_owned(), printed);
    if call.params.flag("delete") {
        destroy(&mut state, &call.node, vmid, &mount.volume);
    } else {
        volume::add_unused(values, &mount.volume);
    }
    Ok(())
}

/// Gives a volume to another container.
fn reassign(call: &Call, vmid: u32, key: &str, target: u32) -> Answer {
    let target_key = call.params.get("target-volume").unwrap_or(key).to_owned();
    {
        let state = call.shared.state();
        let source = state.container(&call.node, vmid)?;
        let refused = |text: String| Err(ApiError::internal(text));
        if key == "rootfs" || target_key == "rootfs" {
            return refused("Cannot move to/from 'rootfs'".to_owned());
        }
        if target == vmid {
            return refused("Source and target CT are the same".to_owned());
        }
        let Ok(other) = state.container(&call.node, target) else {
            return refused(format!("could not find CT {target}"));
        };
        source.check_lock()?;
        other.check_lock()?;
        if source.config.template() || other.config.template() {
            return refused("Can't move volumes from or to template CT".to_owned());
        }
        if source.running.is_some() {
            return refused("cannot move volumes of a running container".to_owned());
        }
        if source.config.get(key).is_none() {
            return refused(format!("Volume '{key}' for container '{vmid}' does not exist"));
        }
        if other.config.get(&target_key).is_some() {
            return refused(format!(
                "Target volume key '{target_key}' is already in use for container '{target}'"
            ));
        }
    }
    let (work, key) = (call.clone(), key.to_owned());
    let body = move |task: Task| async move {
        let call = &work;
        let _held = lock_in_task(call, &task, vmid).await?;
        task.sleep(Duration::from_millis(300)).await?;
        let mut state = call.shared.state();
        let source = &state.container(&call.node, vmid)?.config.values;
        let mut mount = volume_of(source, &key).ok_or("volume is gone")?;
        let storage = mount.volume.split(':').next().unwrap_or_default().to_owned();
        let mut volume = state
            .remove_volume(&call.node, &mount.volume)
            .ok_or_else(|| format!("volume '{}' does not exist", mount.volume))?;
        let name = state.next_disk_name(&call.node, &storage, target, false, &volume.format);
        task.log(format!("moving volume '{key}' from container '{vmid}' to '{target}'"));
        volume.vmid = Some(target);
        state.volumes_on_mut(&call.node, &storage).insert(name.clone(), volume);
        mount.volume = format!("{storage}:{name}");
        state.container_mut(&call.node, vmid)?.config.values.remove(&key);
        let printed = if is_mount_point(&target_key) { mount.print() } else { mount.volume };
        state.container_mut(&call.node, target)?.config.set(target_key, printed);
        Ok(())
    };
    let id = format!("{vmid}-{target}");
    let upid = tasks::start(&call.shared, &call.node, "move_volume", id, &call.who, body);
    Ok(Value::from(upid).into())
}

//! `POST /nodes/{node}/lxc/{vmid}/clone`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::create::HalfMade;
use super::volume::{Kind, MountPoint, is_net, is_unused, mount_points, net_key};
use super::volumes::{Wanted, insert};
use super::{ConfigLock, Container, options};
use crate::proxmox::datacenter::{Datacenter, copy_time};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::qemu::{mac_prefix, random_mac};
use crate::proxmox::storage::{Volume, format_size, own_name};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// What a clone is made of and how.
#[derive(Debug)]
struct Plan {
    new_id: u32,
    target: String,
    full: bool,
    source: Container,
}

pub(super) fn clone(call: &Call) -> Answer {
    let params = &call.params;
    let vmid = params.vmid();
    let new_id = params.integer("newid").unwrap_or_default() as u32;
    let target = params.get("target").unwrap_or(&call.node).to_owned();
    let mut state = call.shared.state();
    if !state.has_node(&target) {
        return Err(ApiError::internal(format!("no such cluster node '{target}'")));
    }
    if let Some(pool) = params.get("pool").filter(|pool| !state.pools.contains_key(*pool)) {
        return Err(ApiError::forbidden(Some(&format!("pool '{pool}' does not exist"))));
    }
    let source = state.container(&call.node, vmid)?.clone();
    if let Some(text) = state.taken(new_id) {
        return Err(ApiError::internal(text));
    }
    source.check_lock()?;
    if let Some(name) = params.get("snapname") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    let full = match params.get("full") {
        Some(flag) => flag == "1",
        None => !source.config.template(),
    };
    if let Some(storage) = params.get("storage") {
        if !full {
            let text = "parameter 'storage' not allowed for linked clones";
            return Err(ApiError::internal(text));
        }
        if !state.storage(&target, storage)?.holds("rootdir") {
            let text = format!("storage '{storage}' does not support container directories");
            return Err(ApiError::internal(text));
        }
    }
    if full && source.running.is_some() {
        let text = "Full clone of a running container is only possible from a snapshot";
        return Err(ApiError::internal(text));
    }
    if !full && let Some(volume) = unlinkable(&state, &source) {
        let text = format!("Linked clone feature for '{volume}' is not available");
        return Err(ApiError::internal(text));
    }
    if target != call.node {
        for (_, mount) in mount_points(&source.config.values) {
            let storage = mount.volume.split(':').next().unwrap_or_default();
            if state.storages.get(storage).is_some_and(|storage| !storage.shared()) {
                let text = format!("can't clone CT to node '{target}' (CT uses local storage)");
                return Err(ApiError::internal(text));
            }
        }
    }
    let lock = ConfigLock::set(call, state.container_mut(&call.node, vmid)?, "disk");
    let mut container = Container::new(new_id, &target, call.shared.clock.passed());
    container.config.set("lock", "create");
    state.containers.insert(new_id, container);
    drop(state);
    let half_made = HalfMade::new(call, new_id);
    let plan = Plan { new_id, target, full, source };
    let work = call.clone();
    let body = move |task: Task| async move {
        let _locked = lock;
        let half_made = half_made;
        run(&work, &task, &plan).await.map_err(|error| format!("clone failed: {error}"))?;
        half_made.done();
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "vzclone", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Whether every volume of a container can be the base of a linked clone.
pub(super) fn all_linkable(state: &Datacenter, container: &Container) -> bool {
    unlinkable(state, container).is_none()
}

/// The first volume that no linked clone can stand on: only thin volumes of a template can be one.
fn unlinkable(state: &Datacenter, container: &Container) -> Option<String> {
    mount_points(&container.config.values).into_iter().map(|(_, mount)| mount.volume).find(
        |volume| {
            let (storage, name) = volume.split_once(':').unwrap_or_default();
            let thin = state.storages.get(storage).is_some_and(|storage| {
                matches!(storage.kind.as_str(), "lvmthin" | "zfspool" | "rbd")
            });
            !thin || !name.starts_with("base-")
        },
    )
}

async fn run(call: &Call, task: &Task, plan: &Plan) -> Result<(), String> {
    let vmid = plan.source.vmid;
    task.log(format!("creating a clone of container {vmid} with ID {}", plan.new_id));
    let mut created = Vec::new();
    let mounts = copy_all(call, task, plan, &mut created).await;
    let mut state = call.shared.state();
    let mounts = match mounts {
        Ok(mounts) => mounts,
        Err(error) => {
            for id in created {
                state.remove_volume(&call.node, &id);
            }
            return Err(error);
        }
    };
    let prefix = mac_prefix(&state.options);
    let mut values: BTreeMap<String, String> = plan
        .source
        .config
        .values
        .iter()
        .filter(|(name, _)| {
            !is_unused(name)
                && !matches!(name.as_str(), "template" | "lock" | "parent" | "snaptime")
        })
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    for (name, text) in &mut values {
        if let Some(old) = net_key(text, "hwaddr").filter(|_| is_net(name)) {
            *text = text.replacen(old, &random_mac(&prefix), 1);
        }
    }
    values.extend(mounts);
    for name in ["hostname", "description"] {
        let Some(given) = call.params.get(name) else { continue };
        match options::stored(&state, name, given, &prefix) {
            Some(text) => values.insert(name.to_owned(), text),
            None => values.remove(name),
        };
    }
    state.container_mut(&plan.target, plan.new_id)?.config.values = values;
    state.firewall.copy(vmid, plan.new_id);
    if let Some(pool) = call.params.get("pool").and_then(|pool| state.pools.get_mut(pool)) {
        pool.guests.push(plan.new_id);
    }
    Ok(())
}

async fn copy_all(
    call: &Call,
    task: &Task,
    plan: &Plan,
    created: &mut Vec<String>,
) -> Result<BTreeMap<String, String>, String> {
    let mut strings = BTreeMap::new();
    for (name, mut mount) in mount_points(&plan.source.config.values) {
        if mount.kind() == Kind::Volume {
            let old = mount.volume.clone();
            if plan.full {
                task.log(format!("create full clone of mountpoint {name} ({old})"));
                copy(call, task, plan, &mut mount, created).await?;
            } else {
                task.log(format!("create linked clone of mount point {name} ({old})"));
                task.sleep(Duration::from_millis(300)).await?;
                link(call, plan, &mut mount)?;
                created.push(mount.volume.clone());
            }
        }
        strings.insert(name, mount.print());
    }
    Ok(strings)
}

async fn copy(
    call: &Call,
    task: &Task,
    plan: &Plan,
    mount: &mut MountPoint,
    created: &mut Vec<String>,
) -> Result<(), String> {
    let own = mount.volume.split(':').next().unwrap_or_default().to_owned();
    let storage = call.params.get("storage").unwrap_or(&own);
    let size = {
        let mut state = call.shared.state();
        let volume = state.volume(&call.node, &mount.volume);
        let size = volume.map(|volume| volume.size);
        let size = size.ok_or_else(|| format!("volume '{}' does not exist", mount.volume))?;
        let wanted = Wanted { storage, size, used: size / 50, base: false };
        mount.volume = insert(&mut state, call, plan.new_id, &wanted)?;
        size
    };
    created.push(mount.volume.clone());
    task.sleep(copy_time(size)).await?;
    mount.set("size", format_size(size));
    Ok(())
}

fn link(call: &Call, plan: &Plan, mount: &mut MountPoint) -> Result<(), String> {
    let mut state = call.shared.state();
    let (storage, file) = mount.volume.split_once(':').unwrap_or_default();
    let base = state
        .volume(&call.node, &mount.volume)
        .cloned()
        .ok_or_else(|| format!("volume '{}' does not exist", mount.volume))?;
    let name = state.next_disk_name(&call.node, storage, plan.new_id, false, &base.format);
    let volume = Volume {
        used: 0,
        vmid: Some(plan.new_id),
        parent: Some(own_name(file).to_owned()),
        ctime: call.shared.clock.unix(),
        ..base
    };
    let id = state.volume_id(storage, &name, &volume);
    state.volumes_on_mut(&call.node, storage).insert(name, volume);
    mount.volume = id;
    Ok(())
}

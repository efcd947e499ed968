//! Moving guests to other nodes. API: `/nodes/{node}/qemu/{vmid}/migrate`,
//! `/nodes/{node}/lxc/{vmid}/migrate`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::datacenter::{Datacenter, copy_time};
use super::error::{Answer, ApiError};
use super::lxc::mount_points;
use super::params::{Params, split_list};
use super::qemu::drives;
use super::storage::own_name;
use super::tasks::Task;
use super::{Call, tasks};

/// Answers a call to `…/migrate`; `None` where the lab has no answer.
pub(super) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let kind = match template {
        "/nodes/{node}/qemu/{vmid}/migrate" => Kind::Vm,
        "/nodes/{node}/lxc/{vmid}/migrate" => Kind::Container,
        _ => return None,
    };
    match method {
        "GET" => Some(conditions(call, kind)),
        "POST" => Some(start(call, kind)),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Container,
    Vm,
}

/// A volume that a guest has, under its option.
#[derive(Debug)]
struct Used {
    option: String,
    volume: String,
    cdrom: bool,
}

/// What both kinds of guests have in common here.
#[derive(Debug)]
struct Guest {
    values: BTreeMap<String, String>,
    running: bool,
    used: Vec<Used>,
}

impl Guest {
    fn find(state: &Datacenter, node: &str, vmid: u32, kind: Kind) -> Result<Self, String> {
        let (values, running) = match kind {
            Kind::Vm => {
                let vm = state.vm(node, vmid)?;
                vm.config.check_lock()?;
                (vm.config.values.clone(), vm.running.is_some())
            }
            Kind::Container => {
                let container = state.container(node, vmid)?;
                container.check_lock()?;
                (container.config.values.clone(), container.running.is_some())
            }
        };
        let mut used: Vec<Used> = match kind {
            Kind::Vm => drives(&values)
                .into_iter()
                .map(|(option, drive)| {
                    let cdrom = drive.is_cdrom() && !drive.is_cloudinit();
                    Used { option, volume: drive.file, cdrom }
                })
                .collect(),
            Kind::Container => mount_points(&values)
                .into_iter()
                .map(|(option, mount)| Used { option, volume: mount.volume, cdrom: false })
                .collect(),
        };
        let unused = values.iter().filter(|(name, _)| name.starts_with("unused"));
        used.extend(unused.map(|(option, volume)| Used {
            option: option.clone(),
            volume: volume.clone(),
            cdrom: false,
        }));
        used.retain(|used| used.volume.contains(':'));
        Ok(Self { values, running, used })
    }

    /// The volumes that only this node has.
    fn local<'a>(&'a self, state: &'a Datacenter) -> impl Iterator<Item = &'a Used> {
        self.used.iter().filter(|used| {
            let storage = used.volume.split(':').next().unwrap_or_default();
            state.storages.get(storage).is_some_and(|storage| !storage.shared())
        })
    }
}

/// `GET`: what stands in the way.
fn conditions(call: &Call, kind: Kind) -> Answer {
    let state = call.shared.state();
    let guest = Guest::find(&state, &call.node, call.params.vmid(), kind)?;
    if kind == Kind::Vm && call.params.get("target") == Some(&call.node) {
        return Err(ApiError::internal(
            "Can't use an undefined value as an ARRAY reference at /usr/share/perl5/PVE/QemuMigrate/Helpers.pm line 63.",
        ));
    }
    let nodes: Vec<&str> = state
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .filter(|name| *name != call.node)
        .collect();
    let running = u8::from(guest.running);
    if kind == Kind::Container {
        return Ok(json!({ "running": running, "allowed-nodes": nodes }).into());
    }
    let disks: Vec<Value> = guest
        .local(&state)
        .map(|used| {
            json!({
                "volid": used.volume,
                "size": state.volume(&call.node, &used.volume).map_or(0, |volume| volume.size),
                "cdrom": u8::from(used.cdrom),
                "is_unused": u8::from(used.option.starts_with("unused")),
            })
        })
        .collect();
    Ok(json!({
        "running": running,
        "allowed_nodes": nodes,
        "local_disks": disks,
        "local_resources": [],
        "mapped-resources": [],
        "mapped-resource-info": {},
        "has-dbus-vmstate": 1,
    })
    .into())
}

fn start(call: &Call, kind: Kind) -> Answer {
    let params = &call.params;
    let (vmid, target) = (params.vmid(), params.text("target").to_owned());
    {
        let state = call.shared.state();
        if target == call.node {
            return Err(ApiError::parameter("target", "target is local node."));
        }
        if !state.has_node(&target) {
            return Err(ApiError::internal(format!("no such cluster node '{target}'")));
        }
        let guest = Guest::find(&state, &call.node, vmid, kind)?;
        let online = params.flag("online");
        match kind {
            Kind::Vm if guest.running && !online => {
                return Err(ApiError::internal("can't migrate running VM without --online"));
            }
            Kind::Container if guest.running && !online && !params.flag("restart") => {
                let text = "can't migrate running container without --online or --restart";
                return Err(ApiError::internal(text));
            }
            Kind::Vm | Kind::Container => {}
        }
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let held = work.shared.locks.guest(vmid).await;
        let _held = held.map_err(|error| format!("migration aborted: {error}"))?;
        run(&work, &task, vmid, &target, kind).await
    };
    let name = if kind == Kind::Vm { "qmigrate" } else { "vzmigrate" };
    let upid = tasks::start(&call.shared, &call.node, name, vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Storage of the target for each storage of the source.
fn target_storage(params: &Params, kind: Kind, source: &str) -> String {
    let name = if kind == Kind::Vm { "targetstorage" } else { "target-storage" };
    let pairs = split_list(params.get(name).unwrap_or_default());
    let mapped = pairs.iter().filter_map(|pair| pair.split_once(':'));
    let mapped = mapped.filter(|(from, _)| *from == source).map(|(_, to)| to).next();
    let all = pairs.iter().find(|pair| !pair.contains(':') && *pair != "1");
    mapped.or_else(|| all.map(String::as_str)).unwrap_or(source).to_owned()
}

async fn run(call: &Call, task: &Task, vmid: u32, target: &str, kind: Kind) -> Result<(), String> {
    let aborted = |detail: String| {
        task.log(format!("ERROR: migration aborted: {detail}"));
        "migration aborted".to_owned()
    };
    let (guest, bytes) = {
        let state = call.shared.state();
        let guest = Guest::find(&state, &call.node, vmid, kind)?;
        if guest.running && kind == Kind::Container && !call.params.flag("restart") {
            return Err(aborted("lxc live migration is currently not implemented".to_owned()));
        }
        let mut bytes = 0;
        for used in guest.local(&state) {
            if used.cdrom {
                return Err(aborted(format!("can't migrate local cdrom '{}'", used.volume)));
            }
            if guest.running && kind == Kind::Vm && !call.params.flag("with-local-disks") {
                let text =
                    "can't live migrate attached local disks without with-local-disks option";
                return Err(aborted(text.to_owned()));
            }
            let storage = used.volume.split(':').next().unwrap_or_default();
            let storage = target_storage(&call.params, kind, storage);
            state.storage(target, &storage).map_err(&aborted)?;
            let volume = state.volume(&call.node, &used.volume);
            bytes += volume.map_or(0, |volume| volume.size);
        }
        (guest, bytes)
    };
    task.log(format!("starting migration of {vmid} to node '{target}'"));
    set_lock(&mut call.shared.state(), vmid, true);
    let waited = task.sleep(Duration::from_secs(2) + copy_time(bytes)).await;
    let mut state = call.shared.state();
    set_lock(&mut state, vmid, false);
    waited?;
    let mut values = guest.values.clone();
    let local: Vec<(String, String)> =
        guest.local(&state).map(|used| (used.option.clone(), used.volume.clone())).collect();
    for (option, id) in local {
        let Some(mut volume) = state.remove_volume(&call.node, &id) else { continue };
        let (source, name) = id.split_once(':').unwrap_or_default();
        let storage = target_storage(&call.params, kind, source);
        let wanted = own_name(name).to_owned();
        let files =
            |name: &str| state.storages.get(name).is_some_and(|found| found.path().is_some());
        let taken = state.volumes_on(target, &storage).any(|(name, _)| *name == wanted);
        let name = if taken || files(source) != files(&storage) {
            state.next_disk_name(target, &storage, vmid, false, &volume.format)
        } else {
            wanted
        };
        volume.parent = None;
        state.volumes_on_mut(target, &storage).insert(name.clone(), volume);
        task.log(format!("copied local volume '{id}' to '{storage}:{name}'"));
        if let Some(text) = values.get_mut(&option) {
            *text = text.replacen(&id, &format!("{storage}:{name}"), 1);
        }
    }
    let since = call.shared.clock.passed();
    match kind {
        Kind::Vm => {
            let vm = state.vm_mut(&call.node, vmid)?;
            vm.config.values = values;
            target.clone_into(&mut vm.node);
        }
        Kind::Container => {
            let container = state.container_mut(&call.node, vmid)?;
            container.config.values = values;
            target.clone_into(&mut container.node);
            if let Some(running) = &mut container.running {
                running.since = since;
            }
        }
    }
    drop(state);
    task.log("migration finished successfully");
    Ok(())
}

fn set_lock(state: &mut Datacenter, vmid: u32, locked: bool) {
    let vm = state.guests.get_mut(&vmid).map(|vm| &mut vm.config);
    let container = state.containers.get_mut(&vmid).map(|container| &mut container.config);
    if let Some(config) = vm.or(container) {
        if locked {
            config.set("lock", "migrate");
        } else {
            config.values.remove("lock");
        }
    }
}

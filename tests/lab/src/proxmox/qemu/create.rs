//! `POST /nodes/{node}/qemu`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::disks::{Settings, Worker, check_drives, split_settings};
use super::drive;
use super::{Vm, options, power};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::locks;
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// Version that the lab's machines say they were made with.
pub(super) const QEMU_VERSION: &str = "11.1.3";

/// Parameters that are no options of the configuration.
const NOT_OPTIONS: &[&str] = &[
    "node",
    "vmid",
    "archive",
    "storage",
    "pool",
    "start",
    "unique",
    "force",
    "bwlimit",
    "live-restore",
    "import-working-storage",
    "ha-managed",
];

pub(super) async fn create(call: &Call) -> Answer {
    let params = &call.params;
    let vmid = params.vmid();
    check_allowed(call, vmid)?;
    if let Some(archive) = params.get("archive") {
        if let Some((storage, _)) = archive.split_once(':') {
            call.shared.state().storage(&call.node, storage)?;
        }
        return Err(ApiError::internal(format!("volume '{archive}' does not exist")));
    }
    let Settings { drives, values: rest } = split_settings(call, NOT_OPTIONS, true)?;
    check_drives(call, &drives, true)?;
    if let Some(keys) = params.get("sshkeys") {
        super::cloudinit::check_keys(keys)?;
    }
    let cloning = call
        .shared
        .state()
        .guests
        .get(&vmid)
        .is_some_and(|vm| vm.config.get("lock") == Some("clone"));
    if cloning {
        call.shared.clock.sleep(std::time::Duration::from_secs(5)).await;
        let text = format!("unable to create VM {vmid} - {}", locks::timeout_text(vmid));
        return Err(ApiError::internal(text));
    }
    let Some(held) = call.shared.locks.try_guest(vmid).filter(|_| !call.lock_timeout) else {
        // The id belongs to something in the making: the server gives up after 5 s.
        call.shared.clock.sleep(std::time::Duration::from_secs(5)).await;
        let taken = call.shared.state().taken(vmid);
        let text = taken.unwrap_or_else(|| locks::timeout_text(vmid));
        return Err(ApiError::internal(format!("unable to create VM {vmid} - {text}")));
    };
    {
        let mut state = call.shared.state();
        if let Some(text) = state.taken(vmid) {
            return Err(ApiError::internal(format!("unable to create VM {vmid} - {text}")));
        }
        let mut vm = Vm::new(vmid, &call.node, call.shared.clock.passed());
        vm.config.set("lock", "create");
        state.guests.insert(vmid, vm);
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let call = &work;
        let mut worker = Worker::new(call, Some(&task), vmid);
        worker.template = rest.get("template").is_some_and(|flag| flag == "1");
        match worker.create_drives(&drives, &BTreeMap::new()).await {
            Ok(strings) => store(call, vmid, &rest, strings),
            Err(error) => {
                worker.undo();
                call.shared.state().guests.remove(&vmid);
                return Err(format!("unable to create VM {vmid} - {error}"));
            }
        }
        drop(held);
        finish(call, &task, vmid);
        Ok(())
    };
    let shared = call.shared.clone();
    let failure_guard = Abandoned { shared, vmid };
    let body = |task: Task| async move {
        let guard = failure_guard;
        let result = body(task).await;
        guard.done();
        result
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmcreate", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Takes the half-made machine away when its task never ran (a fault ended it before).
struct Abandoned {
    shared: std::sync::Arc<crate::proxmox::Shared>,
    vmid: u32,
}

impl Abandoned {
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.shared.state().guests.remove(&self.vmid);
    }
}

fn check_allowed(call: &Call, vmid: u32) -> Result<(), ApiError> {
    let state = call.shared.state();
    let access = &state.access;
    let pool = call.params.get("pool");
    let allowed = access.allowed(&call.who, &format!("/vms/{vmid}"), "VM.Allocate")
        || pool
            .is_some_and(|pool| access.allowed(&call.who, &format!("/pool/{pool}"), "VM.Allocate"));
    if !allowed {
        return Err(ApiError::forbidden(None));
    }
    if let Some(pool) = pool.filter(|pool| !state.pools.contains_key(*pool)) {
        return Err(ApiError::forbidden(Some(&format!("pool '{pool}' does not exist"))));
    }
    Ok(())
}

/// Writes the finished configuration.
fn store(
    call: &Call,
    vmid: u32,
    settings: &BTreeMap<String, String>,
    drives: BTreeMap<String, String>,
) {
    let now = call.shared.clock.unix();
    let mut state = call.shared.state();
    let prefix = mac_prefix(&state.options);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in settings {
        let value = if drive::is_net(name) {
            drive::rewrite_net(name, value, &prefix)
        } else {
            options::stored(&state, name, value)
        };
        if (name == "description" || name == "sshkeys") && value.trim().is_empty() {
            continue;
        }
        values.insert(name.clone(), value);
    }
    values.extend(drives);
    if values.get("boot").is_none_or(|boot| boot.trim().is_empty()) {
        values.insert("boot".to_owned(), drive::default_boot(&values));
    }
    if values.get("ostype").is_some_and(|ostype| ostype.starts_with('w')) {
        let machine = pinned_machine(values.get("machine").map(String::as_str));
        if let Some(machine) = machine {
            values.insert("machine".to_owned(), machine.to_owned());
        }
    }
    values.entry("smbios1".to_owned()).or_insert_with(|| format!("uuid={}", drive::random_uuid()));
    let generated = values.get("vmgenid").is_none_or(|id| id == "1");
    if generated {
        values.insert("vmgenid".to_owned(), drive::random_uuid());
    } else if values.get("vmgenid").is_some_and(|id| id == "0") {
        values.remove("vmgenid");
    }
    values.insert("meta".to_owned(), format!("creation-qemu={QEMU_VERSION},ctime={now}"));
    if let Ok(vm) = state.vm_mut(&call.node, vmid) {
        vm.config.values = values;
    }
}

/// What follows once the machine is there.
fn finish(call: &Call, task: &Task, vmid: u32) {
    let params = &call.params;
    let mut state = call.shared.state();
    if let Some(pool) = params.get("pool").and_then(|pool| state.pools.get_mut(pool)) {
        pool.guests.push(vmid);
    }
    let managed = params.flag("ha-managed");
    if managed {
        let wanted = if params.flag("start") { "started" } else { "stopped" };
        state.ha.insert(vmid, BTreeMap::from([("state".to_owned(), wanted.to_owned())]));
    }
    drop(state);
    if managed {
        task.log("Add as HA resource");
    }
    if params.flag("start") {
        task.log("Execute autostart");
        power::spawn_start(call, vmid);
    }
}

/// Prefix of generated addresses.
pub(in crate::proxmox) fn mac_prefix(options: &BTreeMap<String, String>) -> String {
    options.get("mac_prefix").cloned().unwrap_or_else(|| "BC:24:11".to_owned())
}

/// Versioned type on which Windows is kept, where the machine has none.
pub(super) fn pinned_machine(machine: Option<&str>) -> Option<&'static str> {
    match machine.map(str::trim) {
        None | Some("" | "pc") => Some("pc-i440fx-11.1"),
        Some("q35") => Some("pc-q35-11.1"),
        Some(_) => None,
    }
}

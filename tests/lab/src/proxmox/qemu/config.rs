//! Changes of a configuration: `PUT` and `POST /nodes/{node}/qemu/{vmid}/config`, and `PUT …/unlink`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::disks::{Settings, Worker, check_drives, parse_any, skiplock_for_root, split_settings};
use super::drive::{self, Drive, is_drive, is_unused};
use super::{Config, create, lock, lock_in_task, options};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::split_list;
use crate::proxmox::schema::Schema;
use crate::proxmox::tasks::{self, Task};

/// Parameters that are no options of the configuration.
const NOT_OPTIONS: &[&str] = &[
    "node",
    "vmid",
    "delete",
    "digest",
    "skiplock",
    "force",
    "revert",
    "background_delay",
    "import-working-storage",
];

/// One change, checked as far as it can be without the lock.
#[derive(Clone, Debug)]
struct Change {
    delete: Vec<String>,
    revert: Vec<String>,
    drives: BTreeMap<String, Drive>,
    settings: BTreeMap<String, String>,
    force: bool,
}

pub(super) async fn update(call: &Call, background: bool) -> Answer {
    let vmid = call.params.vmid();
    let change = plan(call)?;
    call.shared.state().vm(&call.node, vmid)?;
    if !background {
        let _held = lock(call, vmid).await?;
        check_state(call, vmid)?;
        check_digest(call, vmid)?;
        apply(call, None, vmid, &change).await?;
        return Ok(Value::Null.into());
    }
    check_state(call, vmid)?;
    check_digest(call, vmid)?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        apply(&work, Some(&task), vmid, &change).await.map_err(|error| {
            match error.errors.into_iter().next() {
                Some((name, text)) => format!("{} {name}: {text}", error.message),
                None => error.message,
            }
        })
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmconfig", vmid.to_string(), &call.who, body);
    // With a delay the server waits for the task, and answers nothing when it is done by then.
    if let Some(delay) = call.params.integer("background_delay")
        && tasks::ended_within(&call.shared, &upid, delay).await
    {
        return Ok(Value::Null.into());
    }
    Ok(Value::from(upid).into())
}

fn plan(call: &Call) -> Result<Change, ApiError> {
    skiplock_for_root(call)?;
    let params = &call.params;
    let delete = list_of(call, "delete");
    let revert = list_of(call, "revert");
    let Settings { drives, values: settings } = split_settings(call, NOT_OPTIONS, false)?;
    let undefined = params.0.iter().any(|(name, param)| {
        !NOT_OPTIONS.contains(&name.as_str())
            && matches!(param, crate::proxmox::params::Param::Undefined)
    });
    if delete.is_empty() && revert.is_empty() && drives.is_empty() && settings.is_empty() {
        if undefined {
            return Ok(Change { delete, revert, drives, settings, force: false });
        }
        return Err(ApiError::internal("no options specified"));
    }
    for name in &delete {
        if drives.contains_key(name) || settings.contains_key(name) {
            let text = format!("you can't use '-{name}' and -delete {name}' at the same time");
            return Err(ApiError::parameter("delete", text));
        }
        let known = Schema::get().qemu_option(name).is_some() || name == "meta";
        if !known || NOT_OPTIONS.contains(&name.as_str()) {
            return Err(ApiError::parameter("delete", format!("unknown option '{name}'")));
        }
    }
    let refused = delete.iter().find(|name| options::deletion_is_root_only(name));
    if let Some(name) = refused.filter(|_| !call.who.is_root()) {
        return Err(ApiError::internal(format!("only root can set '{name}' config")));
    }
    for name in &revert {
        if Schema::get().qemu_option(name).is_none() {
            return Err(ApiError::parameter("revert", format!("unknown option '{name}'")));
        }
        if drives.contains_key(name) || settings.contains_key(name) {
            let text = format!("you can't use '-{name}' and -revert {name}' at the same time");
            return Err(ApiError::parameter("revert", text));
        }
    }
    check_drives(call, &drives, false)?;
    if let Some(keys) = params.get("sshkeys") {
        super::cloudinit::check_keys(keys)?;
    }
    Ok(Change { delete, revert, drives, settings, force: params.flag("force") })
}

fn list_of(call: &Call, name: &str) -> Vec<String> {
    let mut names = split_list(call.params.get(name).unwrap_or_default());
    for name in &mut names {
        if name == "cdrom" {
            "ide2".clone_into(name);
        }
    }
    names
}

fn check_digest(call: &Call, vmid: u32) -> Result<(), ApiError> {
    let state = call.shared.state();
    let now = state.vm(&call.node, vmid)?.config.digest();
    match call.params.get("digest") {
        Some(digest) if !digest.is_empty() && digest != now => {
            Err(ApiError::internal("checksum mismatch (file change by other user?)"))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_state(call: &Call, vmid: u32) -> Result<(), ApiError> {
    let state = call.shared.state();
    let config = &state.vm(&call.node, vmid)?.config;
    if !call.params.flag("skiplock") {
        config.check_lock()?;
    }
    Ok(())
}

/// Makes the change, under the lock.
async fn apply(
    call: &Call,
    task: Option<&Task>,
    vmid: u32,
    change: &Change,
) -> Result<(), ApiError> {
    let before = {
        let state = call.shared.state();
        let vm = state.vm(&call.node, vmid)?;
        check_against(&vm.config, change)?;
        vm.clone()
    };
    let mut worker = Worker::new(call, task, vmid);
    worker.template = before.config.template();
    let created = match worker.create_drives(&change.drives, &before.config.values).await {
        Ok(created) => created,
        Err(error) => {
            worker.undo();
            return Err(ApiError::internal(error));
        }
    };
    let mut state = call.shared.state();
    let running = before.running.is_some();
    let mut config = state.vm(&call.node, vmid)?.config.clone();
    for name in &change.revert {
        config.pending.remove(name);
        config.pending_delete.remove(name);
        config.pending_force.remove(name);
    }
    for name in &change.delete {
        let waits = running && !plugs(&config, name);
        let boot = config.get("boot").and_then(drive::boot_devices).unwrap_or_default();
        if running && !waits && hot_drive(name) && boot.first() == Some(name) {
            // The wish stays, although the answer is an error.
            config.pending_delete.insert(name.clone());
            state.vm_mut(&call.node, vmid)?.config = config;
            let text = format!("hotplug problem - can't unplug bootdisk '{name}'\n");
            return Err(ApiError::parameter(name.as_str(), text));
        }
        if waits && config.values.contains_key(name) {
            config.pending.remove(name);
            config.pending_delete.insert(name.clone());
            if change.force {
                config.pending_force.insert(name.clone());
            }
        } else {
            config.pending.remove(name);
            delete_option(&mut state, &call.node, vmid, &mut config, name, change.force)?;
        }
    }
    let prefix = create::mac_prefix(&state.options);
    for (name, value) in &change.settings {
        if name == "sshkeys" && value.is_empty() {
            continue;
        }
        let value = if drive::is_net(name) {
            drive::rewrite_net(name, value, &prefix)
        } else {
            options::stored(&state, name, value)
        };
        if name == "description" && value.is_empty() {
            config.values.remove(name);
            continue;
        }
        let waits = running && !plugs(&config, name);
        set_option(&mut config, waits, name, value);
    }
    for (name, text) in created {
        let old = config.get(&name).and_then(|text| Drive::parse(&name, text));
        let new = Drive::parse(&name, &text).unwrap_or_default();
        if running && !plugs(&config, &name) && !new.is_cdrom() {
            set_option(&mut config, true, &name, text);
            continue;
        }
        let is_new = !config.values.contains_key(&name);
        config.set(&name, text);
        if let Some(old) = old.filter(|old| old.file != new.file) {
            release(&mut state, &call.node, &mut config.values, &old, false);
        }
        config.pending.remove(&name);
        config.pending_delete.remove(&name);
        config.pending_force.remove(&name);
        if is_new && new.is_cdrom() && !new.is_cloudinit() {
            append_to_boot(&mut config.values, &name);
        }
    }
    pin_machine(&mut config);
    state.vm_mut(&call.node, vmid)?.config = config;
    Ok(())
}

/// Whether a running machine takes a change of this option at once: as its `hotplug` says, where it is
/// about a device.
fn plugs(config: &Config, name: &str) -> bool {
    let features = match config.get("hotplug") {
        None | Some("1") => "network,disk,usb",
        Some(features) => features,
    };
    let feature = |wanted: &str| features.split([',', ';']).any(|feature| feature == wanted);
    match name {
        "memory" => feature("memory") && config.get("numa") == Some("1"),
        "vcpus" => feature("cpu"),
        _ if drive::is_net(name) => feature("network"),
        _ if hot_drive(name) => feature("disk"),
        _ => options::applies_at_once(name),
    }
}

/// Disks of these buses are plugged while the machine runs.
fn hot_drive(name: &str) -> bool {
    name.starts_with("scsi") || name.starts_with("virtio") && is_drive(name)
}

fn set_option(config: &mut Config, waits: bool, name: &str, value: String) {
    config.pending_delete.remove(name);
    config.pending_force.remove(name);
    if waits && config.get(name) != Some(&value) {
        config.pending.insert(name.to_owned(), value);
    } else {
        config.pending.remove(name);
        config.set(name, value);
    }
}

/// Rules that need the present configuration.
fn check_against(config: &Config, change: &Change) -> Result<(), ApiError> {
    let settings = &change.settings;
    let memory = |text: &str| {
        text.split(',')
            .map(|part| part.trim_start_matches("current="))
            .find_map(|part| part.parse::<u64>().ok())
    };
    let assigned = settings
        .get("memory")
        .map(String::as_str)
        .or_else(|| config.get("memory"))
        .and_then(memory)
        .unwrap_or(512);
    if let Some(balloon) = settings.get("balloon").and_then(|text| text.parse::<u64>().ok())
        && balloon > assigned
    {
        let text = "balloon value too large (must be smaller than assigned memory)";
        return Err(ApiError::internal(text));
    }
    if let Some(devices) = settings.get("boot").and_then(|boot| drive::boot_devices(boot)) {
        let present = |device: &String| {
            config.values.contains_key(device)
                || settings.contains_key(device)
                || change.drives.contains_key(device)
        };
        if let Some(device) = devices.iter().find(|device| !present(device)) {
            let text = format!("invalid bootorder: device '{device}' does not exist'");
            return Err(ApiError::internal(text));
        }
    }
    if let Some(machine) = settings.get("machine")
        && machine.contains("viommu=intel")
        && !machine.contains("q35")
    {
        let text = "to use Intel vIOMMU please set the machine type to q35";
        return Err(ApiError::internal(text));
    }
    if config.get("protection") == Some("1") {
        let touched = change.delete.iter().chain(change.drives.keys());
        for name in touched.filter(|name| is_drive(name) || is_unused(name)) {
            if config.values.contains_key(name) {
                let text = format!("can't remove drive '{name}' - protection mode enabled");
                return Err(ApiError::internal(text));
            }
        }
    }
    Ok(())
}

fn delete_option(
    state: &mut Datacenter,
    node: &str,
    vmid: u32,
    config: &mut Config,
    name: &str,
    force: bool,
) -> Result<(), ApiError> {
    let Some(text) = config.values.get(name).cloned() else { return Ok(()) };
    if is_drive(name) || is_unused(name) {
        if let Some(drive) = parse_any(name, &text) {
            let linked = in_use_by_clone(state, node, &drive.file);
            if (force || is_unused(name)) && linked {
                let text = format!("base volume '{}' is still in use by linked cloned", drive.file);
                return Err(ApiError::internal(text));
            }
            config.values.remove(name);
            release(state, node, &mut config.values, &drive, force || is_unused(name));
        }
        config.values.remove(name);
    } else {
        config.values.remove(name);
    }
    let _ = vmid;
    drop_from_boot(&mut config.values, name);
    Ok(())
}

/// Whether a linked clone stands on that volume.
pub(super) fn in_use_by_clone(state: &Datacenter, node: &str, id: &str) -> bool {
    let Some((storage, name)) = id.split_once(':') else { return false };
    let own = crate::proxmox::storage::own_name(name).to_owned();
    state.volumes_on(node, storage).any(|(_, volume)| volume.parent.as_ref() == Some(&own))
}

/// What happens to the volume of a drive that leaves its place.
fn release(
    state: &mut Datacenter,
    node: &str,
    values: &mut BTreeMap<String, String>,
    drive: &Drive,
    destroy: bool,
) {
    let still_used = values.iter().any(|(name, text)| {
        (is_drive(name) || is_unused(name))
            && parse_any(name, text).is_some_and(|other| other.file == drive.file)
    });
    if still_used {
        return;
    }
    if drive.is_cloudinit() || (destroy && !drive.is_cdrom()) {
        state.remove_volume(node, &drive.file);
    } else if !drive.is_cdrom() {
        add_unused(values, &drive.file);
    }
}

/// Keeps a volume under the first free `unusedN`.
pub(super) fn add_unused(values: &mut BTreeMap<String, String>, volume: &str) {
    let known = values.iter().any(|(name, text)| is_unused(name) && text == volume);
    let free = (0..256).map(|number| format!("unused{number}")).find(|n| !values.contains_key(n));
    if let Some(name) = free.filter(|_| !known) {
        values.insert(name, volume.to_owned());
    }
}

fn append_to_boot(values: &mut BTreeMap<String, String>, name: &str) {
    let Some(mut devices) = values.get("boot").and_then(|boot| drive::boot_devices(boot)) else {
        return;
    };
    if !devices.iter().any(|device| device == name) {
        devices.push(name.to_owned());
        values.insert("boot".to_owned(), drive::boot_order(&devices));
    }
}

/// Takes a device out of the boot order.
pub(super) fn drop_from_boot(values: &mut BTreeMap<String, String>, name: &str) {
    let Some(mut devices) = values.get("boot").and_then(|boot| drive::boot_devices(boot)) else {
        return;
    };
    let before = devices.len();
    devices.retain(|device| device != name);
    if devices.len() < before {
        values.insert("boot".to_owned(), drive::boot_order(&devices));
    }
}

/// Windows keeps the machine version that it was installed on.
fn pin_machine(config: &mut Config) {
    if config.get("ostype").is_some_and(|ostype| ostype.starts_with('w'))
        && let Some(machine) = create::pinned_machine(config.get("machine"))
    {
        config.set("machine", machine);
    }
}

/// Brings what waits for a stop into the configuration.
pub(super) fn apply_pending(state: &mut Datacenter, node: &str, vmid: u32) {
    let Ok(vm) = state.vm(node, vmid) else { return };
    let mut config = vm.config.clone();
    let deleted: BTreeSet<String> = std::mem::take(&mut config.pending_delete);
    let forced: BTreeSet<String> = std::mem::take(&mut config.pending_force);
    for name in deleted {
        // A volume that cannot go stays where it was; the start does not fail for it.
        let force = forced.contains(&name);
        let _ = delete_option(state, node, vmid, &mut config, &name, force);
    }
    for (name, value) in std::mem::take(&mut config.pending) {
        if is_drive(&name) {
            let old = config.get(&name).and_then(|text| Drive::parse(&name, text));
            let new = Drive::parse(&name, &value).unwrap_or_default();
            config.set(name, value);
            if let Some(old) = old.filter(|old| old.file != new.file) {
                release(state, node, &mut config.values, &old, false);
            }
            continue;
        }
        config.set(name, value);
    }
    if let Ok(vm) = state.vm_mut(node, vmid) {
        vm.config = config;
    }
}

/// `PUT /nodes/{node}/qemu/{vmid}/unlink`.
pub(super) async fn unlink(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let names = split_list(call.params.get("idlist").unwrap_or_default());
    call.shared.state().vm(&call.node, vmid)?;
    for name in &names {
        if Schema::get().qemu_option(name).is_none() {
            return Err(ApiError::parameter("delete", format!("unknown option '{name}'")));
        }
    }
    if names.is_empty() {
        return Err(ApiError::internal("no options specified"));
    }
    let _held = lock(call, vmid).await?;
    check_state(call, vmid)?;
    let change = Change {
        delete: names,
        revert: Vec::new(),
        drives: BTreeMap::new(),
        settings: BTreeMap::new(),
        force: call.params.flag("force"),
    };
    apply(call, None, vmid, &change).await?;
    Ok(Value::Null.into())
}

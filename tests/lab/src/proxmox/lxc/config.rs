//! Changes of a configuration: `PUT /nodes/{node}/lxc/{vmid}/config`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::volume::{self, Kind, MountPoint, is_mount_point, is_net, is_unused};
use super::{check_digest, lock, options, power, volumes};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::split_list;
use crate::proxmox::qemu::{Config, mac_prefix};
use crate::proxmox::schema::Schema;

/// Parameters that are no options of the configuration.
const NOT_OPTIONS: &[&str] = &["node", "vmid", "delete", "digest", "revert"];

/// One change, checked as far as it can be without the lock.
#[derive(Debug)]
struct Change {
    delete: Vec<String>,
    revert: Vec<String>,
    settings: BTreeMap<String, String>,
}

pub(super) async fn update(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    let change = plan(call)?;
    let _held = lock(call, vmid).await?;
    {
        let state = call.shared.state();
        let container = state.container(&call.node, vmid)?;
        container.check_lock()?;
        check_digest(call, &container.config.digest())?;
    }
    let allocates = change
        .settings
        .iter()
        .filter(|(name, _)| is_mount_point(name))
        .filter_map(|(name, text)| MountPoint::parse(name, text))
        .any(|mount| mount.new_volume().is_some());
    if allocates {
        call.shared.clock.sleep(Duration::from_millis(500)).await;
    }
    apply(call, vmid, &change)?;
    Ok(Value::Null.into())
}

fn plan(call: &Call) -> Result<Change, ApiError> {
    let params = &call.params;
    let delete = split_list(params.get("delete").unwrap_or_default());
    let revert = split_list(params.get("revert").unwrap_or_default());
    let settings = options::given(call, NOT_OPTIONS)?;
    // An empty `delete` is a change all the same.
    if params.get("delete").is_none() && revert.is_empty() && settings.is_empty() {
        return Err(ApiError::internal("no options specified"));
    }
    let known = |name: &String| {
        !NOT_OPTIONS.contains(&name.as_str()) && Schema::get().lxc_option(name).is_some()
    };
    for (list, parameter) in [(&delete, "delete"), (&revert, "revert")] {
        for name in list {
            if settings.contains_key(name) {
                let text =
                    format!("you can't use '-{name}' and -{parameter} {name}' at the same time");
                return Err(ApiError::parameter(parameter, text));
            }
            if !known(name) {
                return Err(ApiError::parameter(parameter, format!("unknown option '{name}'")));
            }
        }
    }
    let container = {
        let state = call.shared.state();
        state.container(&call.node, params.vmid())?.clone()
    };
    options::check_deletion(call, &container, &delete)?;
    options::check_deletion(call, &container, &revert)?;
    options::check_allowed(call, Some(&container), &settings, container.unprivileged())?;
    if let Some(script) = settings.get("hookscript")
        && call.shared.state().volume(&call.node, script).is_none()
    {
        let text = format!("script '{script}' does not exist\n");
        return Err(ApiError::parameter("hookscript", text));
    }
    Ok(Change { delete, revert, settings })
}

/// Makes the change, under the lock.
fn apply(call: &Call, vmid: u32, change: &Change) -> Result<(), ApiError> {
    let mut state = call.shared.state();
    let container = state.container(&call.node, vmid)?;
    let running = container.running.is_some();
    let mut config = container.config.clone();
    for name in &change.revert {
        config.pending.remove(name);
        config.pending_delete.remove(name);
    }
    let mut modified = BTreeSet::new();
    for name in &change.delete {
        // What is only pending is not taken away: only `revert` does that.
        if config.values.contains_key(name) {
            check_deletion(&config, vmid, name)?;
            config.pending.remove(name);
            config.pending_delete.insert(name.clone());
            modified.insert(name.clone());
        }
    }
    let prefix = mac_prefix(&state.options);
    for (name, text) in &change.settings {
        if is_unused(name) {
            continue;
        }
        if name == "unprivileged" {
            return Err(ApiError::internal("unable to modify read-only option: 'unprivileged'"));
        }
        check_mount(&state, call, &config, vmid, name, text)?;
        config.pending_delete.remove(name);
        match options::stored(&state, name, text, &prefix) {
            Some(text) => {
                config.pending.insert(name.clone(), text);
            }
            None => {
                config.pending.remove(name);
                config.pending_delete.insert(name.clone());
            }
        }
        modified.insert(name.clone());
    }
    let values = config.values.clone();
    config.pending.retain(|name, text| values.get(name) != Some(text));
    config.pending_delete.retain(|name| values.contains_key(name));
    let mut errors = BTreeMap::new();
    for name in modified {
        if running && !hotplugs(&config, &name) {
            continue;
        }
        if let Err(error) = apply_one(&mut state, call, &mut config, vmid, &name, running) {
            config.pending.remove(&name);
            let verb = if running { "hotplug" } else { "apply pending change" };
            errors.insert(name.clone(), format!("unable to {verb} {name}: {error}\n"));
        }
    }
    state.container_mut(&call.node, vmid)?.config = config;
    if errors.is_empty() { Ok(()) } else { Err(ApiError::parameters(errors)) }
}

fn check_deletion(config: &Config, vmid: u32, name: &str) -> Result<(), ApiError> {
    let text = match name {
        "memory" | "ostype" | "rootfs" => format!("unable to delete required option '{name}'"),
        "unprivileged" => "unable to delete read-only option: 'unprivileged'".to_owned(),
        _ if (is_mount_point(name) || is_unused(name)) && protected(config) => {
            format!("can't remove CT {vmid} drive '{name}' - protection mode enabled")
        }
        _ => return Ok(()),
    };
    Err(ApiError::internal(text))
}

fn protected(config: &Config) -> bool {
    config.get("protection") == Some("1")
}

fn check_mount(
    state: &Datacenter,
    call: &Call,
    config: &Config,
    vmid: u32,
    name: &str,
    text: &str,
) -> Result<(), ApiError> {
    if name != "rootfs" && !is_mount_point(name) {
        return Ok(());
    }
    if protected(config) {
        let text = format!("can't update CT {vmid} drive '{name}' - protection mode enabled");
        return Err(ApiError::internal(text));
    }
    let mount = MountPoint::parse(name, text).unwrap_or_default();
    if mount.kind() != Kind::Volume {
        return Ok(());
    }
    let storage = mount.volume.split(':').next().unwrap_or_default();
    if !state.storage(&call.node, storage)?.holds("rootdir") {
        return Err(ApiError::internal(format!(
            "storage '{storage}' does not allow content type 'rootdir' (Container)"
        )));
    }
    Ok(())
}

/// Whether a running container takes this change at once: a new mount point is mounted, the change of
/// one waits.
fn hotplugs(config: &Config, name: &str) -> bool {
    let adds_mount = is_mount_point(name)
        && config.pending.contains_key(name)
        && !config.values.contains_key(name);
    options::applies_at_once(name) || adds_mount
}

/// Brings one option that waits into the configuration.
fn apply_one(
    state: &mut Datacenter,
    call: &Call,
    config: &mut Config,
    vmid: u32,
    name: &str,
    running: bool,
) -> Result<(), String> {
    if config.pending_delete.contains(name) {
        config.pending_delete.remove(name);
        let Some(text) = config.values.remove(name) else { return Ok(()) };
        if is_mount_point(name) {
            if let Some(mount) = MountPoint::parse(name, &text) {
                volume::add_unused(&mut config.values, &mount.volume);
            }
        } else if is_unused(name) && !volume::volumes(&config.values).contains(&text) {
            volumes::destroy(state, &call.node, vmid, &text);
        }
    }
    let Some(text) = config.pending.get(name).cloned() else { return Ok(()) };
    if is_net(name) && running {
        let bridge = volume::net_key(&text, "bridge");
        if let Some(bridge) = bridge.filter(|bridge| !power::is_bridge(bridge)) {
            return Err(format!("bridge '{bridge}' does not exist"));
        }
    }
    let text = if is_mount_point(name) {
        let mut mount = MountPoint::parse(name, &text).unwrap_or_default();
        volumes::realise(state, call, vmid, &mut mount)?;
        let old = config.values.remove(name).and_then(|text| MountPoint::parse(name, &text));
        if let Some(old) = old.filter(|old| old.volume != mount.volume) {
            volume::add_unused(&mut config.values, &old.volume);
        }
        mount.print()
    } else {
        text
    };
    config.pending.remove(name);
    config.set(name, text);
    Ok(())
}

/// Brings everything that waits for a start into the configuration.
///
/// # Errors
/// A new volume cannot be made.
pub(super) fn apply_pending(call: &Call, vmid: u32) -> Result<(), String> {
    let mut state = call.shared.state();
    let mut config = state.container(&call.node, vmid)?.config.clone();
    let waiting: BTreeSet<String> =
        config.pending.keys().chain(&config.pending_delete).cloned().collect();
    for name in waiting {
        apply_one(&mut state, call, &mut config, vmid, &name, false)?;
    }
    state.container_mut(&call.node, vmid)?.config = config;
    Ok(())
}

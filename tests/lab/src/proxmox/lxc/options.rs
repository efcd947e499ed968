//! What single options of a configuration mean: who may set them, how they are stored, and whether a
//! running container takes them at once.

use std::collections::BTreeMap;

use super::Container;
use super::volume::{Kind, MountPoint, is_mount_point, is_net};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::ApiError;
use crate::proxmox::params::Param;
use crate::proxmox::qemu::normalise_tags;
use crate::proxmox::schema::{Schema, parse_property_string};

/// The options among the parameters, without those in `skip`.
///
/// # Errors
/// A key without a value.
pub(super) fn given(call: &Call, skip: &[&str]) -> Result<BTreeMap<String, String>, ApiError> {
    let mut settings = BTreeMap::new();
    for (name, param) in &call.params.0 {
        match param {
            _ if skip.contains(&name.as_str()) => {}
            Param::Text(text) => {
                settings.insert(name.clone(), text.clone());
            }
            Param::Undefined if name == "description" => {}
            Param::List(_) | Param::Object | Param::Undefined => {
                let text = format!("unable to parse value of '{name}' - got undefined value");
                return Err(ApiError::internal(text));
            }
        }
    }
    Ok(settings)
}

/// Refuses what only `root@pam` with a ticket may set.
pub(super) fn check_allowed(
    call: &Call,
    old: Option<&Container>,
    settings: &BTreeMap<String, String>,
    unprivileged: bool,
) -> Result<(), ApiError> {
    if call.who.is_root() {
        return Ok(());
    }
    for (name, value) in settings {
        if name == "rootfs" || is_mount_point(name) {
            check_mount(call, name, value)?;
        }
        check_one(old, name, Some(value), unprivileged)?;
    }
    Ok(())
}

/// Refuses the deletion of what only `root@pam` may set.
pub(super) fn check_deletion(
    call: &Call,
    old: &Container,
    names: &[String],
) -> Result<(), ApiError> {
    if call.who.is_root() {
        return Ok(());
    }
    names.iter().try_for_each(|name| check_one(Some(old), name, None, old.unprivileged()))
}

fn check_one(
    old: Option<&Container>,
    name: &str,
    value: Option<&str>,
    unprivileged: bool,
) -> Result<(), ApiError> {
    let refused = |text: &str| Err(ApiError::forbidden(Some(text)));
    match name {
        "hookscript" => refused("changing the hookscript is only allowed for root@pam"),
        "features" if !unprivileged => {
            refused("changing feature flags for privileged container is only allowed for root@pam")
        }
        "features" => {
            let before = features(old.and_then(|ct| ct.config.get("features")));
            let after = features(value);
            let other = before
                .keys()
                .chain(after.keys())
                .any(|name| name != "nesting" && before.get(name) != after.get(name));
            if other {
                refused("changing feature flags (except nesting) is only allowed for root@pam")
            } else {
                Ok(())
            }
        }
        _ if name.starts_with("dev") && name.len() > 3 => {
            refused("configuring device passthrough is only allowed for root@pam")
        }
        _ => Ok(()),
    }
}

fn features(text: Option<&str>) -> BTreeMap<String, String> {
    let text = text.unwrap_or_default().trim();
    Schema::get()
        .lxc_option("features")
        .and_then(|property| parse_property_string(property, "features", text).ok())
        .unwrap_or_default()
}

fn check_mount(call: &Call, name: &str, value: &str) -> Result<(), ApiError> {
    let Some(mount) = MountPoint::parse(name, value) else { return Ok(()) };
    let kind = match mount.kind() {
        Kind::Bind => "bind",
        Kind::Device => "device",
        Kind::Volume => {
            let state = call.shared.state();
            return check_volume(call, &state, &mount);
        }
    };
    let text = format!("mount point type {kind} is only allowed for root@pam");
    Err(ApiError::forbidden(Some(&text)))
}

fn check_volume(call: &Call, state: &Datacenter, mount: &MountPoint) -> Result<(), ApiError> {
    if let Some((storage, _)) = mount.new_volume() {
        let path = format!("/storage/{storage}");
        if state.storages.contains_key(storage)
            && !state.access.allowed(&call.who, &path, "Datastore.AllocateSpace")
        {
            let detail = format!("{path}, Datastore.AllocateSpace");
            return Err(ApiError::forbidden(Some(&detail)));
        }
        return Ok(());
    }
    // A bare number is a size on the default storage.
    if mount.volume.parse::<f64>().is_ok() {
        return Ok(());
    }
    let Some((storage, name)) = crate::proxmox::storage::parse_volume_id(&mount.volume) else {
        return Err(ApiError::internal(super::create::ARBITRARY_PATH));
    };
    if state.storage(&call.node, storage)?.path().is_some() {
        crate::proxmox::storage::parse_file_name(name)?;
    }
    Ok(())
}

/// Value as it is stored; `None` where an empty one takes the option away.
pub(super) fn stored(
    state: &Datacenter,
    name: &str,
    value: &str,
    mac_prefix: &str,
) -> Option<String> {
    Some(match name {
        "tags" => normalise_tags(state, value),
        "description" if value.trim_end_matches('\n').is_empty() => return None,
        "description" => format!("{}\n", value.trim_end_matches('\n')),
        _ if is_net(name) => super::volume::rewrite_net(name, value, mac_prefix),
        _ if value.is_empty() => " ".to_owned(),
        _ => match Schema::get().lxc_option(name).map(|property| property.kind()) {
            Some("integer") => {
                value.parse::<i64>().map_or_else(|_| value.to_owned(), |number| number.to_string())
            }
            Some(_) | None => value.to_owned(),
        },
    })
}

/// Whether a running container takes a change of this option at once.
pub(super) fn applies_at_once(name: &str) -> bool {
    matches!(
        name,
        "cores"
            | "cpulimit"
            | "cpuunits"
            | "description"
            | "hookscript"
            | "hostname"
            | "lock"
            | "memory"
            | "onboot"
            | "protection"
            | "startup"
            | "swap"
            | "tags"
    ) || is_net(name)
        || super::volume::is_unused(name)
}

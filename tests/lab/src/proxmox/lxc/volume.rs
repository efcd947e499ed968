//! Mount points and network cards: parsing, and the way the server writes them.

use std::collections::BTreeMap;

use crate::proxmox::qemu::random_mac;
use crate::proxmox::schema::{Schema, parse_property_string};

/// A mount point: its volume (or path of the node) and its options.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MountPoint {
    pub(crate) volume: String,
    pub(crate) options: BTreeMap<String, String>,
}

/// What a mount point mounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Bind,
    Device,
    Volume,
}

impl MountPoint {
    /// Reads the value of `rootfs` or of a mount point.
    pub(crate) fn parse(name: &str, text: &str) -> Option<Self> {
        let property = Schema::get().lxc_option(name)?;
        let mut options = parse_property_string(property, name, text).ok()?;
        let volume = options.remove("volume")?;
        Some(Self { volume, options })
    }

    pub(super) fn kind(&self) -> Kind {
        match self.volume.as_str() {
            text if text.starts_with("/dev/") => Kind::Device,
            text if text.starts_with('/') => Kind::Bind,
            _ => Kind::Volume,
        }
    }

    /// Storage and size in GiB where the value asks for a new volume (`local:8`).
    pub(super) fn new_volume(&self) -> Option<(&str, f64)> {
        let (storage, size) = self.volume.split_once(':')?;
        let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        let fits = size.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digit(size.bytes().next())
            && digit(size.bytes().last());
        if fits { Some((storage, size.parse().ok()?)) } else { None }
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.options.insert(name.to_owned(), value.into());
    }

    /// The volume first, then the path, then the other options by name.
    pub(crate) fn print(&self) -> String {
        let mut text = self.volume.clone();
        if let Some(path) = self.options.get("mp") {
            text.push_str(&format!(",mp={path}"));
        }
        for (name, value) in self.options.iter().filter(|(name, _)| *name != "mp") {
            text.push_str(&format!(",{name}={value}"));
        }
        text
    }
}

/// Whether an option is a mount point beside the root.
pub(super) fn is_mount_point(name: &str) -> bool {
    is_numbered(name, "mp")
}

pub(super) fn is_net(name: &str) -> bool {
    is_numbered(name, "net")
}

/// Whether an option is a detached volume.
pub(super) fn is_unused(name: &str) -> bool {
    is_numbered(name, "unused")
}

fn is_numbered(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|number| number.parse::<u16>().is_ok())
}

/// The root and the mount points, mount points first in the order of their numbers.
pub(crate) fn mount_points(values: &BTreeMap<String, String>) -> Vec<(String, MountPoint)> {
    let number = |name: &str| name.trim_start_matches("mp").parse::<u16>().unwrap_or(u16::MAX);
    let mut found: Vec<(String, MountPoint)> = values
        .iter()
        .filter(|(name, _)| *name == "rootfs" || is_mount_point(name))
        .filter_map(|(name, text)| Some((name.clone(), MountPoint::parse(name, text)?)))
        .collect();
    found.sort_by_key(|(name, _)| number(name));
    found
}

/// Every volume that a configuration names, detached ones too.
pub(super) fn volumes(values: &BTreeMap<String, String>) -> Vec<String> {
    let mounted = mount_points(values).into_iter().map(|(_, mount)| mount.volume);
    let unused = values.iter().filter(|(name, _)| is_unused(name)).map(|(_, text)| text.clone());
    mounted.chain(unused).filter(|volume| !volume.starts_with('/')).collect()
}

/// Keeps a volume under the first free `unusedN`, where nothing else names it.
pub(super) fn add_unused(values: &mut BTreeMap<String, String>, volume: &str) {
    if volume.starts_with('/') || volumes(values).iter().any(|other| other == volume) {
        return;
    }
    let free = (0..256).map(|number| format!("unused{number}")).find(|n| !values.contains_key(n));
    if let Some(name) = free {
        values.insert(name, volume.to_owned());
    }
}

/// Writes a network card the server's way, with a new address where none is given.
pub(super) fn rewrite_net(name: &str, text: &str, mac_prefix: &str) -> String {
    let parsed = Schema::get()
        .lxc_option(name)
        .and_then(|property| parse_property_string(property, name, text).ok());
    let Some(mut keys) = parsed else { return text.to_owned() };
    keys.entry("hwaddr".to_owned()).or_insert_with(|| random_mac(mac_prefix));
    keys.entry("type".to_owned()).or_insert_with(|| "veth".to_owned());
    let mut text = format!("name={}", keys.remove("name").unwrap_or_default());
    for (key, value) in keys {
        text.push_str(&format!(",{key}={value}"));
    }
    text
}

/// One key of a network card.
pub(super) fn net_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(',').find_map(|part| part.strip_prefix(key)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_written_volume_and_path_first() {
        let mount = MountPoint::parse("mp0", "local:1,size=3G,ro=1,mp=/data,backup=1").unwrap();
        assert_eq!(mount.print(), "local:1,mp=/data,backup=1,ro=1,size=3G");
        assert_eq!(mount.new_volume(), Some(("local", 1.0)));
        let mount = MountPoint::parse("mp1", "volume=/srv,mp=/srv").unwrap();
        assert_eq!(mount.kind(), Kind::Bind);
    }

    #[test]
    fn cards_keep_their_address_and_gain_their_type() {
        let text = "name=eth0,ip=dhcp,bridge=vmbr0,hwaddr=bc:24:11:AA:00:01";
        let written = "name=eth0,bridge=vmbr0,hwaddr=bc:24:11:AA:00:01,ip=dhcp,type=veth";
        assert_eq!(rewrite_net("net0", text, "BC:24:11"), written);
        assert_eq!(net_key(written, "ip"), Some("dhcp"));
        assert!(rewrite_net("net1", "name=eth1", "BC:24:11").contains("hwaddr=BC:24:11:"));
    }

    #[test]
    fn a_volume_in_use_elsewhere_is_not_kept_as_unused() {
        let mut values: BTreeMap<String, String> = [("mp1", "local:100/vm-100-disk-1.raw,mp=/a")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
        add_unused(&mut values, "local:100/vm-100-disk-1.raw");
        assert!(!values.contains_key("unused0"));
        add_unused(&mut values, "local:100/vm-100-disk-2.raw");
        assert_eq!(values["unused0"], "local:100/vm-100-disk-2.raw");
    }
}

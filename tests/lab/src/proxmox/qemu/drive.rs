//! Drive and network strings of a configuration: parsing, and the way the server writes them.

use std::collections::BTreeMap;

pub(super) use crate::lab::uuid as random_uuid;
use crate::proxmox::schema::{Schema, parse_property_string};

/// A drive: its volume and its options.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::proxmox) struct Drive {
    pub(in crate::proxmox) file: String,
    pub(super) options: BTreeMap<String, String>,
}

impl Drive {
    /// Reads the value of a drive option; `name` tells which keys it knows.
    pub(super) fn parse(name: &str, text: &str) -> Option<Self> {
        let property = Schema::get().qemu_option(name)?;
        let mut options = parse_property_string(property, name, text).ok()?;
        let file = options.remove("file")?;
        Some(Self { file, options })
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.options.insert(name.to_owned(), value.into());
    }

    pub(in crate::proxmox) fn is_cdrom(&self) -> bool {
        self.option("media") == Some("cdrom") || matches!(self.file.as_str(), "none" | "cdrom")
    }

    /// Whether this is the cloud-init drive of a guest.
    pub(in crate::proxmox) fn is_cloudinit(&self) -> bool {
        let file = self.file.rsplit(['/', ':']).next().unwrap_or_default();
        file == "cloudinit" || is_cloudinit_file(file)
    }

    /// The volume first, then the options by name.
    pub(in crate::proxmox) fn print(&self) -> String {
        let mut text = self.file.clone();
        for (name, value) in &self.options {
            text.push_str(&format!(",{name}={value}"));
        }
        text
    }

    /// Storage and size in GiB where the value asks for a new volume (`local:8`).
    pub(super) fn new_volume(&self) -> Option<(&str, f64)> {
        let (storage, size) = self.file.split_once(':')?;
        let digits = size.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let fits = digits
            && size.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
            && size.bytes().last().is_some_and(|byte| byte.is_ascii_digit());
        if fits { Some((storage, size.parse().ok()?)) } else { None }
    }

    /// Storage where the value asks for a new cloud-init drive (`local:cloudinit`).
    pub(super) fn new_cloudinit(&self) -> Option<&str> {
        self.file.strip_suffix(":cloudinit")
    }
}

fn is_cloudinit_file(file: &str) -> bool {
    file.strip_prefix("vm-").is_some_and(|rest| {
        let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        rest == "-cloudinit" || rest.starts_with("-cloudinit.")
    })
}

/// Whether an option is a drive.
pub(super) fn is_drive(name: &str) -> bool {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    stem.len() < name.len()
        && matches!(stem, "ide" | "sata" | "scsi" | "virtio" | "efidisk" | "tpmstate")
}

/// Whether an option is a detached volume.
pub(super) fn is_unused(name: &str) -> bool {
    name.strip_prefix("unused").is_some_and(|number| number.parse::<u16>().is_ok())
}

/// Whether an option is a network card.
pub(super) fn is_net(name: &str) -> bool {
    name.strip_prefix("net").is_some_and(|number| number.parse::<u16>().is_ok())
}

/// Drives in the order in which the server goes through them.
pub(in crate::proxmox) fn drives(values: &BTreeMap<String, String>) -> Vec<(String, Drive)> {
    let rank = |name: &str| {
        let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let number: u32 = name[stem.len()..].parse().unwrap_or_default();
        let order = ["ide", "scsi", "virtio", "sata", "efidisk", "tpmstate"];
        (order.iter().position(|known| *known == stem), number)
    };
    let mut found: Vec<(String, Drive)> = values
        .iter()
        .filter(|(name, _)| is_drive(name))
        .filter_map(|(name, text)| Some((name.clone(), Drive::parse(name, text)?)))
        .collect();
    found.sort_by_key(|(name, _)| rank(name));
    found
}

/// The boot order that a new machine gets: first disk, first CD, first network card.
pub(super) fn default_boot(values: &BTreeMap<String, String>) -> String {
    let bootable: Vec<(String, Drive)> = drives(values)
        .into_iter()
        .filter(|(name, _)| !matches!(name.as_str(), "efidisk0" | "tpmstate0"))
        .collect();
    let disk = bootable.iter().find(|(_, drive)| !drive.is_cdrom());
    let cdrom = bootable.iter().find(|(_, drive)| drive.is_cdrom());
    let mut devices: Vec<String> =
        [disk, cdrom].into_iter().flatten().map(|(n, _)| n.clone()).collect();
    let card = (0..32).map(|number| format!("net{number}")).find(|name| values.contains_key(name));
    devices.extend(card);
    boot_order(&devices)
}

/// Value of `boot` for a list of devices; one blank for none.
pub(super) fn boot_order(devices: &[String]) -> String {
    if devices.is_empty() { " ".to_owned() } else { format!("order={}", devices.join(";")) }
}

/// Devices of `boot`, where it is an order.
pub(super) fn boot_devices(boot: &str) -> Option<Vec<String>> {
    let text = boot.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let order = text.split(',').find_map(|part| part.strip_prefix("order="))?;
    Some(order.split(';').filter(|device| !device.is_empty()).map(str::to_owned).collect())
}

/// Writes a network card the server's way, with a new address where none is given.
pub(super) fn rewrite_net(name: &str, text: &str, mac_prefix: &str) -> String {
    let parsed = Schema::get()
        .qemu_option(name)
        .and_then(|property| parse_property_string(property, name, text).ok());
    let Some(mut keys) = parsed else { return text.to_owned() };
    let model = keys.remove("model").unwrap_or_default();
    let mac = keys.remove("macaddr").unwrap_or_else(|| random_mac(mac_prefix));
    let mut text = format!("{model}={mac}");
    for (key, value) in keys {
        text.push_str(&format!(",{key}={value}"));
    }
    text
}

/// A new address under the cluster's prefix.
pub(in crate::proxmox) fn random_mac(prefix: &str) -> String {
    let bytes: [u8; 3] = rand::random();
    format!("{prefix}:{:02X}:{:02X}:{:02X}", bytes[0], bytes[1], bytes[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_are_written_volume_first_then_sorted() {
        let drive = Drive::parse("scsi0", "local:1,ssd=1,format=qcow2,cache=none").unwrap();
        assert_eq!(drive.print(), "local:1,cache=none,format=qcow2,ssd=1");
        assert_eq!(drive.new_volume(), Some(("local", 1.0)));
        let drive = Drive::parse("ide2", "media=cdrom,file=none").unwrap();
        assert!(drive.is_cdrom());
        let drive = Drive::parse("ide2", "local:100/vm-100-cloudinit.qcow2,media=cdrom").unwrap();
        assert!(drive.is_cloudinit());
    }

    #[test]
    fn network_cards_keep_their_address_or_get_one() {
        let text = "e1000=bc:24:11:aa:bb:cc,tag=10,bridge=vmbr0";
        let written = "e1000=bc:24:11:aa:bb:cc,bridge=vmbr0,tag=10";
        assert_eq!(rewrite_net("net0", text, "BC:24:11"), written);
        let text = "vmxnet3,macaddr=BC:24:11:00:01:12,bridge=vmbr0";
        let written = "vmxnet3=BC:24:11:00:01:12,bridge=vmbr0";
        assert_eq!(rewrite_net("net0", text, "BC:24:11"), written);
        assert!(rewrite_net("net0", "virtio", "BC:24:11").starts_with("virtio=BC:24:11:"));
    }

    #[test]
    fn boot_is_made_of_the_first_of_each_kind() {
        let values = [
            ("scsi0", "local:1"),
            ("ide0", "local:1"),
            ("ide2", "none,media=cdrom"),
            ("net1", "virtio"),
        ];
        let values = values.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        assert_eq!(default_boot(&values), "order=ide0;ide2;net1");
        assert_eq!(default_boot(&BTreeMap::new()), " ");
    }
}

//! The named formats that the server checks by code.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Property, Schema};
use crate::proxmox::{firewall, lxc};

/// Checks one value of a format known by name; a name that is not listed accepts everything.
pub(super) fn check_named(format: &str, text: &str) -> Result<(), String> {
    let (fits, error) = match format {
        "pve-vmid" => (
            text.parse::<u64>().is_ok_and(|id| (100..=999_999_999).contains(&id)),
            "value does not look like a valid VM ID\n".to_owned(),
        ),
        "pve-node" => (is_label(text), "value does not look like a valid node name\n".to_owned()),
        "pve-storage-id" => {
            (is_storage_id(text), format!("storage ID '{text}' contains illegal characters\n"))
        }
        "pve-configid" => (is_config_id(text), format!("invalid configuration ID '{text}'\n")),
        "pve-poolid" if text.split('/').count() > 3 => {
            (false, format!("pool name '{text}' nested too deeply (max levels = 3)\n"))
        }
        "pve-poolid" => (
            text.split('/').all(|part| !part.is_empty() && part.bytes().all(is_name_byte)),
            format!("value '{text}' does not look like a valid pool name\n"),
        ),
        "pve-groupid" => (
            !text.is_empty() && text.bytes().all(is_name_byte),
            format!("group name '{text}' contains invalid characters\n"),
        ),
        "pve-roleid" => (
            !text.is_empty() && text.bytes().all(is_name_byte),
            format!("role name '{text}' contains invalid characters\n"),
        ),
        "dns-name" => (is_dns_name(text), "value does not look like a valid DNS name\n".to_owned()),
        "mac-addr" => (
            is_unicast_mac(text),
            "value does not look like a valid unicast MAC address\n".to_owned(),
        ),
        "pve-bridge-id" => {
            (text.bytes().all(is_name_byte), format!("invalid bridge ID '{text}'\n"))
        }
        "pve-volume-id" => (is_volume_id(text), format!("unable to parse volume ID '{text}'\n")),
        "pve-volume-id-or-absolute-path" => (
            text.starts_with('/') || is_volume_id(text),
            format!("unable to parse volume ID '{text}'\n"),
        ),
        "pve-volume-id-or-qm-path" => (
            text.starts_with('/') || matches!(text, "none" | "cdrom") || is_volume_id(text),
            format!("unable to parse volume ID '{text}'\n"),
        ),
        "disk-size" => {
            (is_disk_size(text), format!("value does not look like a valid disk size: {text}\n"))
        }
        "ipv4" => (
            text.parse::<Ipv4Addr>().is_ok(),
            "value does not look like a valid IPv4 address\n".to_owned(),
        ),
        "ipv6" => (
            text.parse::<Ipv6Addr>().is_ok(),
            "value does not look like a valid IPv6 address\n".to_owned(),
        ),
        "ip" => (is_ip(text), "value does not look like a valid IP address\n".to_owned()),
        "address" => (
            is_ip(text) || is_dns_name(text),
            format!("value does not look like a valid address: {text}\n"),
        ),
        "CIDR" => (
            is_cidr::<Ipv4Addr>(text, 32) || is_cidr::<Ipv6Addr>(text, 128),
            "value does not look like a valid CIDR network\n".to_owned(),
        ),
        "pve-ipv4-config" => (
            matches!(text, "dhcp" | "manual") || is_cidr::<Ipv4Addr>(text, 32),
            "value does not look like a valid ipv4 network configuration\n".to_owned(),
        ),
        "pve-ipv6-config" => (
            matches!(text, "auto" | "dhcp" | "manual") || is_cidr::<Ipv6Addr>(text, 128),
            "value does not look like a valid ipv6 network configuration\n".to_owned(),
        ),
        "urlencoded" => (is_urlencoded(text), format!("invalid urlencoded string: {text}\n")),
        "pve-tag" => (is_tag(text), "invalid characters in tag\n".to_owned()),
        "pve-startup-order" => (is_startup(text), "unable to parse startup options\n".to_owned()),
        "pve-hotplug-features" => return check_hotplug(text),
        "pve-qm-bootdev" => (is_boot_device(text), format!("invalid boot device '{text}'\n")),
        "pve-qm-bootdisk" => (
            is_numbered(text, &["ide", "sata", "scsi", "virtio"]),
            format!("invalid boot disk '{text}'\n"),
        ),
        "pve-cpuset" => (is_cpu_set(text), "unable to parse cpuset option\n".to_owned()),
        "pve-storage-content" => (
            matches!(
                text,
                "images" | "rootdir" | "vztmpl" | "iso" | "backup" | "snippets" | "import" | "none"
            ),
            format!("invalid content type '{text}'\n"),
        ),
        "pve-tokenid" => (
            text.split_once('!')
                .is_some_and(|(user, token)| is_user_id(user) && is_config_id(token)),
            format!("value '{text}' does not look like a valid token ID\n"),
        ),
        "pve-priv" => {
            (crate::proxmox::auth::is_privilege(text), format!("invalid privilege '{text}'\n"))
        }
        "pve-storage-path" => {
            (text.starts_with('/'), "value does not look like a valid absolute path\n".to_owned())
        }
        "pve-storage-server" => (
            is_ip(text) || is_dns_name(text),
            "value does not look like a valid server name or IP address\n".to_owned(),
        ),
        "pve-storage-vgname" => (
            text.len() > 1 && text.bytes().all(|byte| is_name_byte(byte) || byte == b'+'),
            format!("lvm name '{text}' contains illegal characters\n"),
        ),
        "pve-task-status-type" => (
            matches!(text, "ok" | "error" | "warning" | "unknown"),
            format!("invalid status '{text}'\n"),
        ),
        "email-opt" => (
            text.is_empty() || text.contains('@'),
            "value does not look like a valid email address\n".to_owned(),
        ),
        "mac-prefix" => (
            is_unicast_mac(&format!("{text}:00:00:00")),
            "value is not a valid unicast MAC address prefix\n".to_owned(),
        ),
        "pve-realm" => (is_config_id(text), "value does not look like a valid realm\n".to_owned()),
        _ => {
            let found = firewall::check_format(format, text);
            return found.or_else(|| lxc::check_format(format, text)).unwrap_or(Ok(()));
        }
    };
    if fits { Ok(()) } else { Err(error) }
}

/// The rules of `cpu` beyond its keys.
pub(super) fn check_cpu(text: &str, values: &BTreeMap<String, String>) -> Result<(), String> {
    let Some(model) = values.get("cputype").filter(|_| !text.trim().is_empty()) else {
        return Err("CPU is missing cputype\n".to_owned());
    };
    if let Some(custom) = model.strip_prefix("custom-") {
        return Err(format!("Custom cputype '{custom}' not found\n"));
    }
    let known = Schema::get()
        .keys("pve-cpu-conf")
        .and_then(|keys| keys.get("reported-model"))
        .and_then(|property: &Property| property.values.as_ref())
        .is_some_and(|models| models.iter().any(|known| known == model));
    let level = ["x86-64-v1", "x86-64-v2", "x86-64-v2-AES", "x86-64-v3", "x86-64-v4"];
    if !known && !level.contains(&model.as_str()) {
        return Err(format!(
            "Built-in cputype '{model}' is not defined (missing 'custom-' prefix?)\n"
        ));
    }
    const FLAGS: [&str; 13] = [
        "aes",
        "amd-no-ssb",
        "amd-ssbd",
        "hv-evmcs",
        "hv-tlbflush",
        "ibpb",
        "md-clear",
        "nested-virt",
        "pcid",
        "pdpe1gb",
        "spec-ctrl",
        "ssbd",
        "virt-ssbd",
    ];
    let flags = values.get("flags").map(String::as_str).unwrap_or_default();
    let fits = flags
        .split(';')
        .filter(|flag| !flag.is_empty())
        .all(|flag| FLAGS.contains(&flag.trim_start_matches(['+', '-'])));
    if fits {
        return Ok(());
    }
    Err(format!("VM-specific CPU flags must be a subset of: {}\n", FLAGS.join(", ")))
}

fn check_hotplug(text: &str) -> Result<(), String> {
    if matches!(text, "0" | "1") {
        return Ok(());
    }
    let known = ["network", "disk", "cpu", "memory", "usb", "cloudinit"];
    match super::check::split_words(text).into_iter().find(|word| !known.contains(word)) {
        Some(word) => Err(format!("invalid hotplug feature '{word}'\n")),
        None => Ok(()),
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn is_label(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_dns_name(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(is_label)
}

fn is_storage_id(text: &str) -> bool {
    text.len() > 1
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && text.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(is_name_byte)
}

fn is_config_id(text: &str) -> bool {
    text.len() > 1
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_volume_id(text: &str) -> bool {
    text.split_once(':').is_some_and(|(storage, name)| is_storage_id(storage) && !name.is_empty())
}

fn is_unicast_mac(text: &str) -> bool {
    let bytes: Vec<&str> = text.split(':').collect();
    bytes.len() == 6
        && bytes.iter().all(|byte| byte.len() == 2 && u8::from_str_radix(byte, 16).is_ok())
        && u8::from_str_radix(bytes[0], 16).is_ok_and(|first| first & 1 == 0)
}

fn is_disk_size(text: &str) -> bool {
    let number = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.parse::<f64>().is_ok()
        && !number.starts_with('.')
        && !number.ends_with('.')
}

fn is_ip(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

fn is_cidr<A: std::str::FromStr>(text: &str, bits: u8) -> bool {
    text.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<A>().is_ok() && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= bits)
    })
}

fn is_urlencoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        match bytes[index] {
            b'%' => {
                let hex = bytes.get(index + 1..index + 3);
                if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return false;
                }
                index += 3;
            }
            byte if byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')'
                ) =>
            {
                index += 1;
            }
            _ => return false,
        }
    }
    true
}

fn is_tag(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.'))
}

fn is_startup(text: &str) -> bool {
    text.split(',').all(|part| {
        let number = match part.split_once('=') {
            Some(("order" | "up" | "down", number)) => number,
            Some(_) => return false,
            None => part,
        };
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_numbered(text: &str, stems: &[&str]) -> bool {
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    stem.len() < text.len() && stems.contains(&stem) && Schema::get().qemu_option(text).is_some()
}

fn is_boot_device(text: &str) -> bool {
    is_numbered(text, &["ide", "sata", "scsi", "virtio", "net", "usb", "hostpci"])
}

fn is_cpu_set(text: &str) -> bool {
    text.split(',').all(|range| {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        low.parse::<u32>().is_ok() && high.parse::<u32>().is_ok()
    })
}

fn is_user_id(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(name, realm)| {
        !name.is_empty()
            && name.len() <= 64
            && !name.contains([' ', ':', '/', '!', '\t', '\n'])
            && is_config_id(realm)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_edges_of_formats() {
        for (format, good, bad) in [
            ("dns-name", "a.b.example.com", "bad_name"),
            ("mac-addr", "bc:24:11:00:00:01", "01:00:5e:00:00:01"),
            ("pve-volume-id", "local:iso/x.iso", "local:"),
            ("pve-volume-id-or-qm-path", "none", "1"),
            ("pve-tag", "web", "-bad"),
            ("pve-startup-order", "up=5,order=2", "order=any"),
            ("urlencoded", "ssh-ed25519%20AAAA%2B", "ssh-ed25519 AAAA"),
            ("pve-ipv4-config", "10.0.0.1/24", "1.2.3.4"),
            ("pve-qm-bootdev", "net0", "bogus0"),
            ("disk-size", "10G", "abc"),
            ("pve-configid", "s1", "c"),
        ] {
            assert!(check_named(format, good).is_ok(), "{format} {good}");
            assert!(check_named(format, bad).is_err(), "{format} {bad}");
        }
    }
}

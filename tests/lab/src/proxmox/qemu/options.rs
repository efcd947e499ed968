//! What single options of a configuration mean: who may set them, how they are stored, and whether a
//! running machine takes them at once.

use crate::proxmox::auth::Identity;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::params::split_list;

/// Options that only `root@pam` with a ticket may set.
const ROOT_ONLY: &[&str] = &[
    "affinity",
    "amd-sev",
    "arch",
    "args",
    "hookscript",
    "hugepages",
    "intel-tdx",
    "ivshmem",
    "keephugepages",
    "lock",
    "spice_enhancements",
    "vmgenid",
];

/// Refuses what a token may not set.
///
/// # Errors
/// The server's text; it is a 500, not a 403.
pub(super) fn check_root_only(
    who: &Identity,
    name: &str,
    value: &str,
    creating: bool,
) -> Result<(), String> {
    if who.is_root() {
        return Ok(());
    }
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if ROOT_ONLY.contains(&name) || stem == "parallel" {
        return Err(format!("only root can set '{name}' config"));
    }
    let real_device = match stem {
        "serial" => value != "socket",
        "usb" => {
            let host = value.split(',').any(|part| part.starts_with("host="))
                || !value.split(',').next().unwrap_or_default().contains('=');
            host && !value.to_ascii_lowercase().contains("spice")
        }
        "hostpci" => !value.contains("mapping="),
        _ => return Ok(()),
    };
    if !real_device {
        return Ok(());
    }
    if stem == "hostpci" {
        return Err(format!("only root can set '{name}' config for non-mapped devices"));
    }
    let verb = if creating || stem != "serial" { "set" } else { "modify" };
    Err(format!("only root can {verb} '{name}' config for real devices"))
}

/// Whether an option that a token may not set may not be deleted either.
pub(super) fn deletion_is_root_only(name: &str) -> bool {
    ROOT_ONLY.contains(&name) || name == "meta"
}

/// Value as it is stored.
pub(super) fn stored(state: &Datacenter, name: &str, value: &str) -> String {
    match name {
        "tags" => normalise_tags(state, value),
        "description" => value.trim_end_matches('\n').to_owned(),
        _ if value.is_empty() => " ".to_owned(),
        _ => match crate::proxmox::schema::Schema::get().qemu_option(name).map(|p| p.kind()) {
            Some("integer") => {
                value.parse::<i64>().map_or_else(|_| value.to_owned(), |number| number.to_string())
            }
            _ => value.to_owned(),
        },
    }
}

pub(in crate::proxmox) fn normalise_tags(state: &Datacenter, value: &str) -> String {
    let keep_case = state
        .options
        .get("tag-style")
        .is_some_and(|style| style.split(',').any(|part| part == "case-sensitive=1"));
    let mut tags = split_list(value);
    if !keep_case {
        tags.iter_mut().for_each(|tag| tag.make_ascii_lowercase());
    }
    tags.sort();
    tags.dedup();
    if tags.is_empty() { " ".to_owned() } else { tags.join(";") }
}

/// Whether a running machine takes a change of this option at once.
pub(super) fn applies_at_once(name: &str) -> bool {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    matches!(
        name,
        "name"
            | "description"
            | "tags"
            | "onboot"
            | "startup"
            | "protection"
            | "hotplug"
            | "shares"
            | "balloon"
            | "cpulimit"
            | "cpuunits"
            | "ciuser"
            | "cipassword"
            | "citype"
            | "cicustom"
            | "ciupgrade"
            | "nameserver"
            | "searchdomain"
            | "sshkeys"
            | "lock"
            | "hookscript"
            | "template"
            | "vmstatestorage"
            | "migrate_downtime"
            | "migrate_speed"
            | "meta"
            | "affinity"
    ) || matches!(stem, "ipconfig" | "unused" | "net")
}

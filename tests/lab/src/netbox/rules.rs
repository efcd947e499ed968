//! Rules of single types that go beyond their fields: duplicates, networks that cannot be, addresses
//! that cannot be assigned. The texts are the server's.

use serde_json::{Map, Value};

use super::net::Net;
use super::render::View;
use super::store::{Object, Store};
use super::types::Form;

/// Messages by field, `__all__` for those of the whole object.
pub(super) type Errors = Map<String, Value>;

/// Checks an object before it is stored; the second one is what is stored now.
pub(super) type Clean = fn(&Store, &Object, Option<&Object>) -> Errors;

/// One message.
pub(super) fn error(field: &str, text: impl Into<String>) -> Errors {
    let mut errors = Errors::new();
    errors.insert(field.to_owned(), Value::Array(vec![text.into().into()]));
    errors
}

pub(super) const ALL: &str = "__all__";

pub(super) fn prefix(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let Some(net) = new.net("prefix") else { return Errors::new() };
    if net.length == 0 {
        return error("prefix", "Cannot create prefix with /0 mask.");
    }
    if !unique_space(store, new) {
        return Errors::new();
    }
    let twin = others(store, "ipam.prefix", new)
        .find(|other| other.get("vrf") == new.get("vrf") && other.net("prefix") == Some(net));
    match twin {
        Some(twin) => {
            let text =
                format!("Duplicate prefix found in {}: {}", space(store, new), twin.text("prefix"));
            error("prefix", text)
        }
        None => Errors::new(),
    }
}

pub(super) fn ip_address(store: &Store, new: &Object, old: Option<&Object>) -> Errors {
    let Some(net) = new.net("address") else { return Errors::new() };
    if net.length == 0 {
        return error("address", "Cannot create IP address with /0 mask.");
    }
    let host_only = net.bits() - net.length <= 1;
    if new.number("assigned_object_id").is_some() && !host_only {
        let text = |what: &str| {
            format!("{} is a {what}, which may not be assigned to an interface.", net.host())
        };
        if net.ip == net.first() {
            return error(ALL, text("network ID"));
        }
        if !net.v6 && net.ip == net.last() {
            return error(ALL, text("broadcast address"));
        }
    }
    let shared = |object: &Object| SHARED_ROLES.contains(&object.text("role"));
    if unique_space(store, new) {
        let twins: Vec<_> = others(store, "ipam.ipaddress", new)
            .filter(|other| other.get("vrf") == new.get("vrf"))
            .filter(|other| {
                other.net("address").is_some_and(|it| it.ip == net.ip && it.v6 == net.v6)
            })
            .collect();
        let collides = !shared(new) || twins.iter().any(|twin| !shared(twin));
        if let Some(twin) = twins.first().filter(|_| collides) {
            let twin = twin.text("address");
            let text = format!("Duplicate IP address found in {}: {twin}", space(store, new));
            return error("address", text);
        }
    }
    let populated = store.of_model("ipam.iprange").find(|range| {
        range.flag("mark_populated") && range.get("vrf") == new.get("vrf") && in_range(range, net)
    });
    if let Some(range) = populated.filter(|_| old.is_none()) {
        let text = format!("Cannot create IP address {net} inside range {}.", range_name(range));
        return error("address", text);
    }
    if let Some(errors) = old.and_then(|old| leaves_its_machine(store, new, old)) {
        return errors;
    }
    if new.text("status") == "slaac" && !net.v6 {
        return error("status", "Only IPv6 addresses can be assigned SLAAC status");
    }
    Errors::new()
}

pub(super) fn ip_range(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let ends = new.net("start_address").zip(new.net("end_address"));
    let Some((start, end)) = ends else { return Errors::new() };
    if start.v6 != end.v6 {
        return error("end_address", "Starting and ending IP address versions must match");
    }
    if start.length != end.length {
        return error("end_address", "Starting and ending IP address masks must match");
    }
    if end.ip < start.ip {
        let text = format!(
            "Ending address must be greater than or equal to the starting address ({start})"
        );
        return error("end_address", text);
    }
    let overlaps = |other: &&std::sync::Arc<Object>| {
        let ends = other.net("start_address").zip(other.net("end_address"));
        other.get("vrf") == new.get("vrf")
            && ends.is_some_and(|(first, last)| {
                first.v6 == start.v6 && first.ip <= end.ip && start.ip <= last.ip
            })
    };
    if let Some(other) = others(store, "ipam.iprange", new).find(overlaps) {
        let vrf = vrf_name(store, new).unwrap_or_else(|| "None".to_owned());
        let other = range_name(other);
        return error(ALL, format!("Defined addresses overlap with range {other} in VRF {vrf}"));
    }
    Errors::new()
}

pub(super) fn aggregate(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let Some(net) = new.net("prefix") else { return Errors::new() };
    if net.length == 0 {
        return error("prefix", "Cannot create aggregate with /0 mask.");
    }
    for other in others(store, "ipam.aggregate", new) {
        let Some(held) = other.net("prefix") else { continue };
        if held.contains(net) {
            let text = format!(
                "Aggregates cannot overlap. {net} is already covered by an existing aggregate ({held})."
            );
            return error("prefix", text);
        }
        if net.contains(held) {
            let text = format!(
                "Prefixes cannot overlap aggregates. {net} covers an existing aggregate ({held})."
            );
            return error("prefix", text);
        }
    }
    Errors::new()
}

pub(super) fn vlan(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let group = new.number("group").and_then(|id| store.get("ipam.vlangroup", id));
    let Some((group, vid)) = group.zip(new.number("vid")) else { return Errors::new() };
    if super::allocate::vids(group).any(|allowed| allowed == vid) {
        return Errors::new();
    }
    let ranges = group.get("vid_ranges").as_array().into_iter().flatten();
    let ranges: Vec<String> = ranges
        .map(|range| match (range[0].as_u64(), range[1].as_u64()) {
            (first, last) if first == last => first.unwrap_or_default().to_string(),
            (first, last) => {
                format!("{}-{}", first.unwrap_or_default(), last.unwrap_or_default())
            }
        })
        .collect();
    let name = group.text("name");
    let text = format!("VID must be in ranges {} for VLANs in group {name}", ranges.join(", "));
    error("vid", text)
}

pub(super) fn service(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let ports = new.get("ports").as_array().map_or(0, Vec::len);
    if ports > 0 {
        return Errors::new();
    }
    match store.minor {
        7.. => error("port_mappings", "At least one port mapping is required."),
        _ => error("ports", "This field is required."),
    }
}

/// Devices and virtual machines.
pub(super) fn machine(store: &Store, new: &Object, old: Option<&Object>) -> Errors {
    let is_vm = new.values.contains_key("vcpus");
    if is_vm && ["cluster", "site", "device"].iter().all(|field| new.number(field).is_none()) {
        return match store.minor {
            6.. => error(ALL, "A virtual machine must be assigned to a site, cluster, or device."),
            _ => error(ALL, "A virtual machine must be assigned to a site and/or cluster."),
        };
    }
    let interface = if is_vm { "virtualization.vminterface" } else { "dcim.interface" };
    let owner = if is_vm { "virtual_machine" } else { "device" };
    for (field, family) in [("primary_ip4", 4), ("primary_ip6", 6)] {
        let address = new.number(field).and_then(|id| store.get("ipam.ipaddress", id));
        let Some(address) = address else { continue };
        let shown = address.text("address");
        let own = address.net("address").map_or(0, Net::family);
        if own != family {
            let text = format!("Must be an IPv{family} address. ({shown} is an IPv{own} address.)");
            return error(field, text);
        }
        let assigned = (address.text("assigned_object_type") == interface)
            .then(|| address.number("assigned_object_id"))
            .flatten()
            .and_then(|id| store.get(interface, id));
        let belongs = assigned.and_then(|interface| interface.number(owner)) == Some(new.id);
        if !belongs || old.is_none() {
            let what = if is_vm { "VM" } else { "device" };
            let text =
                format!("The specified IP address ({shown}) is not assigned to this {what}.");
            return error(field, text);
        }
    }
    if is_vm && let Some(old) = old {
        let disks: Vec<u64> = store
            .of_model("virtualization.virtualdisk")
            .filter(|disk| disk.number("virtual_machine") == Some(new.id))
            .filter_map(|disk| disk.number("size"))
            .collect();
        let sum: u64 = disks.iter().sum();
        if !disks.is_empty()
            && new.get("disk") != old.get("disk")
            && new.number("disk") != Some(sum)
        {
            let text = format!(
                "The specified disk size ({}) must match the aggregate size of assigned virtual disks ({sum}).",
                new.number("disk").map_or_else(|| "None".to_owned(), |disk| disk.to_string()),
            );
            return error("disk", text);
        }
    }
    Errors::new()
}

/// Interfaces of devices and of virtual machines.
pub(super) fn interface(store: &Store, new: &Object, _: Option<&Object>) -> Errors {
    let mac = new.number("primary_mac_address").and_then(|id| store.get("dcim.macaddress", id));
    match mac {
        Some(mac) if mac.number("assigned_object_id").is_some_and(|id| id != new.id) => {
            let text = format!(
                "MAC address {} is assigned to a different interface.",
                mac.text("mac_address")
            );
            error("primary_mac_address", text)
        }
        _ => Errors::new(),
    }
}

/// How an IP range is called: what both ends share is shown once.
pub(super) fn range_name(range: &Object) -> String {
    let ends = range.net("start_address").zip(range.net("end_address"));
    let Some((start, end)) = ends else { return String::new() };
    let (first, last) = (start.host(), end.host());
    if first == last {
        return format!("{first}-{last}/{}", start.length);
    }
    let separator = if start.v6 { ":" } else { "." };
    let (first, last): (Vec<&str>, Vec<&str>) =
        (first.split(separator).collect(), last.split(separator).collect());
    let shared: Vec<&str> =
        first.iter().zip(&last).filter(|(a, b)| a == b).map(|(a, _)| *a).collect();
    let rest = |parts: &[&str]| parts.get(shared.len()..).unwrap_or_default().join(separator);
    let shared_text = shared.join(separator);
    format!("{shared_text}{separator}{}-{}/{}", rest(&first), rest(&last), start.length)
}

/// Whether an address lies in a range.
pub(super) fn in_range(range: &Object, net: Net) -> bool {
    let ends = range.net("start_address").zip(range.net("end_address"));
    ends.is_some_and(|(start, end)| start.v6 == net.v6 && start.ip <= net.ip && net.ip <= end.ip)
}

/// Primary address of a machine: the IPv6 one where both are there.
pub(super) fn primary_ip(view: &View<'_>, machine: &Object) -> Value {
    let id = machine.number("primary_ip6").or_else(|| machine.number("primary_ip4"));
    let Some(id) = id else { return Value::Null };
    let mut shown = view.reference("ipam.ipaddress", id, Form::Brief);
    view.add_nat(id, &mut shown);
    shown
}

/// MAC addresses of an interface of either kind.
pub(super) fn mac_addresses_of_interface(view: &View<'_>, interface: &Object) -> Value {
    let model = interface_model(interface);
    let attached = view.store.attached("dcim.macaddress", ASSIGNED, (model, interface.id));
    attached.map(|mac| view.reference("dcim.macaddress", mac.id, Form::Brief)).collect()
}

/// Number of addresses of an interface of either kind.
pub(super) fn addresses_of_interface(view: &View<'_>, interface: &Object) -> Value {
    let model = interface_model(interface);
    view.store.attached("ipam.ipaddress", ASSIGNED, (model, interface.id)).count().into()
}

/// Whether a MAC address is the primary one of its interface.
pub(super) fn is_primary(store: &Store, mac: &Object) -> bool {
    let interface = mac.number("assigned_object_id");
    let interface = interface.and_then(|id| store.get(mac.text("assigned_object_type"), id));
    interface.is_some_and(|interface| interface.number("primary_mac_address") == Some(mac.id))
}

/// What the machines of a cluster use together; null without machines.
pub(super) fn allocated(store: &Store, cluster: &Object, field: &str) -> Value {
    let machines = store.of_model("virtualization.virtualmachine");
    let used: Vec<f64> = machines
        .filter(|machine| machine.number("cluster") == Some(cluster.id))
        .filter_map(|machine| machine.get(field).as_f64())
        .collect();
    match (used.is_empty(), field) {
        (true, _) => Value::Null,
        (false, "vcpus") => used.iter().sum::<f64>().into(),
        (false, _) => (used.iter().sum::<f64>() as u64).into(),
    }
}

/// Fields of an assignment to an interface.
pub(super) const ASSIGNED: (&str, &str) = ("assigned_object_type", "assigned_object_id");

/// Roles in which an address may be there more than once.
const SHARED_ROLES: &[&str] = &["anycast", "carp", "glbp", "hsrp", "vip", "vrrp"];

fn interface_model(interface: &Object) -> &'static str {
    match interface.values.contains_key("virtual_machine") {
        true => "virtualization.vminterface",
        false => "dcim.interface",
    }
}

/// Refuses to take the primary address away from its machine.
fn leaves_its_machine(store: &Store, new: &Object, old: &Object) -> Option<Errors> {
    let machine = |address: &Object| {
        let interface = store
            .get(address.text("assigned_object_type"), address.number("assigned_object_id")?)?;
        let vm = interface.number("virtual_machine");
        vm.map(|id| ("virtualization.virtualmachine", id))
            .or_else(|| interface.number("device").map(|id| ("dcim.device", id)))
    };
    let before = machine(old)?;
    if machine(new) == Some(before) {
        return None;
    }
    let holder = store.get(before.0, before.1)?;
    let primary = ["primary_ip4", "primary_ip6"];
    if primary.iter().any(|field| holder.number(field) == Some(old.id)) {
        let text = "Cannot reassign IP address while it is designated as the primary IP for the parent object";
        return Some(error(ALL, text));
    }
    if holder.number("oob_ip") == Some(old.id) {
        let text =
            "Cannot reassign IP address while it is designated as the OOB IP for the parent object";
        return Some(error(ALL, text));
    }
    None
}

/// Whether equal networks are refused where this object lies.
fn unique_space(store: &Store, object: &Object) -> bool {
    let vrf = object.number("vrf").and_then(|id| store.get("ipam.vrf", id));
    vrf.is_none_or(|vrf| vrf.flag("enforce_unique"))
}

fn space(store: &Store, object: &Object) -> String {
    vrf_name(store, object).map_or_else(|| "global table".to_owned(), |vrf| format!("VRF {vrf}"))
}

fn vrf_name(store: &Store, object: &Object) -> Option<String> {
    let vrf = store.get("ipam.vrf", object.number("vrf")?)?;
    let kind = super::types::of("ipam.vrf")?;
    Some((kind.display)(store, vrf))
}

fn others<'a>(
    store: &'a Store,
    model: &str,
    object: &Object,
) -> impl Iterator<Item = &'a std::sync::Arc<Object>> {
    let id = object.id;
    store.of_model(model).filter(move |other| other.id != id)
}

//! What is free in a prefix, a range or a VLAN group.

use std::collections::BTreeSet;

use super::net::{Net, cover};
use super::store::{Object, Store};

/// Free addresses of a prefix or range, the lowest first.
pub(super) fn addresses(store: &Store, parent: &Object) -> Box<dyn Iterator<Item = Net>> {
    let Some(bounds) = bounds(parent) else { return Box::new(std::iter::empty()) };
    let (v6, length, first, last) = bounds;
    let is_prefix = parent.net("prefix").is_some();
    if !is_prefix && parent.flag("mark_populated") {
        return Box::new(std::iter::empty());
    }
    // A container of the global table looks at the addresses of every VRF.
    let every_vrf =
        is_prefix && parent.number("vrf").is_none() && parent.text("status") == "container";
    let taken: BTreeSet<u128> = store
        .of_model("ipam.ipaddress")
        .filter(|address| every_vrf || address.get("vrf") == parent.get("vrf"))
        .filter_map(|address| address.net("address"))
        .filter(|address| address.v6 == v6 && first <= address.ip && address.ip <= last)
        .map(|address| address.ip)
        .collect();
    let whole = parent.net("prefix");
    let populated: Vec<(u128, u128)> = store
        .of_model("ipam.iprange")
        .filter(|range| range.flag("mark_populated") && range.get("vrf") == parent.get("vrf"))
        .filter_map(|range| range.net("start_address").zip(range.net("end_address")))
        .filter(|(start, end)| whole.is_some_and(|whole| whole.holds(*start) && whole.holds(*end)))
        .map(|(start, end)| (start.ip, end.ip))
        .collect();
    let mut at = Some(first);
    Box::new(std::iter::from_fn(move || {
        loop {
            let ip = at.filter(|ip| *ip <= last)?;
            if let Some((_, end)) =
                populated.iter().find(|(start, end)| (*start..=*end).contains(&ip))
            {
                at = end.checked_add(1);
                continue;
            }
            at = ip.checked_add(1);
            if !taken.contains(&ip) {
                return Some(Net { v6, ip, length });
            }
        }
    }))
}

/// First and last address that are given out, with family and length of the mask.
fn bounds(parent: &Object) -> Option<(bool, u8, u128, u128)> {
    if let Some((start, end)) = parent.net("start_address").zip(parent.net("end_address")) {
        return Some((start.v6, start.length, start.ip, end.ip));
    }
    let net = parent.net("prefix")?;
    let whole = parent.flag("is_pool") || net.bits() - net.length <= 1;
    let (first, last) = (net.first(), net.last());
    Some(match (whole, net.v6) {
        (true, _) => (net.v6, net.length, first, last),
        // An IPv6 network has no broadcast; its first address is that of the routers.
        (false, true) => (true, net.length, first + 1, last),
        (false, false) => (false, net.length, first + 1, last - 1),
    })
}

/// Free networks of a prefix, in order.
pub(super) fn prefixes(store: &Store, parent: &Object) -> Vec<Net> {
    let Some(whole) = parent.net("prefix") else { return Vec::new() };
    let every_vrf = parent.number("vrf").is_none() && parent.text("status") == "container";
    let mut taken: Vec<Net> = store
        .of_model("ipam.prefix")
        .filter(|child| child.id != parent.id)
        .filter(|child| every_vrf || child.get("vrf") == parent.get("vrf"))
        .filter_map(|child| child.net("prefix"))
        .filter(|child| whole.contains(*child) && child.length > whole.length)
        .collect();
    taken.sort_unstable();
    let mut free = Vec::new();
    let mut at = Some(whole.first());
    for child in taken {
        let Some(from) = at else { break };
        if child.first() > from {
            free.extend(cover(whole.v6, from, child.first() - 1));
        }
        at = child.last().checked_add(1).map(|next| next.max(from));
    }
    if let Some(from) = at.filter(|from| *from <= whole.last()) {
        free.extend(cover(whole.v6, from, whole.last()));
    }
    free
}

/// Takes the first network of a length out of the free ones.
pub(super) fn take(free: &mut Vec<Net>, length: u8) -> Option<Net> {
    let index = free.iter().position(|net| net.length <= length)?;
    let from = free.remove(index);
    let taken = Net { length, ..from };
    if from.length < length {
        free.splice(index..index, cover(from.v6, taken.last() + 1, from.last()));
    }
    Some(taken)
}

/// VLAN ids of a group, in order.
pub(super) fn vids(group: &Object) -> impl Iterator<Item = u64> {
    let ranges = group.get("vid_ranges").as_array().into_iter().flatten();
    let ranges = ranges.filter_map(|range| Some((range[0].as_u64()?, range[1].as_u64()?)));
    ranges.flat_map(|(first, last)| first..=last).collect::<BTreeSet<_>>().into_iter()
}

/// VLAN ids of a group that are free.
pub(super) fn free_vids(store: &Store, group: &Object) -> Vec<u64> {
    let taken: BTreeSet<u64> = store
        .of_model("ipam.vlan")
        .filter(|vlan| vlan.number("group") == Some(group.id))
        .filter_map(|vlan| vlan.number("vid"))
        .collect();
    vids(group).filter(|vid| !taken.contains(vid)).collect()
}

/// How many prefixes lie in this one.
pub(super) fn children(store: &Store, prefix: &Object) -> usize {
    let Some(whole) = prefix.net("prefix") else { return 0 };
    related(store, prefix)
        .filter(|other| whole.contains(*other) && other.length > whole.length)
        .count()
}

/// In how many prefixes this one lies.
pub(super) fn depth(store: &Store, prefix: &Object) -> usize {
    let Some(own) = prefix.net("prefix") else { return 0 };
    let parents = related(store, prefix);
    // Equal ones count once.
    parents
        .filter(|other| other.contains(own) && other.length < own.length)
        .collect::<BTreeSet<_>>()
        .len()
}

fn related(store: &Store, prefix: &Object) -> impl Iterator<Item = Net> {
    store
        .of_model("ipam.prefix")
        .filter(move |other| other.id != prefix.id && other.get("vrf") == prefix.get("vrf"))
        .filter_map(|other| other.net("prefix"))
}

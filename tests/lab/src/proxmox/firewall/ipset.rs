//! Sets of addresses. API: `…/firewall/ipset`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{Entry, File, Scope, Set, check_digest, comment, digest, find_alias, scoped};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};

fn digest_of_list(file: Option<&File>) -> String {
    let sets = file.into_iter().flat_map(|file| &file.sets);
    digest(sets.map(|(name, set)| format!("{name} {:?}", set.comment)))
}

fn digest_of(set: &Set) -> String {
    digest(set.entries.iter().map(|(cidr, entry)| format!("{cidr} {entry:?}")))
}

pub(super) fn list(call: &Call, scope: &Scope) -> Answer {
    let state = call.shared.state();
    let file = state.firewall.file(scope);
    let digest = digest_of_list(file);
    let rows: Vec<Value> = file
        .into_iter()
        .flat_map(|file| &file.sets)
        .map(|(name, set)| {
            let mut row = json!({ "name": name, "digest": digest });
            if let Some(comment) = &set.comment {
                row["comment"] = comment.as_str().into();
            }
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

/// Makes a set, or gives one another name and comment; rules keep naming the old one.
pub(super) fn create(call: &Call, scope: &Scope) -> Answer {
    let name = call.params.text("name").to_ascii_lowercase();
    let refused = |text: String| ApiError::parameter("name", text);
    let mut state = call.shared.state();
    let now = digest_of_list(state.firewall.file(scope));
    let sets = &mut state.firewall.file_mut(scope).sets;
    let taken = sets.contains_key(&name);
    let Some(old) = call.params.get("rename").map(str::to_ascii_lowercase) else {
        if taken {
            return Err(refused(format!("IPSet '{name}' already exists")));
        }
        sets.insert(name, Set { comment: comment(call), ..Set::default() });
        return Ok(Value::Null.into());
    };
    check_digest(call, &now)?;
    if taken && name != old {
        return Err(refused(format!("IPSet '{name}' already exists")));
    }
    let Some(mut set) = sets.remove(&old) else {
        return Err(refused(format!("IPSet '{old}' does not exist")));
    };
    if call.params.get("comment").is_some() {
        set.comment = comment(call);
    }
    sets.insert(name, set);
    Ok(Value::Null.into())
}

pub(super) fn delete(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let name = set_name(&state, call, scope)?;
    let now = digest_of_list(state.firewall.file(scope));
    check_digest(call, &now)?;
    let sets = &mut state.firewall.file_mut(scope).sets;
    let empty = sets.get(&name).is_none_or(|set| set.entries.is_empty());
    if !empty && !call.params.flag("force") {
        return Err(ApiError::internal(format!("IPSet '{name}' is not empty")));
    }
    sets.remove(&name);
    Ok(Value::Null.into())
}

fn set_name(state: &Datacenter, call: &Call, scope: &Scope) -> Result<String, ApiError> {
    let name = call.params.text("name");
    let key = name.to_ascii_lowercase();
    if state.firewall.file(scope).is_some_and(|file| file.sets.contains_key(&key)) {
        return Ok(key);
    }
    Err(ApiError::internal(format!("no such IPSet '{name}'")))
}

fn set_mut<'a>(
    state: &'a mut Datacenter,
    call: &Call,
    scope: &Scope,
) -> Result<&'a mut Set, ApiError> {
    let name = set_name(state, call, scope)?;
    Ok(state.firewall.file_mut(scope).sets.entry(name).or_default())
}

fn describe(state: &Datacenter, scope: &Scope, cidr: &str, entry: &Entry, digest: &str) -> Value {
    let mut row = json!({ "cidr": cidr, "digest": digest });
    if entry.nomatch {
        row["nomatch"] = 1.into();
    }
    if let Some(comment) = &entry.comment {
        row["comment"] = comment.as_str().into();
    }
    let (_, name) = scoped(cidr);
    if is_name(name) && find_alias(state, scope, cidr).is_none() {
        row["errors"] = json!({ "cidr": format!("no such alias '{name}'") });
    }
    row
}

pub(super) fn entries(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let set = set_mut(&mut state, call, scope)?.clone();
    let digest = digest_of(&set);
    let rows: Vec<Value> = set
        .entries
        .iter()
        .map(|(cidr, entry)| describe(&state, scope, cidr, entry, &digest))
        .collect();
    Ok(Value::from(rows).into())
}

pub(super) fn add(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    set_mut(&mut state, call, scope)?;
    let given = call.params.text("cidr");
    let (_, name) = scoped(given);
    let cidr = if is_name(name) {
        if find_alias(&state, scope, given).is_none() {
            return Err(ApiError::internal(format!("no such alias '{name}'")));
        }
        given.to_owned()
    } else {
        clean(given)
    };
    let refused = |text: String| Err(ApiError::parameter("cidr", text));
    let set = set_mut(&mut state, call, scope)?;
    if set.entries.contains_key(&cidr) {
        return refused(format!("address '{cidr}' already exists"));
    }
    if cidr.rsplit_once('/').is_some_and(|(_, prefix)| prefix == "0") {
        return refused("a zero prefix is not allowed in ipset entries".to_owned());
    }
    set.entries.insert(cidr, wanted(call));
    Ok(Value::Null.into())
}

fn wanted(call: &Call) -> Entry {
    Entry { nomatch: call.params.flag("nomatch"), comment: comment(call) }
}

pub(super) fn get(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let set = set_mut(&mut state, call, scope)?.clone();
    let cidr = call.params.text("cidr");
    match set.entries.get(cidr) {
        Some(entry) => Ok(describe(&state, scope, cidr, entry, &digest_of(&set)).into()),
        None => Err(ApiError::parameter("cidr", "no such IP/Network")),
    }
}

/// Replaces the whole entry: what is not given again is gone.
pub(super) fn update(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let set = set_mut(&mut state, call, scope)?;
    check_digest(call, &digest_of(set))?;
    match set.entries.get_mut(call.params.text("cidr")) {
        Some(entry) => {
            *entry = wanted(call);
            Ok(Value::Null.into())
        }
        None => Err(ApiError::parameter("cidr", "no such IP/Network")),
    }
}

/// Removes an entry; a missing one is no error.
pub(super) fn remove(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let set = set_mut(&mut state, call, scope)?;
    check_digest(call, &digest_of(set))?;
    set.entries.remove(call.params.text("cidr"));
    Ok(Value::Null.into())
}

fn is_name(text: &str) -> bool {
    super::formats::is_name(text)
}

/// Cuts host bits and the prefix of a single address; the spelling stays otherwise.
fn clean(text: &str) -> String {
    let Some((address, prefix)) = text.split_once('/') else { return text.to_owned() };
    let (Ok(ip), Ok(prefix)) = (address.parse::<IpAddr>(), prefix.parse::<u32>()) else {
        return text.to_owned();
    };
    let (network, bits): (IpAddr, u32) = match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            (Ipv4Addr::from(u32::from(ip) & mask).into(), 32)
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            (Ipv6Addr::from(u128::from(ip) & mask).into(), 128)
        }
    };
    match (prefix == bits, network == ip) {
        (true, _) => address.to_owned(),
        (false, true) => text.to_owned(),
        (false, false) => format!("{network}/{prefix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn addresses_are_stored_as_the_server_stores_them() {
        assert_eq!(clean("10.0.0.5/24"), "10.0.0.0/24");
        assert_eq!(clean("10.0.0.1/32"), "10.0.0.1");
        assert_eq!(clean("fd00::1/128"), "fd00::1");
        assert_eq!(clean("FD00:0:0:1::1"), "FD00:0:0:1::1");
        assert_eq!(clean("0.0.0.0/0"), "0.0.0.0/0");
    }
}

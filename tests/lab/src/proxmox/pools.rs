//! Pools. API: `/pools`.

use serde_json::{Value, json};

use super::datacenter::{Datacenter, Pool};
use super::error::{Answer, ApiError};
use super::params::split_list;
use super::{Call, cluster};

pub(super) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    Some(match (method, template) {
        ("GET", "/pools") => list(call),
        ("POST", "/pools") => create(call),
        ("GET", "/pools/{poolid}") => get(call),
        ("PUT", "/pools" | "/pools/{poolid}") => update(call),
        ("DELETE", "/pools" | "/pools/{poolid}") => delete(call),
        _ => return None,
    })
}

fn describe(call: &Call, state: &Datacenter, name: &str, pool: &Pool) -> Value {
    let mut row = json!({ "poolid": name, "members": members(call, state, pool) });
    if let Some(comment) = &pool.comment {
        row["comment"] = comment.as_str().into();
    }
    row
}

fn members(call: &Call, state: &Datacenter, pool: &Pool) -> Vec<Value> {
    let kind = call.params.get("type");
    let mut rows = Vec::new();
    if kind.is_none_or(|kind| kind == "qemu") {
        let guests = pool.guests.iter().filter_map(|vmid| state.guests.get(vmid));
        rows.extend(guests.map(|vm| {
            let mut row = cluster::guest_row(call, state, vm);
            if let Some(row) = row.as_object_mut() {
                row.remove("pool");
            }
            row
        }));
    }
    if kind.is_none_or(|kind| kind == "lxc") {
        let containers = pool.guests.iter().filter_map(|vmid| state.containers.get(vmid));
        rows.extend(containers.map(|container| {
            let mut row = cluster::container_row(call, state, container);
            if let Some(row) = row.as_object_mut() {
                row.remove("pool");
            }
            row
        }));
    }
    if kind.is_none_or(|kind| kind == "storage") {
        for node in &state.nodes {
            let held = pool.storages.iter().filter_map(|name| state.storages.get(name));
            rows.extend(held.map(|storage| cluster::storage_row(call, state, &node.name, storage)));
        }
    }
    rows
}

fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    if let Some(name) = call.params.get("poolid") {
        let pool = state.pools.get(name);
        let pool =
            pool.ok_or_else(|| ApiError::internal(format!("pool '{name}' does not exist")))?;
        return Ok(json!([describe(call, &state, name, pool)]).into());
    }
    let visible =
        |name: &str| state.access.allowed(&call.who, &format!("/pool/{name}"), "Pool.Audit");
    let rows: Vec<Value> = state
        .pools
        .iter()
        .filter(|(name, _)| visible(name))
        .map(|(name, pool)| {
            let mut row = json!({ "poolid": name });
            if let Some(comment) = &pool.comment {
                row["comment"] = comment.as_str().into();
            }
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

fn get(call: &Call) -> Answer {
    let name = call.params.text("poolid");
    let state = call.shared.state();
    match state.pools.get(name) {
        Some(pool) => Ok(describe(call, &state, name, pool).into()),
        None => Err(ApiError::internal(format!("pool '{name}' does not exist"))),
    }
}

fn create(call: &Call) -> Answer {
    let name = call.params.text("poolid");
    let mut state = call.shared.state();
    let failed = |text: String| ApiError::internal(format!("create pool failed: {text}"));
    if state.pools.contains_key(name) {
        return Err(failed(format!("pool '{name}' already exists")));
    }
    if let Some((parent, _)) = name.rsplit_once('/')
        && !state.pools.contains_key(parent)
    {
        return Err(failed(format!("parent '{parent}' of pool '{name}' does not exist")));
    }
    let comment = call.params.get("comment").map(str::to_owned);
    state.pools.insert(name.to_owned(), Pool { comment, ..Pool::default() });
    Ok(Value::Null.into())
}

fn update(call: &Call) -> Answer {
    let params = &call.params;
    let name = params.text("poolid");
    let mut state = call.shared.state();
    let failed = |text: String| ApiError::internal(format!("update pools failed: {text}"));
    if !state.pools.contains_key(name) {
        return Err(failed(format!("pool '{name}' does not exist")));
    }
    let guests: Vec<u32> = split_list(params.get("vms").unwrap_or_default())
        .iter()
        .filter_map(|vmid| vmid.parse().ok())
        .collect();
    let storages = split_list(params.get("storage").unwrap_or_default());
    let removes = params.flag("delete");
    for vmid in &guests {
        let holder = state.pools.iter().find(|(_, pool)| pool.guests.contains(vmid));
        match holder.map(|(holder, _)| holder.clone()) {
            Some(holder) if holder == name && !removes => {
                return Err(failed(format!("VM {vmid} is already a pool member")));
            }
            Some(holder) if holder != name && !removes && !params.flag("allow-move") => {
                return Err(failed(format!(
                    "VM {vmid} belongs already to pool '{holder}' and 'allow-move' is not set"
                )));
            }
            holder if removes && holder.as_deref() != Some(name) => {
                return Err(failed(format!("VM {vmid} is not a pool member")));
            }
            _ => {}
        }
    }
    for storage in &storages {
        let member = state.pools[name].storages.contains(storage);
        if member != removes {
            let not = if removes { "not a" } else { "already a" };
            return Err(failed(format!("Storage '{storage}' is {not} pool member")));
        }
    }
    for pool in state.pools.values_mut() {
        pool.guests.retain(|vmid| !guests.contains(vmid));
    }
    if let Some(pool) = state.pools.get_mut(name) {
        pool.storages.retain(|storage| !storages.contains(storage));
        if !removes {
            pool.guests.extend(guests);
            pool.storages.extend(storages);
        }
        if let Some(comment) = params.get("comment") {
            pool.comment = Some(comment.to_owned());
        }
    }
    Ok(Value::Null.into())
}

fn delete(call: &Call) -> Answer {
    let name = call.params.text("poolid");
    let mut state = call.shared.state();
    let failed = |text: String| ApiError::internal(format!("delete pool failed: {text}"));
    let Some(pool) = state.pools.get(name) else {
        return Err(failed(format!("pool '{name}' does not exist")));
    };
    let child = state.pools.keys().find(|other| other.starts_with(&format!("{name}/")));
    let held = child
        .map(|child| format!("contains pool '{child}'"))
        .or_else(|| pool.guests.first().map(|vmid| format!("contains VM {vmid}")))
        .or_else(|| pool.storages.first().map(|id| format!("contains storage '{id}'")));
    if let Some(held) = held {
        return Err(failed(format!("pool '{name}' is not empty ({held})")));
    }
    state.pools.remove(name);
    Ok(Value::Null.into())
}

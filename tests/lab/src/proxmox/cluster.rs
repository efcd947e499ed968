//! The cluster as a whole. API: `/cluster`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Call;
use super::datacenter::Datacenter;
use super::dispatch::names;
use super::error::{Answer, ApiError};
use super::lxc::{self, Container};
use super::nodes::{NODE_CPUS, NODE_MEMORY};
use super::params::{Param, split_list};
use super::qemu::{Vm, maximum_cpus, maximum_disk, maximum_memory};
use super::storage::{Storage, status};

/// How often the nodes tell each other how their guests are.
const STATUS_ROUND: Duration = Duration::from_secs(10);

pub(super) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    Some(match (method, template) {
        ("GET", "/cluster/resources") => resources(call),
        ("GET", "/cluster/nextid") => next_id(call),
        ("GET", "/cluster/status") => status_rows(call),
        ("GET", "/cluster/options") => Ok(options(call)),
        ("PUT", "/cluster/options") => set_options(call),
        ("GET", "/cluster/tasks") => recent_tasks(call),
        ("GET", "/cluster/ha") => Ok(names(&["status", "resources", "groups", "rules"])),
        ("GET", "/cluster/ha/resources") => Ok(ha_list(call)),
        ("POST", "/cluster/ha/resources") => ha_create(call),
        ("GET", "/cluster/ha/resources/{sid}") => ha_get(call),
        ("PUT", "/cluster/ha/resources/{sid}") => ha_update(call),
        ("DELETE", "/cluster/ha/resources/{sid}") => ha_delete(call),
        _ => return None,
    })
}

fn resources(call: &Call) -> Answer {
    let wanted = call.params.get("type");
    let state = call.shared.state();
    let mut rows: Vec<Value> = Vec::new();
    if wanted.is_none_or(|kind| kind == "vm") {
        rows.extend(
            state
                .guests
                .values()
                .filter(|vm| {
                    state.access.allowed(&call.who, &format!("/vms/{}", vm.vmid), "VM.Audit")
                })
                .map(|vm| guest_row(call, &state, vm)),
        );
        rows.extend(
            state
                .containers
                .values()
                .filter(|ct| {
                    state.access.allowed(&call.who, &format!("/vms/{}", ct.vmid), "VM.Audit")
                })
                .map(|container| container_row(call, &state, container)),
        );
    }
    if wanted.is_none() {
        for (name, pool) in &state.pools {
            if state.access.allowed(&call.who, &format!("/pool/{name}"), "Pool.Audit") {
                let _ = pool;
                rows.push(json!({ "id": format!("/pool/{name}"), "pool": name, "type": "pool" }));
            }
        }
    }
    if wanted.is_none_or(|kind| kind == "node") {
        rows.extend(state.nodes.iter().map(|node| node_row(call, &state, &node.name)));
    }
    if wanted.is_none_or(|kind| kind == "storage") {
        for node in &state.nodes {
            for storage in state.storages.values() {
                if !storage.on_node(&node.name)
                    || storage.disabled()
                    || !status::visible(&state, &call.who, &storage.name)
                {
                    continue;
                }
                rows.push(storage_row(call, &state, &node.name, storage));
            }
        }
    }
    if wanted.is_none() {
        for node in &state.nodes {
            rows.push(json!({
                "id": format!("network/{}/zone/localnetwork", node.name),
                "type": "network",
                "node": node.name,
                "network": "localnetwork",
                "network-type": "zone",
                "status": "ok",
            }));
        }
    }
    Ok(Value::from(rows).into())
}

pub(super) fn guest_row(call: &Call, state: &Datacenter, vm: &Vm) -> Value {
    let mut row = json!({
        "id": format!("qemu/{}", vm.vmid),
        "type": "qemu",
        "node": vm.node,
        "vmid": vm.vmid,
    });
    for name in ["tags", "lock"] {
        if let Some(value) = vm.config.get(name) {
            row[name] = value.into();
        }
    }
    if let Some((pool, _)) = state.pools.iter().find(|(_, pool)| pool.guests.contains(&vm.vmid)) {
        row["pool"] = pool.as_str().into();
    }
    let age = call.shared.clock.passed().saturating_sub(vm.since);
    if age < STATUS_ROUND || call.shared.faults.offline(&vm.node) {
        row["status"] = "unknown".into();
        return row;
    }
    let running = vm.running.is_some();
    let memory = maximum_memory(&vm.config);
    row["name"] = vm.name().into();
    row["status"] = if running { "running" } else { "stopped" }.into();
    row["template"] = u8::from(vm.config.template()).into();
    row["maxcpu"] = maximum_cpus(&vm.config).into();
    row["maxmem"] = memory.into();
    row["maxdisk"] = maximum_disk(&vm.config).into();
    row["mem"] = if running { memory / 4 } else { 0 }.into();
    for name in ["cpu", "disk", "diskread", "diskwrite", "memhost", "netin", "netout"] {
        row[name] = 0.into();
    }
    let uptime = vm.running.as_ref().map_or(0, |running| {
        call.shared.clock.passed().saturating_sub(running.since).as_secs().max(1)
    });
    row["uptime"] = uptime.into();
    if let Some(resource) = state.ha.get(&vm.vmid) {
        row["hastate"] = resource.get("state").map_or("started", String::as_str).into();
    }
    row
}

pub(super) fn container_row(call: &Call, state: &Datacenter, container: &Container) -> Value {
    let age = call.shared.clock.passed().saturating_sub(container.since);
    let known = age >= STATUS_ROUND && !call.shared.faults.offline(&container.node);
    lxc::resource_row(call, state, container, known)
}

/// A storage as one node sees it.
pub(super) fn storage_row(call: &Call, state: &Datacenter, node: &str, storage: &Storage) -> Value {
    let row = status::describe(state, node, storage);
    let offline = call.shared.faults.offline(node);
    json!({
        "id": format!("storage/{node}/{}", storage.name),
        "type": "storage",
        "node": node,
        "storage": storage.name,
        "plugintype": storage.kind,
        "content": storage.option("content"),
        "shared": u8::from(storage.shared()),
        "status": if offline { "unknown" } else { "available" },
        "disk": row["used"],
        "maxdisk": row["total"],
    })
}

fn node_row(call: &Call, state: &Datacenter, node: &str) -> Value {
    let offline = call.shared.faults.offline(node);
    let mut row = json!({
        "id": format!("node/{node}"),
        "type": "node",
        "node": node,
        "status": if offline { "offline" } else { "online" },
    });
    if !offline && state.access.allowed(&call.who, &format!("/nodes/{node}"), "Sys.Audit") {
        row["cgroup-mode"] = 2.into();
        row["cpu"] = 0.02.into();
        row["disk"] = (10_u64 << 30).into();
        row["level"] = "".into();
        row["maxcpu"] = NODE_CPUS.into();
        row["maxdisk"] = (100_u64 << 30).into();
        row["maxmem"] = NODE_MEMORY.into();
        row["mem"] = (4_u64 << 30).into();
        row["uptime"] = (call.shared.clock.passed().as_secs() + 3600).into();
    }
    row
}

fn next_id(call: &Call) -> Answer {
    let state = call.shared.state();
    if let Some(vmid) = call.params.get("vmid") {
        let number = vmid.parse().unwrap_or_default();
        return match state.taken(number).is_some() {
            true => Err(ApiError::parameter("vmid", format!("VM {vmid} already exists"))),
            false => Ok(Value::from(number.to_string()).into()),
        };
    }
    let bound = |name: &str| {
        let range = state.options.get("next-id")?;
        range.split(',').find_map(|part| part.strip_prefix(name))?.parse::<u32>().ok()
    };
    let lower = bound("lower=").unwrap_or(100);
    let upper = bound("upper=").unwrap_or(1_000_000);
    match (lower..=upper).find(|vmid| state.taken(*vmid).is_none()) {
        Some(vmid) => Ok(Value::from(vmid.to_string()).into()),
        None => Err(ApiError::internal(format!(
            "unable to get any free VMID in range [{lower}, {upper}]"
        ))),
    }
}

fn status_rows(call: &Call) -> Answer {
    let state = call.shared.state();
    let mut rows = Vec::new();
    let count = state.nodes.len();
    if count > 1 {
        rows.push(json!({
            "type": "cluster",
            "id": "cluster",
            "name": "lab",
            "version": 3,
            "nodes": count,
            "quorate": 1,
        }));
    }
    for (index, node) in state.nodes.iter().enumerate() {
        rows.push(json!({
            "type": "node",
            "id": format!("node/{}", node.name),
            "name": node.name,
            "nodeid": if count > 1 { index + 1 } else { 0 },
            "ip": format!("10.99.0.{}", index + 1),
            "online": u8::from(!call.shared.faults.offline(&node.name)),
            "local": u8::from(node.name == call.node),
            "level": "",
        }));
    }
    Ok(Value::from(rows).into())
}

/// Options that the API shows taken apart.
const OBJECTS: &[&str] = &[
    "crs",
    "ha",
    "migration",
    "next-id",
    "notify",
    "tag-style",
    "u2f",
    "user-tag-access",
    "webauthn",
];

fn options(call: &Call) -> super::error::Reply {
    let state = call.shared.state();
    let of_vms = state.guests.values().filter_map(|vm| vm.config.get("tags"));
    let of_containers = state.containers.values().filter_map(|ct| ct.config.get("tags"));
    let mut tags: Vec<String> = of_vms.chain(of_containers).flat_map(split_list).collect();
    let registered = state.options.get("registered-tags").map(|text| split_list(text));
    tags.extend(registered.clone().unwrap_or_default());
    tags.sort();
    tags.dedup();
    if !state.access.allowed(&call.who, "/", "Sys.Audit") {
        return json!({ "allowed-tags": tags }).into();
    }
    let mut data = Map::new();
    for (name, text) in &state.options {
        let value = match name.as_str() {
            "registered-tags" => registered.clone().unwrap_or_default().into(),
            _ if OBJECTS.contains(&name.as_str()) => take_apart(text),
            _ => text.as_str().into(),
        };
        data.insert(name.clone(), value);
    }
    data.insert("allowed-tags".to_owned(), tags.into());
    data.entry("mac_prefix").or_insert_with(|| "BC:24:11".into());
    data.entry("description").or_insert_with(|| "".into());
    Value::from(data).into()
}

fn take_apart(text: &str) -> Value {
    let mut object = Map::new();
    for (name, value) in text.split(',').filter_map(|part| part.split_once('=')) {
        let value: Value = match name {
            "user-allow-list" | "color-map" if name == "user-allow-list" => {
                split_list(value).into()
            }
            _ => value.into(),
        };
        object.insert(name.to_owned(), value);
    }
    object.into()
}

fn set_options(call: &Call) -> Answer {
    let mut state = call.shared.state();
    for name in split_list(call.params.get("delete").unwrap_or_default()) {
        state.options.remove(&name);
    }
    for (name, param) in &call.params.0 {
        let (Param::Text(text), false) = (param, name == "delete") else { continue };
        if name == "next-id" {
            let bound = |key: &str| {
                text.split(',').find_map(|part| part.strip_prefix(key))?.parse::<u64>().ok()
            };
            let (lower, upper) = (bound("lower="), bound("upper="));
            if let (Some(lower), Some(upper)) = (lower, upper)
                && lower > upper
            {
                let text = format!("lower ({lower}) <= upper ({upper}) boundary rule broken");
                return Err(ApiError::internal(text));
            }
        }
        let text = match name.as_str() {
            "description" if !text.ends_with('\n') => format!("{text}\n"),
            _ => text.clone(),
        };
        state.options.insert(name.clone(), text);
    }
    Ok(Value::Null.into())
}

fn recent_tasks(call: &Call) -> Answer {
    let names: Vec<String> =
        call.shared.state().nodes.iter().map(|node| node.name.clone()).collect();
    let mut rows = Vec::new();
    for node in names {
        let mut of_node = call.clone();
        of_node.node = node;
        of_node.params.set("source", "all");
        if let Value::Array(list) = super::tasks::list(&of_node)?.data {
            rows.extend(list);
        }
    }
    Ok(Value::from(rows).into())
}

/// Number of the guest that an HA id means.
fn guest_of(sid: &str) -> Option<u32> {
    sid.strip_prefix("vm:").or_else(|| sid.strip_prefix("ct:")).unwrap_or(sid).parse().ok()
}

/// The server's word for the kind of a guest.
fn ha_kind(state: &Datacenter, vmid: u32) -> &'static str {
    if state.containers.contains_key(&vmid) { "ct" } else { "vm" }
}

fn ha_row(kind: &str, vmid: u32, resource: &BTreeMap<String, String>) -> Value {
    let mut row = json!({ "sid": format!("{kind}:{vmid}"), "type": kind });
    for (name, text) in resource {
        row[name] = text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from);
    }
    row
}

fn ha_list(call: &Call) -> super::error::Reply {
    let state = call.shared.state();
    let rows: Vec<Value> = state
        .ha
        .iter()
        .map(|(vmid, resource)| ha_row(ha_kind(&state, *vmid), *vmid, resource))
        .collect();
    Value::from(rows).into()
}

fn ha_create(call: &Call) -> Answer {
    let sid = call.params.text("sid");
    let mut state = call.shared.state();
    let Some(vmid) = guest_of(sid).filter(|vmid| state.taken(*vmid).is_some()) else {
        let sid = if sid.contains(':') { sid.to_owned() } else { format!("vm:{sid}") };
        return Err(ApiError::internal(format!("resource '{sid}' does not exist in cluster")));
    };
    if state.ha.contains_key(&vmid) {
        let kind = ha_kind(&state, vmid);
        let text = format!("create resource failed: resource ID '{kind}:{vmid}' already defined");
        return Err(ApiError::internal(text));
    }
    let mut resource = settings(call);
    resource.entry("state".to_owned()).or_insert_with(|| "started".to_owned());
    state.ha.insert(vmid, resource);
    Ok(Value::Null.into())
}

fn settings(call: &Call) -> BTreeMap<String, String> {
    call.params
        .0
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "sid" | "delete" | "digest" | "type"))
        .filter_map(|(name, param)| match param {
            Param::Text(text) => Some((name.clone(), text.clone())),
            Param::List(_) | Param::Object | Param::Undefined => None,
        })
        .collect()
}

fn ha_get(call: &Call) -> Answer {
    let sid = call.params.text("sid");
    let state = call.shared.state();
    match guest_of(sid).and_then(|vmid| state.ha.get(&vmid).map(|resource| (vmid, resource))) {
        Some((vmid, resource)) => Ok(ha_row(ha_kind(&state, vmid), vmid, resource).into()),
        None => Err(ApiError::internal(format!("no such resource '{sid}'"))),
    }
}

fn ha_update(call: &Call) -> Answer {
    let sid = call.params.text("sid");
    let mut state = call.shared.state();
    let Some(resource) = guest_of(sid).and_then(|vmid| state.ha.get_mut(&vmid)) else {
        return Err(ApiError::internal(format!("no such resource '{sid}'")));
    };
    for name in split_list(call.params.get("delete").unwrap_or_default()) {
        resource.remove(&name);
    }
    resource.extend(settings(call));
    Ok(Value::Null.into())
}

fn ha_delete(call: &Call) -> Answer {
    let sid = call.params.text("sid");
    let mut state = call.shared.state();
    match guest_of(sid).and_then(|vmid| state.ha.remove(&vmid)) {
        Some(_) => Ok(Value::Null.into()),
        None => Err(ApiError::internal(format!("cannot delete service '{sid}', not HA managed!"))),
    }
}

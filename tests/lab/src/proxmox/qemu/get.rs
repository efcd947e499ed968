//! What a machine shows of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::drive;
use super::{Config, Vm};
use crate::proxmox::Call;
use crate::proxmox::dispatch::names;
use crate::proxmox::error::{Answer, ApiError, Reply};
use crate::proxmox::schema::{Schema, property_value};

/// `GET /nodes/{node}/qemu`.
pub(super) fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let rows: Vec<Value> = state
        .guests
        .values()
        .filter(|vm| vm.node == call.node)
        .filter(|vm| state.access.allowed(&call.who, &format!("/vms/{}", vm.vmid), "VM.Audit"))
        .map(|vm| {
            let mut row = summary(call, vm);
            if call.params.flag("full") {
                row.insert("qmpstatus".to_owned(), quick_status(vm).into());
            }
            row.into()
        })
        .collect();
    Ok(Value::from(rows).into())
}

fn summary(call: &Call, vm: &Vm) -> Map<String, Value> {
    let config = &vm.config;
    let uptime = uptime(call, vm);
    let maximum = maximum_memory(config);
    let running = vm.running.is_some();
    let mut row = json!({
        "vmid": vm.vmid,
        "name": vm.name(),
        "status": if running { "running" } else { "stopped" },
        "cpus": maximum_cpus(config),
        "maxmem": maximum,
        "maxdisk": maximum_disk(config),
        "cpu": 0,
        "mem": if running { maximum / 4 } else { 0 },
        "memhost": 0,
        "disk": 0,
        "netin": 0,
        "netout": 0,
        "diskread": 0,
        "diskwrite": 0,
        "uptime": uptime,
    });
    if let (Some(row), Some(process)) = (row.as_object_mut(), &vm.running) {
        row.insert("pid".to_owned(), process.pid.into());
    }
    let Value::Object(mut row) = row else { return Map::new() };
    if config.template() {
        row.insert("template".to_owned(), 1.into());
    }
    for name in ["tags", "lock"] {
        if let Some(value) = config.get(name) {
            row.insert(name.to_owned(), value.into());
        }
    }
    if config.values.keys().any(|name| name.starts_with("serial")) {
        row.insert("serial".to_owned(), 1.into());
    }
    row
}

fn quick_status(vm: &Vm) -> &'static str {
    match &vm.running {
        None => "stopped",
        Some(running) if running.paused => "paused",
        Some(_) => "running",
    }
}

/// Seconds of lab time since the start.
pub(super) fn uptime(call: &Call, vm: &Vm) -> u64 {
    vm.running.as_ref().map_or(0, |running| {
        call.shared.clock.passed().saturating_sub(running.since).as_secs().max(1)
    })
}

pub(crate) fn maximum_cpus(config: &Config) -> u64 {
    let number = |name: &str| config.get(name).and_then(|text| text.parse::<u64>().ok());
    number("vcpus").unwrap_or_else(|| number("sockets").unwrap_or(1) * number("cores").unwrap_or(1))
}

pub(crate) fn maximum_memory(config: &Config) -> u64 {
    let megabytes = config
        .get("memory")
        .into_iter()
        .flat_map(|text| text.split(','))
        .map(|part| part.trim_start_matches("current="))
        .find_map(|part| part.parse::<u64>().ok())
        .unwrap_or(512);
    megabytes << 20
}

/// Size of the first disk.
pub(crate) fn maximum_disk(config: &Config) -> u64 {
    let drives = drive::drives(&config.values);
    let disk = drives
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "efidisk0" | "tpmstate0"))
        .find(|(_, drive)| !drive.is_cdrom());
    disk.and_then(|(_, drive)| crate::proxmox::storage::parse_size(drive.option("size")?))
        .unwrap_or_default()
}

/// `GET /nodes/{node}/qemu/{vmid}`.
pub(super) fn index() -> Reply {
    names(&[
        "config",
        "cloudinit",
        "pending",
        "status",
        "unlink",
        "vncproxy",
        "termproxy",
        "migrate",
        "resize",
        "move",
        "rrd",
        "rrddata",
        "monitor",
        "agent",
        "snapshot",
        "spiceproxy",
        "sendkey",
        "firewall",
        "mtunnel",
        "remote_migrate",
    ])
}

/// `GET /nodes/{node}/qemu/{vmid}/config`: with what is pending, unless `current` is set.
pub(super) fn config(call: &Call) -> Answer {
    let params = &call.params;
    let state = call.shared.state();
    let vm = state.vm(&call.node, params.vmid())?;
    let mut values = match params.get("snapshot") {
        Some(name) => vm
            .snapshots
            .get(name)
            .cloned()
            .ok_or_else(|| ApiError::internal(format!("snapshot '{name}' does not exist")))?,
        None => vm.config.values.clone(),
    };
    if !params.flag("current") && params.get("snapshot").is_none() {
        values.extend(vm.config.pending.clone());
        for name in &vm.config.pending_delete {
            values.remove(name);
        }
    }
    let mut object = to_json(&values);
    object.insert("digest".to_owned(), vm.config.digest().into());
    Ok(Value::from(object).into())
}

fn to_json(values: &BTreeMap<String, String>) -> Map<String, Value> {
    values.iter().map(|(name, text)| (name.clone(), option_value(name, text))).collect()
}

/// One option as the API shows it.
fn option_value(name: &str, text: &str) -> Value {
    if name == "cipassword" && !text.trim().is_empty() {
        return "**********".into();
    }
    property_value(Schema::get().qemu_option(name), text)
}

/// `GET /nodes/{node}/qemu/{vmid}/pending`.
pub(super) fn pending(call: &Call) -> Answer {
    let state = call.shared.state();
    let config = &state.vm(&call.node, call.params.vmid())?.config;
    let all: BTreeSet<&String> =
        config.values.keys().chain(config.pending.keys()).chain(&config.pending_delete).collect();
    let mut rows: Vec<Value> = all
        .into_iter()
        .map(|name| {
            let mut row = json!({ "key": name });
            if let Some(text) = config.values.get(name) {
                row["value"] = option_value(name, text);
            }
            if let Some(text) = config.pending.get(name) {
                row["pending"] = option_value(name, text);
            }
            if config.pending_delete.contains(name) {
                row["delete"] = if config.pending_force.contains(name) { 2 } else { 1 }.into();
            }
            row
        })
        .collect();
    rows.push(json!({ "key": "digest", "value": config.digest() }));
    Ok(Value::from(rows).into())
}

/// `GET /nodes/{node}/qemu/{vmid}/status/current`.
pub(super) fn current(call: &Call) -> Answer {
    let state = call.shared.state();
    let vm = state.vm(&call.node, call.params.vmid())?;
    let mut object = summary(call, vm);
    object.insert("qmpstatus".to_owned(), quick_status(vm).into());
    let ha = match state.ha.get(&vm.vmid) {
        Some(resource) => {
            let wanted = resource.get("state").map_or("started", String::as_str);
            json!({ "managed": 1, "state": wanted })
        }
        None => json!({ "managed": 0 }),
    };
    object.insert("ha".to_owned(), ha);
    if agent_enabled(&vm.config) {
        object.insert("agent".to_owned(), 1.into());
    }
    if vm.running.is_some() {
        let version = super::create::QEMU_VERSION;
        object.insert("running-qemu".to_owned(), version.into());
        object.insert("running-machine".to_owned(), "pc-i440fx-11.0+pve0".into());
    }
    Ok(Value::from(object).into())
}

fn agent_enabled(config: &Config) -> bool {
    config.get("agent").is_some_and(|text| {
        let first = text.split(',').next().unwrap_or_default();
        matches!(first, "1" | "enabled=1") || text.split(',').any(|part| part == "enabled=1")
    })
}

/// `GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces`.
pub(super) fn agent_interfaces(call: &Call) -> Answer {
    let state = call.shared.state();
    let vm = state.vm(&call.node, call.params.vmid())?;
    if !agent_enabled(&vm.config) {
        return Err(ApiError::internal("No QEMU guest agent configured"));
    }
    if vm.running.is_none() {
        return Err(ApiError::internal(format!("VM {} is not running", vm.vmid)));
    }
    // An agent answers only when the system has come up.
    if uptime(call, vm) < call.shared.guest_boot.as_secs() {
        return Err(ApiError::internal("QEMU guest agent is not running"));
    }
    let mut interfaces = vec![json!({
        "name": "lo",
        "hardware-address": "00:00:00:00:00:00",
        "ip-addresses": [
            { "ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8 },
            { "ip-address": "::1", "ip-address-type": "ipv6", "prefix": 128 },
        ],
    })];
    let cards = (0..32)
        .filter_map(|number| Some((number, vm.config.get(&format!("net{number}"))?.to_owned())));
    for (number, card) in cards {
        let mac = card.split([',', '=']).nth(1).unwrap_or_default().to_ascii_lowercase();
        let configured = vm.config.get(&format!("ipconfig{number}")).unwrap_or_default();
        let fixed = configured
            .split(',')
            .find_map(|part| part.strip_prefix("ip="))
            .and_then(|text| text.split_once('/'));
        let (address, prefix) = match fixed {
            Some((address, prefix)) => (address.to_owned(), prefix.parse().unwrap_or(24)),
            None => (format!("10.99.{number}.{}", vm.vmid % 200 + 20), 24),
        };
        interfaces.push(json!({
            "name": format!("eth{number}"),
            "hardware-address": mac,
            "ip-addresses": [
                { "ip-address": address, "ip-address-type": "ipv4", "prefix": prefix },
            ],
        }));
    }
    Ok(json!({ "result": interfaces }).into())
}

/// `GET /nodes/{node}/qemu/{vmid}/snapshot`.
pub(super) fn snapshots(call: &Call) -> Answer {
    let state = call.shared.state();
    let vm = state.vm(&call.node, call.params.vmid())?;
    let running = u8::from(vm.running.is_some());
    let current = json!({
        "name": "current",
        "description": "You are here!",
        "running": running,
        "digest": vm.config.digest(),
    });
    Ok(json!([current]).into())
}

//! What a container shows of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Container;
use super::volume::{MountPoint, net_key};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::dispatch::names;
use crate::proxmox::error::{Answer, ApiError, Reply};
use crate::proxmox::nodes::NODE_CPUS;
use crate::proxmox::qemu::Config;
use crate::proxmox::schema::{Schema, property_value};
use crate::proxmox::storage::parse_size;

/// `GET /nodes/{node}/lxc`.
pub(super) fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let rows: Vec<Value> = state
        .containers
        .values()
        .filter(|ct| ct.node == call.node)
        .filter(|ct| state.access.allowed(&call.who, &format!("/vms/{}", ct.vmid), "VM.Audit"))
        .map(|ct| summary(call, ct).into())
        .collect();
    Ok(Value::from(rows).into())
}

fn megabytes(config: &Config, name: &str) -> u64 {
    config.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) << 20
}

fn cpus(config: &Config) -> u64 {
    config.get("cores").and_then(|text| text.parse().ok()).unwrap_or(NODE_CPUS)
}

/// Size of the root.
fn root_size(config: &Config) -> u64 {
    config
        .get("rootfs")
        .and_then(|text| MountPoint::parse("rootfs", text))
        .and_then(|mount| parse_size(mount.options.get("size")?))
        .unwrap_or_default()
}

/// Seconds of lab time since the start.
fn uptime(call: &Call, container: &Container) -> u64 {
    container.running.as_ref().map_or(0, |running| {
        call.shared.clock.passed().saturating_sub(running.since).as_secs().max(1)
    })
}

fn summary(call: &Call, container: &Container) -> Map<String, Value> {
    let config = &container.config;
    let running = container.running.is_some();
    let (memory, size) = (megabytes(config, "memory"), root_size(config));
    let row = json!({
        "vmid": container.vmid,
        "name": container.name(),
        "type": "lxc",
        "status": if running { "running" } else { "stopped" },
        "cpus": cpus(config),
        "maxmem": memory,
        "maxswap": megabytes(config, "swap"),
        "maxdisk": size,
        "cpu": 0,
        "mem": if running { memory / 8 } else { 0 },
        "swap": 0,
        "disk": if running { size / 50 } else { 0 },
        "diskread": 0,
        "diskwrite": 0,
        "netin": 0,
        "netout": 0,
        "uptime": uptime(call, container),
    });
    let Value::Object(mut row) = row else { return Map::new() };
    if let Some(process) = &container.running {
        row.insert("pid".to_owned(), process.pid.into());
        for kind in ["cpu", "io", "memory"] {
            for part in ["some", "full"] {
                row.insert(format!("pressure{kind}{part}"), "0.00".into());
            }
        }
    }
    if config.template() {
        row.insert("template".to_owned(), 1.into());
    }
    for name in ["tags", "lock"] {
        if let Some(value) = config.get(name) {
            row.insert(name.to_owned(), value.into());
        }
    }
    row
}

/// A container in `GET /cluster/resources`; little is known of one before the first status round.
pub(crate) fn resource_row(
    call: &Call,
    state: &Datacenter,
    container: &Container,
    known: bool,
) -> Value {
    let config = &container.config;
    let mut row = json!({
        "id": format!("lxc/{}", container.vmid),
        "type": "lxc",
        "node": container.node,
        "vmid": container.vmid,
    });
    for name in ["tags", "lock"] {
        if let Some(value) = config.get(name) {
            row[name] = value.into();
        }
    }
    let pool = state.pools.iter().find(|(_, pool)| pool.guests.contains(&container.vmid));
    if let Some((pool, _)) = pool {
        row["pool"] = pool.as_str().into();
    }
    if !known {
        row["status"] = "unknown".into();
        return row;
    }
    let summary = summary(call, container);
    for name in ["disk", "maxdisk", "maxmem", "mem", "name", "status", "uptime"] {
        row[name] = summary[name].clone();
    }
    row["maxcpu"] = cpus(config).into();
    row["template"] = u8::from(config.template()).into();
    for name in ["cpu", "diskread", "diskwrite", "memhost", "netin", "netout"] {
        row[name] = 0.into();
    }
    row
}

/// `GET /nodes/{node}/lxc/{vmid}`.
pub(super) fn index() -> Reply {
    names(&[
        "config",
        "pending",
        "status",
        "vncproxy",
        "termproxy",
        "vncwebsocket",
        "spiceproxy",
        "migrate",
        "clone",
        "rrd",
        "rrddata",
        "firewall",
        "snapshot",
        "resize",
        "interfaces",
    ])
}

fn option_value(name: &str, text: &str) -> Value {
    property_value(Schema::get().lxc_option(name), text)
}

/// `GET /nodes/{node}/lxc/{vmid}/config`: with what is pending, unless `current` is set.
pub(super) fn config(call: &Call) -> Answer {
    let params = &call.params;
    let state = call.shared.state();
    let config = &state.container(&call.node, params.vmid())?.config;
    if let Some(name) = params.get("snapshot") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    let mut values: BTreeMap<String, String> = config.values.clone();
    if !params.flag("current") {
        values.extend(config.pending.clone());
        for name in &config.pending_delete {
            values.remove(name);
        }
    }
    let mut object: Map<String, Value> =
        values.iter().map(|(name, text)| (name.clone(), option_value(name, text))).collect();
    object.insert("digest".to_owned(), config.digest().into());
    Ok(Value::from(object).into())
}

/// `GET /nodes/{node}/lxc/{vmid}/pending`.
pub(super) fn pending(call: &Call) -> Answer {
    let state = call.shared.state();
    let config = &state.container(&call.node, call.params.vmid())?.config;
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
                row["delete"] = 1.into();
            }
            row
        })
        .collect();
    rows.push(json!({ "key": "digest", "value": config.digest() }));
    Ok(Value::from(rows).into())
}

/// `GET /nodes/{node}/lxc/{vmid}/status/current`.
pub(super) fn current(call: &Call) -> Answer {
    let state = call.shared.state();
    let container = state.container(&call.node, call.params.vmid())?;
    let mut object = summary(call, container);
    let ha = match state.ha.get(&container.vmid) {
        Some(resource) => {
            let wanted = resource.get("state").map_or("started", String::as_str);
            json!({ "managed": 1, "state": wanted })
        }
        None => json!({ "managed": 0 }),
    };
    object.insert("ha".to_owned(), ha);
    Ok(Value::from(object).into())
}

/// `GET /nodes/{node}/lxc/{vmid}/feature`.
pub(super) fn feature(call: &Call) -> Answer {
    let state = call.shared.state();
    let container = state.container(&call.node, call.params.vmid())?;
    let has = match call.params.text("feature") {
        "copy" => true,
        "clone" => super::clone::all_linkable(&state, container),
        _ => false,
    };
    Ok(json!({ "hasFeature": u8::from(has) }).into())
}

/// `GET /nodes/{node}/lxc/{vmid}/interfaces`: null while the container is stopped, and without
/// addresses until its system has come up.
pub(super) fn interfaces(call: &Call) -> Answer {
    let state = call.shared.state();
    let container = state.container(&call.node, call.params.vmid())?;
    let Some(running) = &container.running else { return Ok(Value::Null.into()) };
    let up = call.shared.clock.passed().saturating_sub(running.since) >= call.shared.guest_boot;
    let mut rows = vec![interface(
        "lo",
        "00:00:00:00:00:00",
        &[("127.0.0.1/8", "inet"), ("::1/128", "inet6")],
        up,
    )];
    for number in 0..32 {
        let Some(card) = container.config.get(&format!("net{number}")) else { continue };
        let name = net_key(card, "name").unwrap_or_default();
        let mac = net_key(card, "hwaddr").unwrap_or_default().to_ascii_lowercase();
        let leased = format!("10.99.{number}.{}/24", container.vmid % 200 + 20);
        let mut addresses = Vec::new();
        match net_key(card, "ip") {
            Some("dhcp") => addresses.push((leased.as_str(), "inet")),
            Some("manual") | None => {}
            Some(fixed) => addresses.push((fixed, "inet")),
        }
        let address = net_key(card, "ip6").filter(|text| text.contains('/'));
        addresses.extend(address.map(|address| (address, "inet6")));
        rows.push(interface(name, &mac, &addresses, up));
    }
    Ok(Value::from(rows).into())
}

fn interface(name: &str, mac: &str, addresses: &[(&str, &str)], up: bool) -> Value {
    let mut row = json!({ "name": name, "hwaddr": mac, "hardware-address": mac });
    let mut list = Vec::new();
    for (text, family) in addresses.iter().filter(|_| up) {
        let (address, prefix) = text.split_once('/').unwrap_or((text, "24"));
        row[*family] = (*text).into();
        list.push(json!({
            "ip-address": address,
            "ip-address-type": family,
            "prefix": prefix.parse::<u8>().unwrap_or_default(),
        }));
    }
    row["ip-addresses"] = list.into();
    row
}

//! What the servers hold after an apply, laid beside what Terraform says: guests and their addresses, the
//! addresses that NetBox gave out, firmware.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Check the lab's inventory against the outputs of an environment, and tell what was compared.
///
/// # Errors
/// When a guest, an address or a version is another one, or a host was restarted.
pub(super) fn check(inventory: &Value, outputs: &Value) -> Result<Vec<String>> {
    let guests = guests(inventory, outputs)?;
    let mut told = vec![format!("{} guests, with the addresses of the outputs", guests.len())];
    told.extend(addresses(inventory, &guests)?);
    told.extend(firmware(inventory, outputs)?);
    Ok(told)
}

/// An inventory without what a destroy leaves as it is: firmware, and the jobs that brought it.
pub(super) fn without_firmware(inventory: &Value) -> Value {
    let mut inventory = inventory.clone();
    let servers = inventory.get_mut("servers").and_then(Value::as_object_mut);
    for server in servers.into_iter().flat_map(|servers| servers.values_mut()) {
        if let Some(server) = server.as_object_mut() {
            for kept in ["firmware", "available", "jobs"] {
                server.remove(kept);
            }
        }
    }
    inventory
}

/// A guest as the outputs and the cluster have it.
struct Guest {
    name: String,
    /// The address of the outputs.
    address: Option<String>,
    /// What the guest is told: `ip=10.0.0.5/24,gw=10.0.0.1`.
    told: String,
}

impl Guest {
    /// A part of what the guest is told, without a prefix length.
    fn part(&self, name: &str) -> Option<&str> {
        let part = self.told.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        part.and_then(|value| value.split('/').next())
    }
}

fn guests(inventory: &Value, outputs: &Value) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for (output, id, config) in
        [("vms", "vm_id", "ipconfig0"), ("containers", "container_id", "net0")]
    {
        for (name, guest) in fields(&outputs[output]["value"]) {
            let place = format!("/guests/{}/config", guest[id]);
            let stored = inventory.pointer(&place);
            let stored = stored.with_context(|| format!("{name} is not on the cluster"))?;
            let guest = Guest {
                name: name.clone(),
                address: guest["ip_address"].as_str().map(str::to_owned),
                told: stored[config].as_str().unwrap_or_default().to_owned(),
            };
            let ip = guest.part("ip").filter(|ip| *ip != "dhcp");
            if let Some(ip) = ip.filter(|ip| guest.address.as_deref() != Some(*ip)) {
                bail!("{name} is told that it is {ip}, and the outputs say {:?}", guest.address);
            }
            guests.push(guest);
        }
    }
    Ok(guests)
}

/// NetBox has the address of each guest and of each gateway, once, and no other.
fn addresses(inventory: &Value, guests: &[Guest]) -> Result<Option<String>> {
    let Some(stored) = inventory["netbox"]["ipam/ip-addresses"].as_array() else { return Ok(None) };
    let stored: Vec<&str> =
        stored.iter().filter_map(|address| address.as_str()?.split('/').next()).collect();
    let in_netbox: BTreeSet<&str> = stored.iter().copied().collect();
    ensure!(in_netbox.len() == stored.len(), "an address is in NetBox twice: {stored:?}");
    let mut holders: BTreeMap<&str, &str> = BTreeMap::new();
    for guest in guests {
        if let Some(gateway) = guest.part("gw") {
            holders.insert(gateway, "the gateway");
        }
    }
    for guest in guests {
        let Some(address) = guest.address.as_deref() else { continue };
        if let Some(other) = holders.insert(address, &guest.name) {
            bail!("{address} is the address of {} and of {other}", guest.name);
        }
    }
    let held: BTreeSet<&str> = holders.keys().copied().collect();
    ensure!(held == in_netbox, "NetBox has {in_netbox:?}, and there are {holders:?}");
    Ok(Some(format!("{} addresses in NetBox: those of the guests and the gateway", held.len())))
}

/// No host was restarted, the versions of the outputs run, and what is staged has a job that waits.
fn firmware(inventory: &Value, outputs: &Value) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (name, server) in fields(&inventory["servers"]) {
        let quiet =
            server["boots"] == 0 && server["power_events"].as_array().is_some_and(Vec::is_empty);
        ensure!(quiet, "{name} was restarted: {}", server["power_events"]);
    }
    for (name, firmware) in fields(&outputs["firmware"]["value"]) {
        let server = &inventory["servers"][name];
        let running: BTreeSet<&str> =
            fields(&server["firmware"]).filter_map(|(_, part)| part["version"].as_str()).collect();
        let mut versions = Vec::new();
        for (component, version) in fields(&firmware["versions"]) {
            let version = version.as_str().unwrap_or_default();
            ensure!(running.contains(version), "{name} does not run {component} {version}");
            versions.push(format!("{component} {version}"));
        }
        let waiting = fields(&server["jobs"]).any(|(_, job)| job["state"] == "Scheduled");
        let state = firmware["state"].as_str().unwrap_or_default();
        ensure!(waiting == (state == "staged"), "{name} is {state}, with jobs {}", server["jobs"]);
        told.push(format!("{name} runs {}: {state}, and was not restarted", versions.join(", ")));
    }
    Ok(told)
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn inventory() -> Value {
        json!({
            "guests": {
                "9100": { "config": { "ipconfig0": "ip=10.0.0.5/24,gw=10.0.0.1" } },
                "9200": { "config": { "net0": "name=eth0,bridge=vmbr0,gw=10.0.0.1,ip=10.0.0.6/24" } },
            },
            "netbox": { "ipam/ip-addresses": ["10.0.0.1/24", "10.0.0.5/24", "10.0.0.6/24"] },
            "servers": { "r750-01": {
                "boots": 0, "power_events": [], "sessions": 0,
                "firmware": { "BIOS": { "version": "1.13.2" } }, "available": [],
                "jobs": { "JID_1": { "state": "Scheduled" } },
            } },
        })
    }

    fn outputs() -> Value {
        json!({
            "vms": { "value": { "web-01": { "vm_id": 9100, "ip_address": "10.0.0.5" } } },
            "containers": { "value": { "dns-01": { "container_id": 9200, "ip_address": "10.0.0.6" } } },
            "firmware": { "value": { "r750-01": { "state": "staged", "versions": { "BIOS": "1.13.2" } } } },
        })
    }

    #[test]
    fn what_agrees_is_told() {
        let told = check(&inventory(), &outputs()).unwrap();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].contains("BIOS 1.13.2: staged"), "{told:?}");
    }

    #[test]
    fn what_disagrees_is_an_error_that_names_it() {
        let other = |place: &str, value: Value| {
            let mut inventory = inventory();
            *inventory.pointer_mut(place).unwrap() = value;
            format!("{:#}", check(&inventory, &outputs()).unwrap_err())
        };
        let error = other("/guests/9100", json!({}));
        assert!(error.contains("web-01 is not on the cluster"), "{error}");
        let error = other("/guests/9100/config/ipconfig0", json!("ip=10.0.0.7/24"));
        assert!(error.contains("10.0.0.7"), "{error}");
        let error = other("/netbox/ipam~1ip-addresses", json!(["10.0.0.1/24", "10.0.0.5/24"]));
        assert!(error.contains("10.0.0.6"), "{error}");
        let twice = json!(["10.0.0.1/24", "10.0.0.5/24", "10.0.0.6/24", "10.0.0.6/24"]);
        let error = other("/netbox/ipam~1ip-addresses", twice);
        assert!(error.contains("twice"), "{error}");
        let error = other("/servers/r750-01/boots", json!(1));
        assert!(error.contains("was restarted"), "{error}");
        let error = other("/servers/r750-01/firmware/BIOS/version", json!("1.14.1"));
        assert!(error.contains("does not run BIOS 1.13.2"), "{error}");
        let error = other("/servers/r750-01/jobs", json!({}));
        assert!(error.contains("is staged"), "{error}");
    }

    #[test]
    fn a_server_may_keep_its_firmware_and_nothing_else() {
        let mut after = inventory();
        after["servers"]["r750-01"]["firmware"]["BIOS"]["version"] = json!("1.14.1");
        assert_eq!(without_firmware(&inventory()), without_firmware(&after));
        after["servers"]["r750-01"]["sessions"] = json!(1);
        assert_ne!(without_firmware(&inventory()), without_firmware(&after));
    }
}

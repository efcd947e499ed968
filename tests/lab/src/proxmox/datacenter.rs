//! Everything that the cluster remembers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::auth::Access;
use super::firewall::Firewall;
use super::lxc::Container;
use super::qemu::Vm;
use super::storage::{Storage, Volume};
use super::tasks::TaskRecord;

/// State of the cluster; one lock guards it all, never held across an await.
#[derive(Debug)]
pub(crate) struct Datacenter {
    pub(crate) nodes: Vec<Node>,
    pub(crate) storages: BTreeMap<String, Storage>,
    /// Volumes by storage and node; the node is empty for a shared storage.
    pub(crate) volumes: BTreeMap<(String, String), BTreeMap<String, Volume>>,
    pub(crate) guests: BTreeMap<u32, Vm>,
    pub(crate) containers: BTreeMap<u32, Container>,
    pub(crate) firewall: Firewall,
    /// Tasks in the order of their start.
    pub(crate) tasks: Vec<TaskRecord>,
    pub(crate) access: Access,
    pub(crate) pools: BTreeMap<String, Pool>,
    pub(crate) options: BTreeMap<String, String>,
    /// HA resources by guest.
    pub(crate) ha: BTreeMap<u32, BTreeMap<String, String>>,
    /// Process numbers given to tasks and guests.
    pub(crate) last_pid: u32,
}

/// One node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) fingerprint: String,
}

/// One pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    pub(crate) comment: Option<String>,
    pub(crate) guests: Vec<u32>,
    pub(crate) storages: Vec<String>,
}

impl Datacenter {
    pub(crate) fn pid(&mut self) -> u32 {
        self.last_pid += 7;
        self.last_pid
    }

    pub(crate) fn has_node(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.name == name)
    }

    /// The guest on that node.
    ///
    /// # Errors
    /// The server's text for a missing configuration file.
    pub(crate) fn vm(&self, node: &str, vmid: u32) -> Result<&Vm, String> {
        self.guests.get(&vmid).filter(|vm| vm.node == node).ok_or_else(|| missing(node, vmid))
    }

    /// The same, to change it.
    pub(crate) fn vm_mut(&mut self, node: &str, vmid: u32) -> Result<&mut Vm, String> {
        self.guests.get_mut(&vmid).filter(|vm| vm.node == node).ok_or_else(|| missing(node, vmid))
    }

    /// Where a guest is known from, for the texts that refuse a second one.
    pub(crate) fn taken(&self, vmid: u32) -> Option<String> {
        let vm = self.guests.get(&vmid).map(|vm| ("VM", &vm.node));
        let container = self.containers.get(&vmid).map(|container| ("CT", &container.node));
        vm.or(container)
            .map(|(kind, node)| format!("{kind} {vmid} already exists on node '{node}'"))
    }
}

pub(crate) fn missing(node: &str, vmid: u32) -> String {
    format!("Configuration file 'nodes/{node}/qemu-server/{vmid}.conf' does not exist")
}

/// How long copying that much takes in the lab, at 200 MB a second.
pub(crate) fn copy_time(bytes: u64) -> Duration {
    Duration::from_millis(500 + bytes / 200_000)
}

/// Everything that a user made, in an order that does not depend on time.
pub(crate) fn inventory(state: &Datacenter) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let mut guests: Map<String, Value> = state
        .guests
        .iter()
        .map(|(vmid, vm)| {
            let guest = json!({
                "type": "qemu",
                "node": vm.node,
                "running": vm.running.is_some(),
                "config": vm.config.values,
                "pending": vm.config.pending,
                "snapshots": vm.snapshots.keys().collect::<Vec<_>>(),
            });
            (vmid.to_string(), guest)
        })
        .collect();
    guests.extend(state.containers.iter().map(|(vmid, container)| {
        let guest = json!({
            "type": "lxc",
            "node": container.node,
            "running": container.running.is_some(),
            "config": container.config.values,
            "pending": container.config.pending,
        });
        (vmid.to_string(), guest)
    }));
    let mut volumes = Map::new();
    for ((storage, node), held) in &state.volumes {
        for (name, volume) in held {
            let place = if node.is_empty() { "shared" } else { node };
            let volume = json!({
                "content": volume.content,
                "format": volume.format,
                "size": volume.size,
                "vmid": volume.vmid,
            });
            volumes.insert(format!("{place}/{storage}:{name}"), volume);
        }
    }
    let pools: Map<String, Value> = state
        .pools
        .iter()
        .map(|(name, pool)| {
            let pool =
                json!({ "comment": pool.comment, "guests": pool.guests, "storages": pool.storages });
            (name.clone(), pool)
        })
        .collect();
    let storages: Map<String, Value> = state
        .storages
        .iter()
        .map(|(name, storage)| (name.clone(), storage.configuration()))
        .collect();
    let users: Map<String, Value> = state
        .access
        .users
        .iter()
        .map(|(name, user)| {
            (name.clone(), json!({ "tokens": user.tokens.keys().collect::<Vec<_>>() }))
        })
        .collect();
    json!({
        "firewall": state.firewall.inventory(),
        "guests": guests,
        "ha": state.ha,
        "options": state.options,
        "pools": pools,
        "storages": storages,
        "users": users,
        "volumes": volumes,
    })
}

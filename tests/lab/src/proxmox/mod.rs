//! A Proxmox VE cluster: one HTTPS port a node, one state for all of them.

pub(crate) mod auth;
mod cluster;
mod datacenter;
mod dispatch;
mod error;
mod firewall;
mod locks;
mod lxc;
mod migrate;
mod nodes;
mod params;
mod pools;
mod qemu;
mod schema;
mod server;
mod storage;
mod tasks;
mod upload;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use self::auth::{Access, Identity};
use self::datacenter::{Datacenter, Node};
use self::locks::Locks;
use self::params::Params;
use crate::clock::Clock;
use crate::downloads::Downloads;
use crate::faults::Faults;
use crate::requests::Requests;

pub(crate) use self::params::decode;
pub(crate) use self::server::{serve, serve_plain};

/// What every part of one lab's cluster can reach.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) requests: Requests,
    pub(crate) downloads: Downloads,
    /// Lab time after which a started guest has addresses and its agent answers.
    guest_boot: Duration,
    locks: Locks,
    state: Mutex<Datacenter>,
    background: Mutex<JoinSet<()>>,
}

/// One API call after login and routing.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) who: Identity,
    /// Node that the path names; the one that was asked where it names none.
    pub(crate) node: String,
    pub(crate) params: Params,
    /// Contents of an uploaded file.
    pub(crate) file: Option<bytes::Bytes>,
    /// Whether a fault keeps the guest's lock from this call.
    pub(crate) lock_timeout: bool,
}

impl Shared {
    pub(crate) fn new(
        clock: Clock,
        faults: Faults,
        requests: Requests,
        downloads: Downloads,
        nodes: Vec<(String, String)>,
        access: Access,
        storages: BTreeMap<String, storage::Storage>,
    ) -> Self {
        let nodes =
            nodes.into_iter().map(|(name, fingerprint)| Node { name, fingerprint }).collect();
        let state = Datacenter {
            nodes,
            storages,
            volumes: BTreeMap::new(),
            guests: BTreeMap::new(),
            containers: BTreeMap::new(),
            firewall: firewall::Firewall::default(),
            tasks: Vec::new(),
            access,
            pools: BTreeMap::new(),
            options: BTreeMap::new(),
            ha: BTreeMap::new(),
            last_pid: 1000,
        };
        Self {
            locks: Locks::new(clock.clone()),
            clock,
            faults,
            requests,
            downloads,
            guest_boot: Duration::from_secs(15),
            state: Mutex::new(state),
            background: Mutex::new(JoinSet::new()),
        }
    }

    /// Sets how long guests take to come up.
    pub(crate) fn guest_boot(mut self, lab_time: Duration) -> Self {
        self.guest_boot = lab_time;
        self
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Datacenter> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something that goes on when its request is over, and ends with the lab.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        while background.try_join_next().is_some() {}
        background.spawn(work);
    }

    /// Ends everything that runs in the background.
    pub(crate) fn stop(&self) {
        self.background.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    /// Puts a file on a storage of the first node.
    ///
    /// # Errors
    /// The name says no content type.
    pub(crate) fn add_file(&self, id: &str, data: bytes::Bytes) -> Result<(), String> {
        let (storage, name) =
            storage::parse_volume_id(id).ok_or_else(|| format!("`{id}` is no volume id"))?;
        let (content, vmid, format) = storage::parse_file_name(name)?;
        let size = data.len() as u64;
        let volume = storage::Volume {
            content: content.to_owned(),
            format,
            size,
            used: size,
            vmid,
            ctime: self.clock.unix(),
            data: Some(data),
            ..storage::Volume::default()
        };
        let mut state = self.state();
        let node = state.nodes.first().map(|node| node.name.clone()).unwrap_or_default();
        state.volumes_on_mut(&node, storage).insert(name.to_owned(), volume);
        Ok(())
    }

    /// Takes the lock out of a guest's configuration.
    pub(crate) fn unlock(&self, vmid: u32) {
        let mut state = self.state();
        if let Some(vm) = state.guests.get_mut(&vmid) {
            vm.config.values.remove("lock");
        }
        if let Some(container) = state.containers.get_mut(&vmid) {
            container.config.values.remove("lock");
        }
    }

    pub(crate) fn inventory(&self) -> serde_json::Value {
        datacenter::inventory(&self.state())
    }
}

/// The storages of a lab.
pub(crate) fn storages(plain: bool, local_size: u64) -> BTreeMap<String, storage::Storage> {
    storage::defaults(plain, local_size)
}

/// Adds a user with a token that may only look at guests and storages.
pub(crate) fn add_auditor(access: &mut Access, secret: &str) {
    let token = auth::Token { secret: secret.to_owned(), privsep: false, ..auth::Token::default() };
    let user = auth::User {
        password: Some("auditor-password".to_owned()),
        enabled: true,
        tokens: BTreeMap::from([("lab".to_owned(), token)]),
        ..auth::User::default()
    };
    access.users.insert("auditor@pve".to_owned(), user);
    access.grants.push(auth::Grant {
        path: "/".to_owned(),
        kind: "user",
        to: "auditor@pve".to_owned(),
        role: "PVEAuditor".to_owned(),
        propagate: true,
    });
}

//! What concerns the whole cluster: resources, guest numbers, and where a guest is.
//!
//! API: `/cluster` and `/nodes`.

use std::{
    collections::HashSet,
    ops::RangeInclusive,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use onprem_http::Unreachable;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    Client, Error, ErrorKind, Firewall, FirewallGroups, GuestConfig, NodeName, Params, StorageName,
    TaskEntry, VmId,
};

/// How long one answer to `/cluster/resources` serves everybody
const FRESH: Duration = Duration::from_secs(2);

/// What concerns the whole cluster. API: `/cluster`
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(crate) client: Client,
}

impl Cluster {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Guests, storages, nodes and pools. API: `GET /cluster/resources`
    ///
    /// Callers of one burst share one request, and its answer serves for two seconds unless this
    /// client changes something meanwhile. The server itself lags up to 10 s behind: absence must be
    /// confirmed, as [`locate`](Client::locate) does.
    ///
    /// # Errors
    /// Any failure of the request; those who waited for the same request get the same error.
    pub async fn resources(&self) -> Result<Arc<Vec<Resource>>, Error> {
        self.client.inner.resources.get(&self.client).await
    }

    /// Make the next [`resources`](Self::resources) ask the server
    pub fn invalidate(&self) {
        self.client.inner.resources.invalidate();
    }

    /// The nodes with their state. API: `GET /nodes`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn nodes(&self) -> Result<Vec<NodeEntry>, Error> {
        self.client.get("/nodes", &Params::new()).await
    }

    /// Tasks that run, and the last that ran on each node. API: `GET /cluster/tasks`
    ///
    /// Without the privilege to audit the nodes these are only the client's own.
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn tasks(&self) -> Result<Vec<TaskEntry>, Error> {
        self.client.get("/cluster/tasks", &Params::new()).await
    }

    /// A free guest number, reserved within this client. API: `GET /cluster/nextid`
    ///
    /// Without a range it is the smallest that the cluster gives, within the cluster's own bounds;
    /// with one the smallest free number in it. Calls at the same time get different numbers; other
    /// programs may still take one before it is used.
    ///
    /// # Errors
    /// When no number is free, and any failure of the request.
    pub async fn next_id(&self, range: Option<RangeInclusive<VmId>>) -> Result<VmId, Error> {
        let (first, last) = match range {
            Some(range) => range.into_inner(),
            None => (self.client.get("/cluster/nextid", &Params::new()).await?, VmId::MAX),
        };
        let resources = self.resources().await?;
        let taken: HashSet<VmId> = resources.iter().filter_map(|row| row.vmid).collect();
        let mut next = Some(first);
        while let Some(candidate) = next.filter(|candidate| *candidate <= last) {
            next = candidate.next();
            if taken.contains(&candidate) || !self.reserve(candidate) {
                continue;
            }
            if self.is_free(candidate).await? {
                return Ok(candidate);
            }
        }
        Err(Error::new(
            ErrorKind::Other { status: None },
            format!("no guest number is free between {first} and {last}"),
        ))
    }

    /// Whether no guest has this number. API: `GET /cluster/nextid?vmid=…`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn is_free(&self, vmid: VmId) -> Result<bool, Error> {
        let params = Params::new().with("vmid", vmid);
        match self.client.get::<VmId>("/cluster/nextid", &params).await {
            Ok(_) => Ok(true),
            Err(error) if *error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The cluster's firewall. API: `/cluster/firewall`
    pub fn firewall(&self) -> Firewall {
        Firewall::cluster(self.client.clone())
    }

    /// Groups of firewall rules that scopes share. API: `/cluster/firewall/groups`
    pub fn firewall_groups(&self) -> FirewallGroups {
        FirewallGroups::new(self.client.clone())
    }

    /// Give a number back that was handed out by [`next_id`](Self::next_id) and not used
    pub fn release_id(&self, vmid: VmId) {
        let reserved = &self.client.inner.reserved;
        reserved.lock().unwrap_or_else(PoisonError::into_inner).remove(&vmid);
    }

    fn reserve(&self, vmid: VmId) -> bool {
        let reserved = &self.client.inner.reserved;
        reserved.lock().unwrap_or_else(PoisonError::into_inner).insert(vmid)
    }
}

impl Client {
    /// The nodes with their state. API: `GET /nodes`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn nodes(&self) -> Result<Vec<NodeEntry>, Error> {
        self.cluster().nodes().await
    }

    /// Find a guest by its number, wherever in the cluster it is
    ///
    /// `/cluster/resources` says where to look; the guest's own configuration, read from its node,
    /// confirms it. `None` means that every node was asked and every one said that the guest does
    /// not exist.
    ///
    /// # Errors
    /// When a node that may have the guest is offline or cannot be asked: then nobody knows.
    pub async fn locate(&self, vmid: VmId) -> Result<Option<GuestLocation>, Error> {
        let resources = self.cluster().resources().await?;
        let row = resources.iter().find(|row| row.vmid == Some(vmid));
        if let Some((node, kind)) = row.and_then(|row| Some((row.node.clone()?, row.guest_kind()?)))
            && let Some(config) = self.guest_config(&node, kind, vmid).await?
        {
            return Ok(Some(GuestLocation { node, kind, config }));
        }
        // New, moved or gone: the list lags, so that every node has to say so itself.
        let mut silent = None;
        for entry in self.nodes().await? {
            if entry.status == "offline" {
                silent = Some(Error::new(
                    ErrorKind::Unreachable(Unreachable::Other("the node is offline".to_owned())),
                    format!(
                        "node {} is offline, so that nobody can tell whether guest {vmid} exists",
                        entry.node
                    ),
                ));
                continue;
            }
            for kind in [GuestKind::Qemu, GuestKind::Lxc] {
                match self.guest_config(&entry.node, kind, vmid).await {
                    Ok(None) => {}
                    Ok(Some(config)) => {
                        return Ok(Some(GuestLocation { node: entry.node, kind, config }));
                    }
                    Err(error) => silent = Some(error),
                }
            }
        }
        match silent {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// The configuration of a guest, or `None` when its node says that it does not exist there
    async fn guest_config(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: VmId,
    ) -> Result<Option<GuestConfig>, Error> {
        let path = format!("/nodes/{node}/{kind}/{vmid}/config");
        match self.get(&path, &Params::new()).await {
            Ok(config) => Ok(Some(config)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Where a guest is
#[derive(Clone, Debug)]
pub struct GuestLocation {
    /// Its node
    pub node: NodeName,
    /// Whether it is a VM or a container
    pub kind: GuestKind,
    /// Its configuration, read to make sure that it is there
    pub config: GuestConfig,
}

/// The kinds of guests
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestKind {
    /// A container
    Lxc,
    /// A VM
    Qemu,
}

impl std::fmt::Display for GuestKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lxc => "lxc",
            Self::Qemu => "qemu",
        })
    }
}

/// A node of the cluster. API: `GET /nodes`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct NodeEntry {
    /// Name of the node
    pub node: NodeName,
    /// `online`, `offline` or `unknown`
    #[serde(default)]
    pub status: String,
    /// Number of CPUs
    #[serde(default)]
    pub maxcpu: Option<u32>,
    /// Memory in bytes
    #[serde(default)]
    pub maxmem: Option<u64>,
    /// Memory in use, in bytes
    #[serde(default)]
    pub mem: Option<u64>,
    /// Share of the CPUs in use, 0 to 1
    #[serde(default)]
    pub cpu: Option<f64>,
    /// Seconds since the node started
    #[serde(default)]
    pub uptime: Option<u64>,
    /// SHA-256 fingerprint of the node's certificate
    #[serde(default)]
    pub ssl_fingerprint: Option<String>,
}

/// A row of `/cluster/resources`; which fields are there depends on its type
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Resource {
    /// Unique name of the row, such as `qemu/100`
    pub id: String,
    /// `qemu`, `lxc`, `node`, `storage`, `pool`, `sdn` or `network`
    #[serde(rename = "type")]
    pub kind: String,
    /// Node of a guest, a storage or a node itself
    #[serde(default)]
    pub node: Option<NodeName>,
    /// Number of a guest
    #[serde(default)]
    pub vmid: Option<VmId>,
    /// Name of a guest; absent until the first status round after its creation
    #[serde(default)]
    pub name: Option<String>,
    /// `running`, `stopped`, `online`, `available`, `unknown`…
    #[serde(default)]
    pub status: Option<String>,
    /// Whether a guest is a template
    #[serde(default)]
    pub template: bool,
    /// Tags of a guest
    #[serde(default)]
    pub tags: Vec<String>,
    /// Pool of a guest
    #[serde(default)]
    pub pool: Option<String>,
    /// Lock of a guest's configuration
    #[serde(default)]
    pub lock: Option<String>,
    /// State in high availability
    #[serde(default)]
    pub hastate: Option<String>,
    /// Name of a storage
    #[serde(default)]
    pub storage: Option<StorageName>,
    /// What a storage may hold
    #[serde(default)]
    pub content: Vec<String>,
    /// Type of a storage
    #[serde(default)]
    pub plugintype: Option<String>,
    /// Whether a storage is shared between nodes
    #[serde(default)]
    pub shared: bool,
    /// CPUs that there are
    #[serde(default)]
    pub maxcpu: Option<f64>,
    /// Memory in bytes
    #[serde(default)]
    pub maxmem: Option<u64>,
    /// Disk space in bytes
    #[serde(default)]
    pub maxdisk: Option<u64>,
    /// Disk space in use, in bytes
    #[serde(default)]
    pub disk: Option<u64>,
    /// Seconds since the start
    #[serde(default)]
    pub uptime: Option<u64>,
}

impl Resource {
    /// The kind of guest, `None` for everything else
    pub fn guest_kind(&self) -> Option<GuestKind> {
        match self.kind.as_str() {
            "qemu" => Some(GuestKind::Qemu),
            "lxc" => Some(GuestKind::Lxc),
            _ => None,
        }
    }
}

/// One answer for all who ask at the same time
#[derive(Debug, Default)]
pub(crate) struct SharedResources {
    /// Counts changes; an answer that was asked for before the latest one is stale.
    changes: AtomicU64,
    last: Mutex<Option<Fetched>>,
}

#[derive(Debug)]
struct Fetched {
    changes: u64,
    asked: Instant,
    answered: Instant,
    outcome: Result<Arc<Vec<Resource>>, Error>,
}

impl SharedResources {
    pub(crate) fn invalidate(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    async fn get(&self, client: &Client) -> Result<Arc<Vec<Resource>>, Error> {
        let arrival = Instant::now();
        // Held while asking: the others wait here and take what comes.
        let mut last = self.last.lock().await;
        let changes = self.changes.load(Ordering::Relaxed);
        if let Some(fetched) = &*last {
            let waited_for_it = fetched.answered >= arrival;
            let fresh = fetched.changes == changes && fetched.asked.elapsed() < FRESH;
            match &fetched.outcome {
                Ok(rows) if fresh => return Ok(rows.clone()),
                Err(error) if waited_for_it => return Err(error.clone()),
                _ => {}
            }
        }
        let asked = Instant::now();
        let outcome = client.get("/cluster/resources", &Params::new()).await.map(Arc::new);
        *last =
            Some(Fetched { changes, asked, answered: Instant::now(), outcome: outcome.clone() });
        outcome
    }
}

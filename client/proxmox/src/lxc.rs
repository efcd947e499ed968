//! One container on its node. API: `/nodes/{node}/lxc/{vmid}`

use onprem_http::{Method, Resend};
use serde::Deserialize;

use crate::{
    Client, Error, ErrorKind, Feature, FeatureCheck, Firewall, GuestConfig, GuestInterface,
    GuestKind, NodeName, Params, PendingValue, Power, Snapshot, StorageName, TaskCall, VmId, guest,
    limits::Busy, snapshot,
};

/// One container on its node. API: `/nodes/{node}/lxc/{vmid}`
#[derive(Clone, Debug)]
pub struct Lxc {
    pub(crate) client: Client,
    pub(crate) node: NodeName,
    pub(crate) vmid: VmId,
}

impl Lxc {
    pub(crate) fn new(client: Client, node: NodeName, vmid: VmId) -> Self {
        Self { client, node, vmid }
    }

    /// The configuration, pending changes included. API: `GET …/config`
    ///
    /// # Errors
    /// Not found when this node does not have the container, which may have moved: see
    /// [`Client::locate`]. Any failure of the request.
    pub async fn config(&self) -> Result<GuestConfig, Error> {
        self.client.get(&self.path("/config"), &Params::new()).await
    }

    /// The configuration in force, with what changes at the next start. API: `GET …/pending`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn pending(&self) -> Result<Vec<PendingValue>, Error> {
        self.client.get(&self.path("/pending"), &Params::new()).await
    }

    /// What the container does now. API: `GET …/status/current`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn status(&self) -> Result<ContainerStatus, Error> {
        self.client.get(&self.path("/status/current"), &Params::new()).await
    }

    /// Network interfaces with their addresses; empty while it is stopped. API: `GET …/interfaces`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn interfaces(&self) -> Result<Vec<GuestInterface>, Error> {
        self.client.get(&self.path("/interfaces"), &Params::new()).await
    }

    /// Snapshots, the oldest first. API: `GET …/snapshot`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        snapshot::list(&self.client, &self.path("/snapshot")).await
    }

    /// Whether its volumes can do something. API: `GET …/feature`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn feature(
        &self,
        feature: Feature,
        snapshot: Option<&str>,
    ) -> Result<FeatureCheck, Error> {
        let mut params = Params::new().with("feature", feature.as_str());
        params.set_opt("snapname", snapshot);
        self.client.get(&self.path("/feature"), &params).await
    }

    /// The container's firewall. API: `/nodes/{node}/lxc/{vmid}/firewall`
    pub fn firewall(&self) -> Firewall {
        Firewall::guest(self.client.clone(), &self.node, GuestKind::Lxc, self.vmid)
    }

    /// Create the container. API: `POST /nodes/{node}/lxc`
    ///
    /// `ostemplate` names the volume to unpack. `ssh-public-keys` takes the keys as lines, not
    /// encoded as a VM's.
    ///
    /// # Errors
    /// Already exists when any guest has this number; a failed task when there is no such volume.
    pub fn create(&self, params: &Params) -> TaskCall {
        let path = format!("/nodes/{}/lxc", self.node);
        let params = params.clone().with("vmid", self.vmid);
        self.call(Method::POST, path, params, &["vzcreate", "vzrestore"])
    }

    /// Change the configuration, and wait for it. API: `PUT …/config`
    ///
    /// As [`Qemu::update`](crate::Qemu::update), but a failed hotplug leaves nothing pending.
    ///
    /// # Errors
    /// Digest mismatch; locked; refused parameters. After a lost answer that was carried out: a
    /// digest mismatch.
    pub async fn update(&self, params: &Params) -> Result<(), Error> {
        guest::update_config(&self.client, &self.path("/config"), self.vmid, params).await
    }

    /// Enlarge a volume; `size` is the new size such as `20G`. API: `PUT …/resize`
    ///
    /// # Errors
    /// When the volume would shrink or has that size already; digest mismatch.
    pub fn resize(&self, volume: &str, size: &str, digest: Option<&str>) -> TaskCall {
        let mut params = Params::new();
        params.set("disk", volume).set("size", size).set_opt("digest", digest);
        self.call(Method::PUT, self.path("/resize"), params, &["resize"])
    }

    /// Move a volume to another storage, only while it is stopped. API: `POST …/move_volume`
    ///
    /// # Errors
    /// While it runs, and a failed task when there is no such storage.
    pub fn move_volume(&self, volume: &str, to: &MoveVolume) -> TaskCall {
        let mut params = Params::new();
        params
            .set("volume", volume)
            .set("storage", &to.storage)
            .set("delete", to.delete_source)
            .set_opt("bwlimit", to.bandwidth_limit)
            .set_opt("digest", to.digest.as_ref());
        self.call(Method::POST, self.path("/move_volume"), params, &["move_volume"])
    }

    /// Make a template of the container, which cannot be undone. API: `POST …/template`
    ///
    /// The server answers at once and does it in a task that the answer does not name.
    ///
    /// # Errors
    /// When it runs, has snapshots, or is a template already; a failed task.
    pub async fn convert_to_template(&self) -> Result<(), Error> {
        let deadline = self.client.deadline();
        let client = self.client.until(&deadline);
        let since = client.server_time();
        let (path, params) = (self.path("/template"), Params::new());
        let resend = Resend::IfNotExecuted;
        let outcome = guest::change(&client, Method::POST, &path, self.vmid, &params, resend).await;
        match &outcome {
            Err(error) if !error.is_lost() => return outcome,
            _ => {}
        }
        let here = Self { client: client.clone(), ..self.clone() };
        if here.is_template().await? {
            return Ok(());
        }
        match client.unnamed_task(&self.node, &["vztemplate"], self.vmid, since).await? {
            Some(upid) => client.wait(&upid, &deadline).await.map(|_| ()),
            None if here.is_template().await? => Ok(()),
            None => outcome.and_then(|()| {
                let text = format!("container {} did not become a template", self.vmid);
                Err(Error::new(ErrorKind::Other { status: None }, text))
            }),
        }
    }

    async fn is_template(&self) -> Result<bool, Error> {
        Ok(self.config().await?.get("template")?.unwrap_or(false))
    }

    /// Clone the container. API: `POST …/clone`
    ///
    /// # Errors
    /// Already exists when any guest has the new number; when it runs and no snapshot is named.
    pub fn clone_to(&self, clone: &CloneContainer) -> TaskCall {
        let mut params = Params::new();
        params
            .set("newid", clone.vmid)
            .set_opt("hostname", clone.hostname.as_ref())
            .set_opt("description", clone.description.as_ref())
            .set_opt("pool", clone.pool.as_ref())
            .set_opt("snapname", clone.snapshot.as_ref())
            .set_opt("target", clone.node.as_ref())
            .set_opt("full", clone.full)
            .set_opt("storage", clone.storage.as_ref())
            .set_opt("bwlimit", clone.bandwidth_limit);
        let (path, client, node) = (self.path("/clone"), self.client.clone(), &self.node);
        TaskCall::new(client, Method::POST, path, params, node, &["vzclone"], self.vmid).busy([
            Busy::Source(self.vmid),
            Busy::Guest(clone.vmid),
            Busy::Node(node.clone()),
        ])
    }

    /// Destroy the container with its volumes. API: `DELETE …`
    ///
    /// # Errors
    /// When it runs and `force` is not set, is protected, or is a template with linked clones.
    pub fn delete(&self, delete: &DeleteContainer) -> TaskCall {
        let mut params = Params::new();
        params
            .set("purge", delete.purge)
            .set("force", delete.force)
            .set("destroy-unreferenced-disks", delete.destroy_unreferenced_disks);
        self.call(Method::DELETE, self.path(""), params, &["vzdestroy"])
    }

    /// Starts and stops the container. API: `…/status`
    pub fn power(&self) -> Power {
        self.client.power(&self.node, GuestKind::Lxc, self.vmid)
    }

    pub(crate) fn call(
        &self,
        method: Method,
        path: String,
        params: Params,
        types: &'static [&'static str],
    ) -> TaskCall {
        let (client, node) = (self.client.clone(), &self.node);
        TaskCall::new(client, method, path, params, node, types, self.vmid)
            .busy([Busy::Guest(self.vmid), Busy::Node(node.clone())])
    }

    pub(crate) fn path(&self, leaf: &str) -> String {
        format!("/nodes/{}/lxc/{}{leaf}", self.node, self.vmid)
    }
}

/// How to clone a container. API: `POST /nodes/{node}/lxc/{vmid}/clone`
#[derive(Clone, Debug)]
pub struct CloneContainer {
    /// Number of the new container
    pub vmid: VmId,
    /// Host name of the new container
    pub hostname: Option<String>,
    /// Description of the new container
    pub description: Option<String>,
    /// Pool of the new container
    pub pool: Option<String>,
    /// Snapshot to clone; the present state by default, which a running container refuses
    pub snapshot: Option<String>,
    /// Node of the new container, for volumes on shared storage; the source's by default
    pub node: Option<NodeName>,
    /// Copy the volumes; by default those of a template are linked and all others copied
    pub full: Option<bool>,
    /// Storage of the copies; not for linked clones
    pub storage: Option<StorageName>,
    /// Limit of the copying, in KiB/s
    pub bandwidth_limit: Option<u64>,
}

impl CloneContainer {
    /// A clone with this number and the server's defaults
    pub fn new(vmid: VmId) -> Self {
        Self {
            vmid,
            hostname: None,
            description: None,
            pool: None,
            snapshot: None,
            node: None,
            full: None,
            storage: None,
            bandwidth_limit: None,
        }
    }
}

/// Where to move a volume. API: `POST /nodes/{node}/lxc/{vmid}/move_volume`
#[derive(Clone, Debug)]
pub struct MoveVolume {
    /// The storage to move it to
    pub storage: StorageName,
    /// Delete the source afterwards; else it stays as an unused volume
    pub delete_source: bool,
    /// Limit of the copying, in KiB/s
    pub bandwidth_limit: Option<u64>,
    /// Digest of the configuration
    pub digest: Option<String>,
}

impl MoveVolume {
    /// A move to this storage that leaves nothing behind
    pub fn new(storage: StorageName) -> Self {
        Self { storage, delete_source: true, bandwidth_limit: None, digest: None }
    }
}

/// How to destroy a container. API: `DELETE /nodes/{node}/lxc/{vmid}`
#[derive(Clone, Copy, Debug, Default)]
pub struct DeleteContainer {
    /// Take it out of backup jobs, replication, high availability and access control too
    pub purge: bool,
    /// Stop it first when it runs
    pub force: bool,
    /// Destroy volumes with its number that its configuration does not name
    pub destroy_unreferenced_disks: bool,
}

/// What a container does now. API: `GET /nodes/{node}/lxc/{vmid}/status/current`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ContainerStatus {
    /// `running` or `stopped`
    pub status: String,
    /// Host name
    #[serde(default)]
    pub name: Option<String>,
    /// Lock of the configuration
    #[serde(default)]
    pub lock: Option<String>,
    /// Seconds since the start
    #[serde(default)]
    pub uptime: u64,
    /// Whether it is a template
    #[serde(default)]
    pub template: bool,
    /// Tags
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its place in high availability
    #[serde(default)]
    pub ha: crate::HaStatus,
}

impl ContainerStatus {
    /// Whether it runs
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

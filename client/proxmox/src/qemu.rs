//! One VM on its node. API: `/nodes/{node}/qemu/{vmid}`

use onprem_http::{Method, Resend};
use serde::Deserialize;

use crate::{
    Agent, Client, Error, Feature, FeatureCheck, Firewall, GuestConfig, GuestKind, HaStatus,
    NodeName, Params, PendingValue, Power, Snapshot, StorageName, TaskCall, VmId, call::Call,
    guest, limits::Busy, snapshot,
};

/// One VM on its node. API: `/nodes/{node}/qemu/{vmid}`
#[derive(Clone, Debug)]
pub struct Qemu {
    pub(crate) client: Client,
    pub(crate) node: NodeName,
    pub(crate) vmid: VmId,
}

impl Qemu {
    pub(crate) fn new(client: Client, node: NodeName, vmid: VmId) -> Self {
        Self { client, node, vmid }
    }

    /// The configuration, pending changes included. API: `GET …/config`
    ///
    /// # Errors
    /// Not found when this node does not have the VM, which may have moved: see
    /// [`Client::locate`]. Any failure of the request.
    pub async fn config(&self) -> Result<GuestConfig, Error> {
        self.client.get(&self.path("/config"), &Params::new()).await
    }

    /// The configuration in force, with what changes at the next cold start. API: `GET …/pending`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn pending(&self) -> Result<Vec<PendingValue>, Error> {
        self.client.get(&self.path("/pending"), &Params::new()).await
    }

    /// What the VM does now. API: `GET …/status/current`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn status(&self) -> Result<VmStatus, Error> {
        self.client.get(&self.path("/status/current"), &Params::new()).await
    }

    /// Create the VM. API: `POST /nodes/{node}/qemu`
    ///
    /// # Errors
    /// Already exists when any guest has this number.
    pub fn create(&self, params: &Params) -> TaskCall {
        let path = format!("/nodes/{}/qemu", self.node);
        let params = params.clone().with("vmid", self.vmid);
        self.call(Method::POST, path, params, &["qmcreate", "qmrestore"])
    }

    /// Change the configuration, and wait for it. API: `PUT …/config`
    ///
    /// With a `digest` among the parameters the change is refused when somebody else changed the
    /// configuration meanwhile, and is sent again after a lost answer. Nothing is sent when there is
    /// nothing to change. Lock timeouts are repeated until the client's deadline.
    ///
    /// # Errors
    /// Digest mismatch; locked; refused parameters. A failed hotplug is a refused parameter, and its
    /// change stays pending. After a lost answer that was carried out: a digest mismatch.
    pub async fn update(&self, params: &Params) -> Result<(), Error> {
        guest::update_config(&self.client, &self.path("/config"), self.vmid, params).await
    }

    /// Take devices out of the configuration, and wait for it. API: `PUT …/unlink`
    ///
    /// The volume of a disk stays as `unusedN`, and is destroyed when that goes out or at once with
    /// `destroy_volumes`. A slot that is empty is no error, so that a lost answer does no harm.
    /// Lock timeouts are repeated until the client's deadline.
    ///
    /// # Errors
    /// A refused parameter when a running VM cannot give the device up: then it goes at the next cold
    /// start. Locked.
    pub async fn unlink(&self, slots: &[&str], destroy_volumes: bool) -> Result<(), Error> {
        if slots.is_empty() {
            return Ok(());
        }
        let mut params = Params::new().with("idlist", slots.join(","));
        params.set_opt("force", destroy_volumes.then_some(true));
        let path = self.path("/unlink");
        let resend = Resend::Always;
        guest::change(&self.client, Method::PUT, &path, self.vmid, &params, resend).await
    }

    /// Change the configuration in a task, as allocations and imports want. API: `POST …/config`
    ///
    /// # Errors
    /// As [`update`](Self::update), in the answer or in the task.
    pub fn update_in_task(&self, params: &Params) -> TaskCall {
        self.call(Method::POST, self.path("/config"), params.clone(), &["qmconfig"])
    }

    /// Enlarge a disk; `size` is the new size such as `20G`. API: `PUT …/resize`
    ///
    /// # Errors
    /// A failed task when the disk would shrink or is missing.
    pub fn resize(&self, disk: &str, size: &str, digest: Option<&str>) -> TaskCall {
        let mut params = Params::new();
        params.set("disk", disk).set("size", size).set_opt("digest", digest);
        self.call(Method::PUT, self.path("/resize"), params, &["resize"])
    }

    /// Move a disk to another storage or format. API: `POST …/move_disk`
    ///
    /// # Errors
    /// When the disk is there already, or cannot be moved.
    pub fn move_disk(&self, disk: &str, to: &MoveDisk) -> TaskCall {
        let mut params = Params::new();
        params
            .set("disk", disk)
            .set_opt("storage", to.storage.as_ref())
            .set_opt("format", to.format.as_ref())
            .set("delete", to.delete_source)
            .set_opt("digest", to.digest.as_ref());
        self.call(Method::POST, self.path("/move_disk"), params, &["qmmove"])
    }

    /// Make a template of the VM, which cannot be undone. API: `POST …/template`
    ///
    /// # Errors
    /// When it runs, has snapshots, or is a template already.
    pub fn convert_to_template(&self) -> TaskCall {
        self.call(Method::POST, self.path("/template"), Params::new(), &["qmtemplate"])
    }

    /// Clone the VM. API: `POST …/clone`
    ///
    /// # Errors
    /// Already exists when any guest has the new number.
    pub fn clone_to(&self, clone: &CloneVm) -> TaskCall {
        let mut params = Params::new();
        params
            .set("newid", clone.vmid)
            .set_opt("name", clone.name.as_ref())
            .set_opt("description", clone.description.as_ref())
            .set_opt("pool", clone.pool.as_ref())
            .set_opt("snapname", clone.snapshot.as_ref())
            .set_opt("target", clone.node.as_ref())
            .set_opt("full", clone.full)
            .set_opt("storage", clone.storage.as_ref())
            .set_opt("format", clone.format.as_ref())
            .set_opt("bwlimit", clone.bandwidth_limit);
        let path = self.path("/clone");
        let node = &self.node;
        TaskCall::new(
            self.client.clone(),
            Method::POST,
            path,
            params,
            node,
            &["qmclone"],
            self.vmid,
        )
        .busy([Busy::Source(self.vmid), Busy::Guest(clone.vmid), Busy::Node(node.clone())])
    }

    /// Destroy the VM with the disks in its configuration. API: `DELETE …`
    ///
    /// # Errors
    /// When it runs, is protected, or is a template with linked clones.
    pub fn delete(&self, delete: &DeleteVm) -> TaskCall {
        let mut params = Params::new();
        params
            .set("purge", delete.purge)
            .set("destroy-unreferenced-disks", delete.destroy_unreferenced_disks);
        self.call(Method::DELETE, self.path(""), params, &["qmdestroy"])
    }

    /// Make the cloud-init image anew from the configuration. API: `PUT …/cloudinit`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn regenerate_cloud_init(&self) -> Result<(), Error> {
        let (path, params) = (self.path("/cloudinit"), Params::new());
        let call = Call::new(Method::PUT, &path, &params).resend(Resend::Always);
        self.client.send(&call).await.map(|_| ())
    }

    /// Cloud-init settings in the image, and those that the next image will have
    ///
    /// [`pending`](Self::pending) does not show them. API: `GET …/cloudinit`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn cloud_init_pending(&self) -> Result<Vec<PendingValue>, Error> {
        self.client.get(&self.path("/cloudinit"), &Params::new()).await
    }

    /// A file of the cloud-init image as the configuration makes it. API: `GET …/cloudinit/dump`
    ///
    /// The user data hold the hash of the password.
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn cloud_init_dump(&self, part: CloudInitPart) -> Result<String, Error> {
        let part = match part {
            CloudInitPart::Meta => "meta",
            CloudInitPart::Network => "network",
            CloudInitPart::User => "user",
        };
        let params = Params::new().with("type", part);
        self.client.get(&self.path("/cloudinit/dump"), &params).await
    }

    /// Whether its disks can do something, and which nodes see them. API: `GET …/feature`
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

    /// Snapshots, the oldest first. API: `GET …/snapshot`
    ///
    /// # Errors
    /// As [`config`](Self::config).
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        snapshot::list(&self.client, &self.path("/snapshot")).await
    }

    /// The guest agent. API: `/nodes/{node}/qemu/{vmid}/agent`
    pub fn agent(&self) -> Agent {
        Agent::new(self)
    }

    /// The VM's firewall. API: `/nodes/{node}/qemu/{vmid}/firewall`
    pub fn firewall(&self) -> Firewall {
        Firewall::guest(self.client.clone(), &self.node, GuestKind::Qemu, self.vmid)
    }

    /// Starts and stops the VM. API: `…/status`
    pub fn power(&self) -> Power {
        self.client.power(&self.node, GuestKind::Qemu, self.vmid)
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
        format!("/nodes/{}/qemu/{}{leaf}", self.node, self.vmid)
    }
}

/// How to clone a VM. API: `POST /nodes/{node}/qemu/{vmid}/clone`
#[derive(Clone, Debug)]
pub struct CloneVm {
    /// Number of the new VM
    pub vmid: VmId,
    /// Name of the new VM
    pub name: Option<String>,
    /// Description of the new VM
    pub description: Option<String>,
    /// Pool of the new VM
    pub pool: Option<String>,
    /// Snapshot to clone; the present state by default
    pub snapshot: Option<String>,
    /// Node of the new VM, for disks on shared storage; the source's by default
    pub node: Option<NodeName>,
    /// Copy the disks; by default those of a template are linked and all others copied
    pub full: Option<bool>,
    /// Storage of the copies; not for linked clones
    pub storage: Option<StorageName>,
    /// Format of the copies; not for linked clones
    pub format: Option<String>,
    /// Limit of the copying, in KiB/s
    pub bandwidth_limit: Option<u64>,
}

impl CloneVm {
    /// A clone with this number and the server's defaults
    pub fn new(vmid: VmId) -> Self {
        Self {
            vmid,
            name: None,
            description: None,
            pool: None,
            snapshot: None,
            node: None,
            full: None,
            storage: None,
            format: None,
            bandwidth_limit: None,
        }
    }
}

/// Where to move a disk. API: `POST /nodes/{node}/qemu/{vmid}/move_disk`
#[derive(Clone, Debug, Default)]
pub struct MoveDisk {
    /// The storage to move it to
    pub storage: Option<StorageName>,
    /// The format to change it to: `raw`, `qcow2` or `vmdk`
    pub format: Option<String>,
    /// Delete the source afterwards; else it stays as an unused disk
    pub delete_source: bool,
    /// Digest of the configuration
    pub digest: Option<String>,
}

/// How to destroy a VM. API: `DELETE /nodes/{node}/qemu/{vmid}`
#[derive(Clone, Copy, Debug, Default)]
pub struct DeleteVm {
    /// Take it out of backup jobs, replication and high availability too
    pub purge: bool,
    /// Destroy disks with its number that its configuration does not name
    pub destroy_unreferenced_disks: bool,
}

/// A file of the cloud-init image. API: `GET /nodes/{node}/qemu/{vmid}/cloudinit/dump`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudInitPart {
    /// Meta data
    Meta,
    /// Network configuration
    Network,
    /// User data
    User,
}

/// What a VM does now. API: `GET /nodes/{node}/qemu/{vmid}/status/current`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct VmStatus {
    /// `running` or `stopped`; a paused VM is running
    pub status: String,
    /// State of the virtual machine itself, such as `running` or `paused`
    #[serde(default)]
    pub qmpstatus: Option<String>,
    /// Name
    #[serde(default)]
    pub name: Option<String>,
    /// Lock of the configuration
    #[serde(default)]
    pub lock: Option<String>,
    /// Seconds since the start
    #[serde(default)]
    pub uptime: u64,
    /// Whether the guest agent is switched on in the configuration
    #[serde(default)]
    pub agent: bool,
    /// Whether it is a template
    #[serde(default)]
    pub template: bool,
    /// Tags
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its place in high availability
    #[serde(default)]
    pub ha: HaStatus,
}

impl VmStatus {
    /// Whether it runs
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

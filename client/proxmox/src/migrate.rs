//! Moving guests to other nodes, and following them when high availability does it.
//!
//! A guest under high availability is not moved by the task that the request starts: that one ends as
//! soon as the manager has taken the order. A [`Migration`] goes on until the guest is there.
//!
//! API: `/nodes/{node}/{qemu|lxc}/{vmid}/migrate`

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use onprem_http::{Deadline, Delays, Method};
use serde::Deserialize;

use crate::{
    Client, Error, ErrorKind, GuestConfig, GuestKind, HaService, Lxc, NodeName, Params, Qemu,
    TaskCall, TaskFilter, TaskReport, Upid, VmId,
};

impl Qemu {
    /// Move the VM to another node. API: `POST …/migrate`
    ///
    /// # Errors
    /// When the VM runs and `online` is not set; when it has local disks and `with_local_disks` is
    /// not set; a failed task; a passed deadline, which leaves the move going on.
    pub fn migrate(&self, to: &MigrateVm) -> Migration {
        let mut params = Params::new();
        params
            .set("target", &to.target)
            .set_opt("online", to.online.then_some(true))
            .set_opt("with-local-disks", to.with_local_disks.then_some(true))
            .set_opt("targetstorage", to.target_storage.as_ref())
            .set_opt("bwlimit", to.bandwidth_limit);
        let types = &["qmigrate", "hamigrate"];
        let call = self.call(Method::POST, self.path("/migrate"), params, types);
        Migration {
            client: self.client.clone(),
            kind: GuestKind::Qemu,
            vmid: self.vmid,
            source: self.node.clone(),
            target: to.target.clone(),
            call,
        }
    }

    /// What stands in the way of a move. API: `GET …/migrate`
    ///
    /// # Errors
    /// Not found when this node does not have the VM. Any failure of the request.
    pub async fn migration_check(&self, target: &NodeName) -> Result<MigrationCheck, Error> {
        self.client.get(&self.path("/migrate"), &Params::new().with("target", target)).await
    }
}

impl Lxc {
    /// Move the container to another node. API: `POST …/migrate`
    ///
    /// A container cannot move while it runs: `restart` stops it and starts it there.
    ///
    /// # Errors
    /// When it runs and `restart` is not set; a failed task; a passed deadline, which leaves the move
    /// going on.
    pub fn migrate(&self, to: &MigrateContainer) -> Migration {
        let mut params = Params::new();
        params
            .set("target", &to.target)
            .set_opt("restart", to.restart.then_some(true))
            .set_opt("timeout", to.shutdown_timeout.map(|timeout| timeout.as_secs()))
            .set_opt("target-storage", to.target_storage.as_ref())
            .set_opt("bwlimit", to.bandwidth_limit);
        let types = &["vzmigrate", "hamigrate"];
        let call = self.call(Method::POST, self.path("/migrate"), params, types);
        Migration {
            client: self.client.clone(),
            kind: GuestKind::Lxc,
            vmid: self.vmid,
            source: self.node.clone(),
            target: to.target.clone(),
            call,
        }
    }
}

/// Where to move a VM. API: `POST /nodes/{node}/qemu/{vmid}/migrate`
#[derive(Clone, Debug)]
pub struct MigrateVm {
    /// The node to move it to
    pub target: NodeName,
    /// Move it while it runs
    pub online: bool,
    /// Copy disks that the target does not see
    pub with_local_disks: bool,
    /// Storage for local disks: a name, or pairs such as `local:fast,nfs:nfs`; the same by default
    pub target_storage: Option<String>,
    /// Limit of the copying, in KiB/s
    pub bandwidth_limit: Option<u64>,
}

impl MigrateVm {
    /// A move to this node with the server's defaults
    pub fn new(target: NodeName) -> Self {
        Self {
            target,
            online: false,
            with_local_disks: false,
            target_storage: None,
            bandwidth_limit: None,
        }
    }
}

/// Where to move a container. API: `POST /nodes/{node}/lxc/{vmid}/migrate`
#[derive(Clone, Debug)]
pub struct MigrateContainer {
    /// The node to move it to
    pub target: NodeName,
    /// Stop it, move it and start it there
    pub restart: bool,
    /// Time for its shutdown before a restart; 180 s by default
    pub shutdown_timeout: Option<Duration>,
    /// Storage for local volumes: a name, or pairs such as `local:fast`; the same by default
    pub target_storage: Option<String>,
    /// Limit of the copying, in KiB/s
    pub bandwidth_limit: Option<u64>,
}

impl MigrateContainer {
    /// A move to this node with the server's defaults
    pub fn new(target: NodeName) -> Self {
        Self {
            target,
            restart: false,
            shutdown_timeout: None,
            target_storage: None,
            bandwidth_limit: None,
        }
    }
}

/// What stands in the way of a VM's move. API: `GET /nodes/{node}/qemu/{vmid}/migrate`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct MigrationCheck {
    /// Whether the VM runs
    #[serde(default)]
    pub running: bool,
    /// Disks that only this node sees
    #[serde(default)]
    pub local_disks: Vec<LocalDisk>,
    /// Devices of this node that it uses: they forbid the move
    #[serde(default)]
    pub local_resources: Vec<String>,
}

/// A disk that only the VM's node sees
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalDisk {
    /// Its volume
    pub volid: String,
    /// Its size in bytes
    #[serde(default)]
    pub size: Option<u64>,
    /// Whether it is a CD
    #[serde(default)]
    pub cdrom: bool,
}

/// A move of a guest; nothing is sent before it is awaited
///
/// Awaiting it starts the move and ends when the guest is on its new node, whoever moves it. The
/// client's deadline bounds all of that. Dropping the future leaves the move going on.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Migration {
    client: Client,
    kind: GuestKind,
    vmid: VmId,
    source: NodeName,
    target: NodeName,
    call: TaskCall,
}

impl Migration {
    /// End everything at this deadline instead of the client's
    pub fn until(mut self, deadline: &Deadline) -> Self {
        self.client = self.client.until(deadline);
        self.call = self.call.until(deadline);
        self
    }

    /// Await it, and call this as soon as a task has started, with its id
    ///
    /// # Errors
    /// As awaiting the migration itself.
    pub async fn on_start(self, started: impl FnMut(&Upid) + Send) -> Result<TaskReport, Error> {
        let deadline = self.client.deadline();
        let Self { client, kind, vmid, source, target, call } = self;
        let client = client.until(&deadline);
        let report = call.until(&deadline).on_start(started).await?;
        let upid = report.upid.clone();
        let ordered = upid.filter(|upid| upid.task_type() == "hamigrate");
        let following = Following { client, kind, vmid, source, target };
        following.follow(ordered.as_ref(), &deadline).await?;
        Ok(report)
    }
}

impl IntoFuture for Migration {
    type Output = Result<TaskReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<TaskReport, Error>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.on_start(|_| {}))
    }
}

/// A guest on its way
struct Following {
    client: Client,
    kind: GuestKind,
    vmid: VmId,
    source: NodeName,
    target: NodeName,
}

impl Following {
    /// Wait until the guest is on its target; `ordered` is the task that told the manager to move it
    async fn follow(&self, ordered: Option<&Upid>, deadline: &Deadline) -> Result<(), Error> {
        let mut pauses = Delays::new(Duration::from_millis(200), Duration::from_secs(3), 1.5);
        loop {
            if self.has_arrived().await? {
                self.client.cluster().invalidate();
                return Ok(());
            }
            if let Some(ordered) = ordered {
                self.check_failure(ordered).await?;
            }
            if !deadline.sleep(pauses.next_pause()).await {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    deadline.passed_while(&format!("{self} was moving; it goes on")),
                ));
            }
        }
    }

    /// Whether the target has the guest and the move is over
    async fn has_arrived(&self) -> Result<bool, Error> {
        let path = format!("/nodes/{}/{}/{}/config", self.target, self.kind, self.vmid);
        match self.client.get::<GuestConfig>(&path, &Params::new()).await {
            Ok(config) => Ok(config.text("lock").as_deref() != Some("migrate")),
            Err(error) if error.is_not_found() || error.is_transient() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Fail as the manager's own move failed, if it did
    async fn check_failure(&self, ordered: &Upid) -> Result<(), Error> {
        let task_type = match self.kind {
            GuestKind::Lxc => "vzmigrate",
            GuestKind::Qemu => "qmigrate",
        };
        let filter = TaskFilter {
            vmid: Some(self.vmid),
            since: Some(ordered.start_time()),
            task_type: Some(task_type.to_owned()),
            ..TaskFilter::default()
        };
        // The two views are extras: what counts is whether the guest arrives.
        let tasks = self.client.node(&self.source).tasks(&filter).await.unwrap_or_default();
        // The newest first: an older one may have been tried again.
        if let Some(task) = tasks.first()
            && let Some(status) = task.status.as_deref()
            && task.endtime.is_some()
            && status != "OK"
            && !status.starts_with("WARNINGS")
        {
            let deadline = self.client.deadline();
            return self.client.wait(&task.upid, &deadline).await.map(|_| ());
        }
        let service = self.client.cluster().ha_service(self.kind, self.vmid).await;
        if let Ok(Some(HaService { state, .. })) = service
            && state == "error"
        {
            let text = format!("high availability gave up on {self}: its state there is `error`");
            return Err(Error::new(ErrorKind::TaskFailed, text));
        }
        Ok(())
    }
}

impl fmt::Display for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest {} from {} to {}", self.vmid, self.source, self.target)
    }
}

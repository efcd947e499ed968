//! A client for the Proxmox VE API.
//!
//! ```no_run
//! use onprem_proxmox::{Authentication, Client, DownloadUrl, NodeName, Params, StorageName, VmId};
//!
//! # async fn example() -> Result<(), onprem_proxmox::Error> {
//! let token = Authentication::ApiToken(std::env::var("TOKEN").unwrap_or_default().into());
//! let pve = Client::builder(["https://pve1:8006", "https://pve2:8006"], token).build()?;
//! println!("Proxmox VE {}", pve.version().await?.version);
//!
//! let (node, local) = (NodeName::new("pve1")?, StorageName::new("local")?);
//! let image = DownloadUrl {
//!     url: "https://cloud.example/debian-13.qcow2".to_owned(),
//!     content: "import".to_owned(),
//!     filename: "debian-13.qcow2".to_owned(),
//!     ..DownloadUrl::default()
//! };
//! pve.storage(&node, &local).download_url(&image).await?;
//!
//! let vm = pve.qemu(&node, VmId::new(9000)?);
//! let mut params = Params::new();
//! params
//!     .set("name", "debian-13")
//!     .set("memory", 2048)
//!     .set("scsi0", "local:0,import-from=local:import/debian-13.qcow2");
//! vm.create(&params).await?;
//! for warning in vm.convert_to_template().await?.warnings {
//!     println!("{warning}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - A [`Client`] is cheap to clone and speaks to one cluster through any of its nodes.
//!   [`Client::until`] bounds everything that follows by a [`Deadline`].
//! - A change that Proxmox carries out in a task is a [`TaskCall`]: awaiting it follows the task to
//!   its end. Nothing is started twice, even if an answer is lost.
//! - Values in Proxmox' many spellings are read and written through serde by [`codec`].
//! - An [`Error`] says what was attempted, where, and what the server said; its
//!   [`kind`](Error::kind) names the situation.

pub mod codec;
pub mod property_string;

mod agent;
mod auth;
mod call;
mod client;
mod cluster;
mod config;
mod error;
mod feature;
mod firewall;
mod guest;
mod ha;
mod interfaces;
mod limits;
mod lxc;
mod migrate;
mod names;
mod network;
mod node;
mod params;
mod pool;
mod power;
mod qemu;
mod snapshot;
mod storage;
mod task;

pub use agent::{Agent, AgentAnswer};
pub use auth::Authentication;
pub use client::{Client, ClientBuilder, Version};
pub use cluster::{Cluster, GuestKind, GuestLocation, NodeEntry, Resource};
pub use config::{GuestConfig, PendingValue};
pub use error::{Error, ErrorKind, TaskFailure};
pub use feature::{Feature, FeatureCheck};
pub use firewall::{
    Firewall, FirewallAlias, FirewallGroup, FirewallGroups, FirewallLog, FirewallOptions,
    FirewallRule, FirewallRules, IpSet, IpSetEntry, IpSetInfo, RuleAction, RuleDirection, RuleEdit,
    RuleEntry, RuleList, edit_script,
};
pub use ha::{HaResource, HaService, HaStatus};
pub use interfaces::{GuestAddress, GuestInterface};
pub use limits::Limits;
pub use lxc::{CloneContainer, ContainerStatus, DeleteContainer, Lxc, MoveVolume};
pub use migrate::{LocalDisk, MigrateContainer, MigrateVm, Migration, MigrationCheck};
pub use names::{NameError, NodeName, StorageName, Upid, VmId, VolumeId};
pub use network::NetworkDevice;
pub use node::{Node, StorageEntry, TaskFilter};
pub use params::{ParamValue, Params};
pub use pool::{Pool, PoolEntry, PoolInfo, PoolMember};
pub use power::Power;
pub use qemu::{CloneVm, CloudInitPart, DeleteVm, MoveDisk, Qemu, VmStatus};
pub use snapshot::Snapshot;
pub use storage::{DownloadUrl, Storage, StorageStatus, Upload, UploadSource, Volume, VolumeInfo};
pub use task::{TaskCall, TaskEntry, TaskLog, TaskReport, TaskStatus};

pub use onprem_http::{
    Deadline, Method, RequestContext, RetryPolicy, Secret, TlsFailure, TlsProblem, Unreachable,
};

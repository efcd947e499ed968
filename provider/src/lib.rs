//! The Terraform provider `onprem`, for machines that people run themselves.
//!
//! [`OnPrem`] is the provider block and what it configures; each system has a folder with one file a
//! resource, data source or action.

mod functions;
mod idrac;
mod netbox;
mod provider;
mod proxmox;
mod system;

pub use idrac::{IdracConfig, IdracServer};
pub use netbox::NetBoxConfig;
pub use provider::{Clients, Config, OnPrem};
pub use proxmox::{ProxmoxConfig, VmIdRange};

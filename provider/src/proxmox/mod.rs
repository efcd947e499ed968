//! Proxmox VE: images, templates, guests, their firewall and pools.
//!
//! `system` is the provider block's part and the client that it makes; `explain` says what its errors
//! mean; `format` and `names` are how Proxmox writes values; `creation` makes guests, `claim` is how a
//! killed create is found again, `fingerprint` how a guest is recognised, and `comment` what both leave in
//! its description; `hardware` is what templates
//! and VMs are made of, `parameters` what of it is less or more than one parameter; `placement` and `power`
//! are where a guest is and whether it runs, `addresses` what it can be
//! reached at, `task_log` what a task tells. Every other file is one resource or data source, in the list
//! below.

mod addresses;
mod claim;
mod cloud_init_iso;
mod comment;
mod container;
mod containers;
mod creation;
mod explain;
mod fingerprint;
mod firewall;
mod format;
mod guest_list;
mod guest_migrate;
mod guest_power;
mod guests;
mod hardware;
mod image;
mod names;
mod next_vm_id;
mod nodes;
mod parameters;
mod peers;
mod placement;
mod pool;
mod power;
mod storages;
mod system;
mod task_log;
mod template;
mod templates;
mod ticket;
mod version;
mod vm;
mod vms;

use tf_provider::Registry;

use crate::Clients;

pub(crate) use explain::explain;
#[cfg(test)]
pub(crate) use system::VmIdRangePlan;
pub(crate) use system::{Proxmox, ProxmoxSystem, validate};
pub use system::{ProxmoxConfig, VmIdRange};

/// What the provider offers for Proxmox VE.
pub(crate) fn register(registry: &mut Registry<Clients>) {
    registry
        .resource::<cloud_init_iso::CloudInitIso>()
        .resource::<firewall::FirewallAlias>()
        .resource::<firewall::FirewallGroup>()
        .resource::<firewall::FirewallIpset>()
        .resource::<firewall::FirewallOptions>()
        .resource::<firewall::FirewallRule>()
        .resource::<firewall::FirewallRules>()
        .resource::<container::Container>()
        .resource::<image::Image>()
        .resource::<pool::Pool>()
        .resource::<template::Template>()
        .resource::<vm::Vm>()
        .list_resource::<container::list::Containers>()
        .list_resource::<image::list::Images>()
        .list_resource::<template::list::Templates>()
        .list_resource::<vm::list::Vms>()
        .ephemeral_resource::<ticket::Ticket>()
        .action::<guest_migrate::GuestMigrate>()
        .action::<guest_power::GuestPower>()
        .data_source::<containers::ContainerLookup>()
        .data_source::<containers::Containers>()
        .data_source::<next_vm_id::NextVmId>()
        .data_source::<nodes::Nodes>()
        .data_source::<storages::Storages>()
        .data_source::<templates::TemplateLookup>()
        .data_source::<templates::Templates>()
        .data_source::<version::ProxmoxVersion>()
        .data_source::<vms::VmLookup>()
        .data_source::<vms::Vms>();
}

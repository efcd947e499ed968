//! NetBox: addresses, networks and what they belong to.
//!
//! `system` is the provider block's part and the client that it makes; `model` creates, reads, changes and
//! deletes objects of every kind, `lookup` finds them, and `lists` finds those that nobody manages yet;
//! `labels` and `custom_fields` are what most of them have; `format` and `names` are how NetBox writes
//! values; `explain` says what its errors mean. Every other file is a resource, or the data sources of one
//! kind, in the list below.

mod aggregate;
mod cluster;
mod cluster_type;
mod custom_field;
mod custom_fields;
mod explain;
mod format;
mod ip_address;
mod ip_addresses;
mod ip_range;
mod ip_ranges;
mod labels;
mod lists;
mod lookup;
mod mac_address;
mod model;
mod names;
mod prefix;
mod prefixes;
mod rir;
mod role;
mod service;
mod site;
mod system;
mod tag;
mod tenant;
mod virtual_machine;
mod vlan;
mod vlan_group;
mod vlans;
mod vm_interface;
mod vrf;

use tf_provider::Registry;

use crate::Clients;

pub(crate) use explain::explain;
pub use system::NetBoxConfig;
pub(crate) use system::{NetBox, NetBoxSystem, validate};

/// What the provider offers for NetBox.
pub(crate) fn register(registry: &mut Registry<Clients>) {
    registry
        .resource::<aggregate::Aggregate>()
        .resource::<cluster::Cluster>()
        .resource::<cluster_type::ClusterType>()
        .resource::<custom_field::CustomField>()
        .resource::<mac_address::MacAddress>()
        .resource::<rir::Rir>()
        .resource::<role::Role>()
        .resource::<service::Service>()
        .resource::<site::Site>()
        .resource::<virtual_machine::VirtualMachine>()
        .resource::<vlan_group::VlanGroup>()
        .resource::<vm_interface::VmInterface>()
        .resource::<ip_address::IpAddress>()
        .resource::<ip_range::IpRange>()
        .resource::<prefix::Prefix>()
        .resource::<tag::Tag>()
        .resource::<tenant::Tenant>()
        .resource::<vlan::Vlan>()
        .resource::<vrf::Vrf>()
        .data_source::<ip_addresses::IpAddressLookup>()
        .data_source::<ip_addresses::IpAddresses>()
        .data_source::<ip_ranges::IpRangeLookup>()
        .data_source::<ip_ranges::IpRanges>()
        .data_source::<prefixes::PrefixLookup>()
        .data_source::<prefixes::PrefixUtilization>()
        .data_source::<prefixes::Prefixes>()
        .data_source::<vlans::VlanLookup>()
        .data_source::<vlans::Vlans>();
    lists::register(registry);
    lookup::register(registry);
}

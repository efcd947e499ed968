//! NetBox: addresses, networks and what they belong to.
//!
//! `system` is the provider block's part and the client that it makes; `model` creates, reads, changes and
//! deletes objects of every kind, and `lookup` finds them; `labels` and `custom_fields` are what most of them have; `format` and
//! `names` are how NetBox writes values; `explain` says what its errors mean. Every other file is a
//! resource, or the data sources of one kind, in the list below.

mod custom_fields;
mod explain;
mod format;
mod ip_address;
mod ip_addresses;
mod ip_range;
mod labels;
mod lookup;
mod model;
mod names;
mod prefix;
mod prefixes;
mod system;
mod tag;
mod tenant;
mod vlan;
mod vrf;

use tf_provider::Registry;

use crate::Clients;

pub(crate) use explain::explain;
pub use system::NetBoxConfig;
pub(crate) use system::{NetBox, NetBoxSystem, validate};

/// What the provider offers for NetBox.
pub(crate) fn register(registry: &mut Registry<Clients>) {
    registry
        .resource::<ip_address::IpAddress>()
        .resource::<ip_range::IpRange>()
        .resource::<prefix::Prefix>()
        .resource::<tag::Tag>()
        .resource::<tenant::Tenant>()
        .resource::<vlan::Vlan>()
        .resource::<vrf::Vrf>()
        .data_source::<ip_addresses::IpAddressLookup>()
        .data_source::<ip_addresses::IpAddresses>()
        .data_source::<prefixes::PrefixLookup>()
        .data_source::<prefixes::PrefixUtilization>()
        .data_source::<prefixes::Prefixes>();
    lookup::register(registry);
}

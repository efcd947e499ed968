//! MAC addresses. API: `/api/dcim/mac-addresses/`.

use onprem_netbox::{Kind, MacAddress as Mac, Query, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Prose;

/// A MAC address in NetBox 4.2 and later, of an interface or of none.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_mac_address",
    group = "NetBox",
    import = "{id}",
    import = "{mac_address}",
    required_together(assigned_object_type, assigned_object_id),
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct MacAddress {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// The address, in any spelling.
    #[attr(required, api, since = "4.2")]
    mac_address: Text<Mac>,
    /// Type of the interface that has it.
    #[attr(setting, api)]
    assigned_object_type: Option<InterfaceType>,
    /// Number of the interface that has it.
    #[attr(setting, api)]
    assigned_object_id: Option<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// What can have a MAC address.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum InterfaceType {
    #[choice(name = "dcim.interface")]
    Interface,
    #[choice(name = "virtualization.vminterface")]
    VmInterface,
    Other(String),
}

impl Model for MacAddress {
    const KIND: &'static Kind = &kinds::MAC_ADDRESS;

    fn labels(values: &MacAddressValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &MacAddressValues) -> Key {
        let address = named.mac_address.known().map(ToString::to_string);
        Key { query: Query::new().with_some("mac_address", address), vrf: None }
    }
}

resource!(MacAddress);

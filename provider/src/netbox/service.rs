//! Services. API: `/api/ipam/services/`.

use std::collections::BTreeSet;

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Model, resource};
use super::names::Prose;

/// A service in NetBox: what a machine offers on which ports.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_service",
    group = "NetBox",
    import = "{id}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Service {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Transport protocol.
    #[attr(required, api)]
    protocol: ServiceProtocol,
    /// Its ports.
    #[attr(required, api)]
    ports: BTreeSet<i64>,
    /// Type of what offers it.
    #[attr(required, api, since = "4.3")]
    parent_object_type: ServiceParent,
    /// Number of what offers it.
    #[attr(required, api, since = "4.3")]
    parent_object_id: i64,
    /// Numbers of the addresses that it listens on; all unless set.
    #[attr(setting, api = "ipaddresses", absent = BTreeSet::new())]
    ip_address_ids: BTreeSet<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Transport protocol of a service.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ServiceProtocol {
    Tcp,
    Udp,
    Sctp,
    Other(String),
}

/// What can offer a service.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ServiceParent {
    #[choice(name = "dcim.device")]
    Device,
    #[choice(name = "virtualization.virtualmachine")]
    VirtualMachine,
    #[choice(name = "ipam.fhrpgroup")]
    FhrpGroup,
    Other(String),
}

impl Model for Service {
    const KIND: &'static Kind = &kinds::SERVICE;

    fn labels(values: &ServiceValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }
}

resource!(Service);

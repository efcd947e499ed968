//! VLANs. API: `/api/ipam/vlans/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Prose;

/// A VLAN in NetBox.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_vlan",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Vlan {
    /// Number that NetBox gave it; `vid` is the number in the network.
    #[attr(computed, identity, api)]
    id: i64,
    /// Number of the VLAN in the network.
    #[attr(required, api, range(1, 4094))]
    vid: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Operational status.
    #[attr(setting, api, absent = VlanStatus::Active)]
    status: VlanStatus,
    /// Number of the VLAN group that it is in; numbers and names are unique in a group.
    #[attr(setting, api = "group")]
    group_id: Option<i64>,
    /// Number of the site that it is in.
    #[attr(setting, api = "site")]
    site_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Number of its role.
    #[attr(setting, api = "role")]
    role_id: Option<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a VLAN.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum VlanStatus {
    Active,
    Reserved,
    Deprecated,
    Other(String),
}

impl Model for Vlan {
    const KIND: &'static Kind = &kinds::VLAN;

    fn labels(values: &VlanValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &VlanValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Vlan);

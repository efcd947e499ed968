//! Groups of VLANs. API: `/api/ipam/vlan-groups/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Slug;

/// A group of VLANs in NetBox, in which numbers and names are unique.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_vlan_group",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    required_together(scope_type, scope_id),
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct VlanGroup {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Ranges of numbers that its VLANs may have, each its first and its last.
    #[attr(setting, api, absent = vec![vec![1, 4094]], since = "4.1")]
    vid_ranges: Vec<Vec<i64>>,
    /// Where it is: a type such as `dcim.site` or `virtualization.cluster`.
    #[attr(setting, api)]
    scope_type: Option<String>,
    /// Number of what the scope is.
    #[attr(setting, api)]
    scope_id: Option<i64>,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for VlanGroup {
    const KIND: &'static Kind = &kinds::VLAN_GROUP;

    fn labels(values: &VlanGroupValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &VlanGroupValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(VlanGroup);

//! Roles of prefixes and VLANs. API: `/api/ipam/roles/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Slug;

/// A role of prefixes, ranges and VLANs in NetBox.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_role",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Role {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Place in lists; the smallest comes first.
    #[attr(setting, api, absent = 1000, range(0, 32767))]
    weight: i64,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for Role {
    const KIND: &'static Kind = &kinds::ROLE;

    fn labels(values: &RoleValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &RoleValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Role);

//! Registries. API: `/api/ipam/rirs/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Slug;

/// A regional registry in NetBox, or somebody who acts like one: who assigns address space.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_rir",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Rir {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Hands out private address space.
    #[attr(setting, api, absent = false)]
    is_private: bool,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for Rir {
    const KIND: &'static Kind = &kinds::RIR;

    fn labels(values: &RirValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &RirValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Rir);

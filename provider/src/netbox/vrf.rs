//! VRFs. API: `/api/ipam/vrfs/`.

use std::collections::BTreeSet;

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Prose;

/// A VRF in NetBox: a routing table of its own, in which networks may repeat those of others.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_vrf",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Vrf {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name. NetBox lets several have the same.
    #[attr(required, api)]
    name: String,
    /// Route distinguisher (RFC 4364), which no other VRF has, for example `65000:1`.
    #[attr(setting, api)]
    rd: Option<String>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Refuses prefixes and addresses that are in it already.
    #[attr(setting, api, absent = true)]
    enforce_unique: bool,
    /// Numbers of the route targets that it imports.
    #[attr(setting, api = "import_targets", absent = BTreeSet::new())]
    import_target_ids: BTreeSet<i64>,
    /// Numbers of the route targets that it exports.
    #[attr(setting, api = "export_targets", absent = BTreeSet::new())]
    export_target_ids: BTreeSet<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for Vrf {
    const KIND: &'static Kind = &kinds::VRF;

    fn labels(values: &VrfValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &VrfValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Vrf);

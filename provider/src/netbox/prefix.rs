//! Prefixes: given ones, and the next free one inside another. API: `/api/ipam/prefixes/`.

use onprem_netbox::{Kind, Place, Query, kinds};
use tf_provider::api::{ApiFields, Json};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Network, Prose, ScopeType};

/// An IP prefix in NetBox: a given one, or the next free one inside another. Destroying it leaves the
/// prefixes and addresses inside alone.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_prefix",
    group = "NetBox",
    import = "{id}",
    import = "{prefix}",
    import = "{prefix}@{vrf}",
    exactly_one_of(prefix, parent_prefix_id),
    required_together(parent_prefix_id, prefix_length),
    required_together(scope_type, scope_id),
    timeouts(create = "10m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Prefix {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// The network, for example `10.20.0.0/16`. A new one changes it in place.
    #[attr(setting, keep, api)]
    prefix: Text<Network>,
    /// Number of the prefix to take the next free one of `prefix_length` in.
    #[attr(creation)]
    parent_prefix_id: Option<i64>,
    /// Length of the prefix to take, for example 24.
    #[attr(creation, range(1, 128))]
    prefix_length: Option<i64>,
    /// Address family: 4 or 6.
    #[attr(computed(until = [prefix]), api)]
    family: i64,
    /// Number of the VRF that it is in; none is the global table. What is taken from another prefix is in
    /// its VRF.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    /// Name of the VRF.
    #[attr(computed(until = [vrf_id]), api)]
    vrf: Option<String>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Number of the VLAN that carries it.
    #[attr(setting, api = "vlan")]
    vlan_id: Option<i64>,
    /// Number of its role.
    #[attr(setting, api = "role")]
    role_id: Option<i64>,
    /// Operational status.
    #[attr(setting, api, absent = PrefixStatus::Active)]
    status: PrefixStatus,
    /// Where it is used: the type of a site, location, region or group of sites.
    #[attr(setting, api, since = "4.2")]
    scope_type: Option<ScopeType>,
    /// Number of the site, location, region or group of sites.
    #[attr(setting, api, since = "4.2")]
    scope_id: Option<i64>,
    /// Hands out every address, the first and the last as well.
    #[attr(setting, api, absent = false)]
    is_pool: bool,
    /// Counts it as wholly used.
    #[attr(setting, api, absent = false)]
    mark_utilized: bool,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a prefix.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum PrefixStatus {
    Active,
    Container,
    Reserved,
    Deprecated,
    Other(String),
}

impl Model for Prefix {
    const KIND: &'static Kind = &kinds::PREFIX;

    fn labels(values: &PrefixValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn place(plan: &PrefixPlan, fields: &mut ApiFields) -> Place {
        let Some(parent) = plan.parent_prefix_id else { return Place::Collection(Self::KIND) };
        fields.remove("prefix");
        fields.insert("prefix_length".to_owned(), plan.prefix_length.into());
        Place::PrefixOfPrefix(parent)
    }

    fn complete(fields: &mut ApiFields) {
        let prefix = fields.get("prefix").and_then(Json::as_str);
        let Some(prefix) = prefix.and_then(|text| text.parse::<Network>().ok()) else { return };
        fields.insert("family".to_owned(), prefix.family().into());
    }

    fn key(named: &PrefixValues) -> Key {
        let prefix = named.prefix.known().map(ToString::to_string);
        Key { query: Query::new().with_some("prefix", prefix), vrf: named.vrf.known().cloned() }
    }
}

resource!(Prefix);

//! Aggregates. API: `/api/ipam/aggregates/`.

use onprem_netbox::{Kind, Query, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Network, Prose};

/// An aggregate in NetBox: address space that a registry assigned, which prefixes are carved out of.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_aggregate",
    group = "NetBox",
    import = "{id}",
    import = "{prefix}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Aggregate {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// The network, for example `10.0.0.0/8`.
    #[attr(required, api)]
    prefix: Text<Network>,
    /// Number of the registry that assigned it.
    #[attr(required, api = "rir")]
    rir_id: i64,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Day on which it was assigned, for example `2026-11-21`.
    #[attr(setting, api)]
    date_added: Option<String>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for Aggregate {
    const KIND: &'static Kind = &kinds::AGGREGATE;

    fn labels(values: &AggregateValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &AggregateValues) -> Key {
        let prefix = named.prefix.known().map(ToString::to_string);
        Key { query: Query::new().with_some("prefix", prefix), vrf: None }
    }
}

resource!(Aggregate);

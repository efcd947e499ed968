//! Clusters. API: `/api/virtualization/clusters/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Prose, ScopeType};

/// A cluster in NetBox: hosts that run virtual machines.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_cluster",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    required_together(scope_type, scope_id),
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Cluster {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Number of its type.
    #[attr(required, api = "type")]
    type_id: i64,
    /// Operational status.
    #[attr(setting, api, absent = ClusterStatus::Active)]
    status: ClusterStatus,
    /// Number of the group of clusters that it is in.
    #[attr(setting, api = "group")]
    group_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Where it is: the type of a site, location, region or group of sites.
    #[attr(setting, api, since = "4.2")]
    scope_type: Option<ScopeType>,
    /// Number of the site, location, region or group of sites.
    #[attr(setting, api, since = "4.2")]
    scope_id: Option<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a cluster.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ClusterStatus {
    Planned,
    Staging,
    Active,
    Decommissioning,
    Offline,
    Other(String),
}

impl Model for Cluster {
    const KIND: &'static Kind = &kinds::CLUSTER;

    fn labels(values: &ClusterValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &ClusterValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Cluster);

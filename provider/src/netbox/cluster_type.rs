//! Types of clusters. API: `/api/virtualization/cluster-types/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Slug;

/// A type of clusters in NetBox, such as Proxmox VE.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_cluster_type",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct ClusterType {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for ClusterType {
    const KIND: &'static Kind = &kinds::CLUSTER_TYPE;

    fn labels(values: &ClusterTypeValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &ClusterTypeValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(ClusterType);

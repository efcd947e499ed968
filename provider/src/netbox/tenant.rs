//! Tenants. API: `/api/tenancy/tenants/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Prose, Slug};

/// A tenant in NetBox: whom other objects belong to.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_tenant",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Tenant {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Number of the tenant group that it is in.
    #[attr(setting, api = "group")]
    group_id: Option<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

impl Model for Tenant {
    const KIND: &'static Kind = &kinds::TENANT;

    fn labels(values: &TenantValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &TenantValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Tenant);

//! Sites. API: `/api/dcim/sites/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Prose, Slug};

/// A site in NetBox: a place with equipment.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_site",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Site {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Operational status.
    #[attr(setting, api, absent = SiteStatus::Active)]
    status: SiteStatus,
    /// Number of the region that it is in.
    #[attr(setting, api = "region")]
    region_id: Option<i64>,
    /// Number of the group of sites that it is in.
    #[attr(setting, api = "group")]
    group_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Name of the building or room.
    #[attr(setting, api, absent = "")]
    facility: String,
    /// Time zone, for example `Europe/Vienna`.
    #[attr(setting, api)]
    time_zone: Option<String>,
    /// Where it is.
    #[attr(setting, api, absent = Prose::default())]
    physical_address: Text<Prose>,
    /// Where parcels go.
    #[attr(setting, api, absent = Prose::default())]
    shipping_address: Text<Prose>,
    /// Degrees north.
    #[attr(setting, api)]
    latitude: Option<f64>,
    /// Degrees east.
    #[attr(setting, api)]
    longitude: Option<f64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a site.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum SiteStatus {
    Planned,
    Staging,
    Active,
    Decommissioning,
    Retired,
    Other(String),
}

impl Model for Site {
    const KIND: &'static Kind = &kinds::SITE;

    fn labels(values: &SiteValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &SiteValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Site);

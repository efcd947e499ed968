//! Looking VLANs up. API: `GET /api/ipam/vlans/`.

use onprem_netbox::{Query, kinds};
use tf_provider::{Attributes, DataSource, Result};

use super::NetBox;
use super::lookup::{Told, many, one};

/// What a search tells of a VLAN.
#[derive(Clone, Attributes)]
pub(crate) struct VlanTold {
    /// Operational status.
    #[attr(computed, api)]
    status: String,
    /// Number of its role.
    #[attr(computed, api = "role")]
    role_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(computed, api = "tenant")]
    tenant_id: Option<i64>,
    #[attr(flatten)]
    told: Told,
}

/// A VLAN in NetBox, by the number that NetBox gave it, the one in the network, or its name.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_vlan", group = "NetBox", exactly_one_of(id, name, vid))]
pub(crate) struct VlanLookup {
    /// Number that NetBox gave it; `vid` is the number in the network.
    #[attr(setting, api)]
    id: i64,
    /// Number of the VLAN in the network; groups and sites may have the same.
    #[attr(setting, api, range(1, 4094))]
    vid: i64,
    /// Its name.
    #[attr(setting, api)]
    name: String,
    /// Number of the VLAN group to search in; all, and outside of them, unless set.
    #[attr(setting, api = "group")]
    group_id: Option<i64>,
    /// Number of the site to search in; all, and outside of them, unless set.
    #[attr(setting, api = "site")]
    site_id: Option<i64>,
    #[attr(flatten)]
    rest: VlanTold,
}

impl DataSource for VlanLookup {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: VlanLookupPlan) -> Result<Self> {
        let VlanLookupPlan { id, vid, name, group_id, site_id, .. } = arguments;
        let what = name.clone().or_else(|| id.or(vid).map(|number| number.to_string()));
        let query = Query::new()
            .with_some("vid", vid)
            .with_some("name", name)
            .with_some("group_id", group_id)
            .with_some("site_id", site_id);
        one(netbox, &kinds::VLAN, id, &query, &what.unwrap_or_default()).await
    }
}

/// VLANs in NetBox. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_vlans", group = "NetBox")]
pub(crate) struct Vlans {
    /// Only those in the VLAN group with this number.
    #[attr(optional)]
    group_id: Option<i64>,
    /// Only those in the site with this number.
    #[attr(optional)]
    site_id: Option<i64>,
    /// Only those of the tenant with this number.
    #[attr(optional)]
    tenant_id: Option<i64>,
    /// Only those with the role with this number.
    #[attr(optional)]
    role_id: Option<i64>,
    /// Only those with this status.
    #[attr(optional)]
    status: Option<String>,
    /// Only those with this tag, by its slug.
    #[attr(optional)]
    tag: Option<String>,
    /// The VLANs, by the number that NetBox gave them.
    #[attr(computed)]
    vlans: Vec<VlanFound>,
}

/// A VLAN.
#[derive(Clone, Attributes)]
pub(crate) struct VlanFound {
    /// Number that NetBox gave it.
    #[attr(computed, api)]
    id: i64,
    /// Number of the VLAN in the network.
    #[attr(computed, api)]
    vid: i64,
    /// Its name.
    #[attr(computed, api)]
    name: String,
    /// Number of the VLAN group that it is in.
    #[attr(computed, api = "group")]
    group_id: Option<i64>,
    /// Number of the site that it is in.
    #[attr(computed, api = "site")]
    site_id: Option<i64>,
    #[attr(flatten)]
    rest: VlanTold,
}

impl DataSource for Vlans {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: VlansPlan) -> Result<Self> {
        let VlansPlan { group_id, site_id, tenant_id, role_id, status, tag, .. } = arguments;
        let query = Query::new()
            .with_some("group_id", group_id)
            .with_some("site_id", site_id)
            .with_some("tenant_id", tenant_id)
            .with_some("role_id", role_id)
            .with_some("status", status.as_ref())
            .with_some("tag", tag.as_ref());
        let vlans = many(netbox, &kinds::VLAN, &query).await?;
        Ok(Self { group_id, site_id, tenant_id, role_id, status, tag, vlans })
    }
}

//! Looking IP ranges up. API: `GET /api/ipam/ip-ranges/`.

use onprem_netbox::{Query, kinds};
use tf_provider::{Attributes, DataSource, Result, Text};

use super::NetBox;
use super::lookup::{Told, many, one};
use super::names::Address;

/// What a search tells of a range.
#[derive(Clone, Attributes)]
pub(crate) struct RangeTold {
    /// The last address, with the length of its network.
    #[attr(computed, api)]
    end_address: String,
    /// Addresses in it.
    #[attr(computed, api)]
    size: i64,
    /// Name of the VRF that it is in.
    #[attr(computed, api)]
    vrf: Option<String>,
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

/// An IP range in NetBox, by its number or its first address.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_ip_range", group = "NetBox", exactly_one_of(id, start_address))]
pub(crate) struct IpRangeLookup {
    /// Its number.
    #[attr(setting, api)]
    id: i64,
    /// The first address, with the length of its network.
    #[attr(setting, api)]
    start_address: Text<Address>,
    /// Number of the VRF to search in; all, and the global table, unless set.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: RangeTold,
}

impl DataSource for IpRangeLookup {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: IpRangeLookupPlan) -> Result<Self> {
        let IpRangeLookupPlan { id, start_address, vrf_id, .. } = arguments;
        let start = start_address.map(|address| address.to_string());
        let what = id.map(|id| id.to_string()).or_else(|| start.clone()).unwrap_or_default();
        let query = Query::new().with_some("start_address", start).with_some("vrf_id", vrf_id);
        one(netbox, &kinds::IP_RANGE, id, &query, &what).await
    }
}

/// Which ranges are wanted.
#[derive(Clone, Attributes)]
pub(crate) struct RangeFilter {
    /// Only those in the VRF with this number.
    #[attr(optional)]
    vrf_id: Option<i64>,
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
}

impl RangeFilterPlan {
    /// What NetBox is asked for.
    pub(crate) fn query(&self) -> Query {
        Query::new()
            .with_some("vrf_id", self.vrf_id)
            .with_some("tenant_id", self.tenant_id)
            .with_some("role_id", self.role_id)
            .with_some("status", self.status.as_ref())
            .with_some("tag", self.tag.as_ref())
    }
}

/// IP ranges in NetBox. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_ip_ranges", group = "NetBox")]
pub(crate) struct IpRanges {
    #[attr(flatten)]
    filter: RangeFilter,
    /// The ranges, by number.
    #[attr(computed)]
    ip_ranges: Vec<RangeFound>,
}

/// An IP range.
#[derive(Clone, Attributes)]
pub(crate) struct RangeFound {
    /// Its number.
    #[attr(computed, api)]
    id: i64,
    /// The first address, with the length of its network.
    #[attr(computed, api)]
    start_address: String,
    /// Number of the VRF that it is in.
    #[attr(computed, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: RangeTold,
}

impl DataSource for IpRanges {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: IpRangesPlan) -> Result<Self> {
        let ip_ranges = many(netbox, &kinds::IP_RANGE, &arguments.filter.query()).await?;
        let RangeFilterPlan { vrf_id, tenant_id, role_id, status, tag } = arguments.filter;
        Ok(Self { filter: RangeFilter { vrf_id, tenant_id, role_id, status, tag }, ip_ranges })
    }
}

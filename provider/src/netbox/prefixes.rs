//! Looking prefixes up, and how full they are. API: `GET /api/ipam/prefixes/`.

use onprem_netbox::{Query, kinds};
use tf_provider::{Attributes, DataSource, Diagnostic, Result, Text};

use super::NetBox;
use super::lookup::{Told, many, one};
use super::names::{Address, Network};

/// What a search tells of a prefix.
#[derive(Clone, Attributes)]
pub(crate) struct PrefixTold {
    /// Name of the VRF that it is in.
    #[attr(computed, api)]
    vrf: Option<String>,
    /// Address family: 4 or 6.
    #[attr(computed, api)]
    family: i64,
    /// Operational status.
    #[attr(computed, api)]
    status: String,
    /// Number of its role.
    #[attr(computed, api = "role")]
    role_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(computed, api = "tenant")]
    tenant_id: Option<i64>,
    /// Number of the VLAN that carries it.
    #[attr(computed, api = "vlan")]
    vlan_id: Option<i64>,
    /// Whether every address is handed out, the first and the last as well.
    #[attr(computed, api)]
    is_pool: bool,
    #[attr(flatten)]
    told: Told,
}

/// A prefix in NetBox, by its number or its network.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_prefix", group = "NetBox", exactly_one_of(id, prefix))]
pub(crate) struct PrefixLookup {
    /// Its number.
    #[attr(setting, api)]
    id: i64,
    /// The network, for example `10.20.0.0/16`.
    #[attr(setting, api)]
    prefix: Text<Network>,
    /// Number of the VRF to search in; all, and the global table, unless set.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: PrefixTold,
}

impl DataSource for PrefixLookup {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: PrefixLookupPlan) -> Result<Self> {
        let PrefixLookupPlan { id, prefix, vrf_id, .. } = arguments;
        let prefix = prefix.map(|prefix| prefix.to_string());
        let what = id.map(|id| id.to_string()).or_else(|| prefix.clone()).unwrap_or_default();
        let query = Query::new().with_some("prefix", prefix).with_some("vrf_id", vrf_id);
        one(netbox, &kinds::PREFIX, id, &query, &what).await
    }
}

/// Which prefixes are wanted.
#[derive(Clone, Attributes)]
pub(crate) struct PrefixFilter {
    /// Only those inside this network, itself included.
    #[attr(optional)]
    within: Option<Text<Network>>,
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

impl PrefixFilterPlan {
    /// What NetBox is asked for.
    pub(crate) fn query(&self) -> Query {
        Query::new()
            .with_some("within_include", self.within.as_ref())
            .with_some("vrf_id", self.vrf_id)
            .with_some("tenant_id", self.tenant_id)
            .with_some("role_id", self.role_id)
            .with_some("status", self.status.as_ref())
            .with_some("tag", self.tag.as_ref())
    }
}

/// Prefixes in NetBox. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_prefixes", group = "NetBox")]
pub(crate) struct Prefixes {
    #[attr(flatten)]
    filter: PrefixFilter,
    /// The prefixes, by number.
    #[attr(computed)]
    prefixes: Vec<PrefixFound>,
}

/// A prefix.
#[derive(Clone, Attributes)]
pub(crate) struct PrefixFound {
    /// Its number.
    #[attr(computed, api)]
    id: i64,
    /// The network.
    #[attr(computed, api)]
    prefix: String,
    /// Number of the VRF that it is in.
    #[attr(computed, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: PrefixTold,
}

impl DataSource for Prefixes {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: PrefixesPlan) -> Result<Self> {
        let prefixes = many(netbox, &kinds::PREFIX, &arguments.filter.query()).await?;
        let PrefixFilterPlan { within, vrf_id, tenant_id, role_id, status, tag } = arguments.filter;
        let filter = PrefixFilter { within, vrf_id, tenant_id, role_id, status, tag };
        Ok(Self { filter, prefixes })
    }
}

/// How full a prefix is: addresses in NetBox that lie in it. Prefixes and ranges inside are not counted.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_prefix_utilization", group = "NetBox")]
pub(crate) struct PrefixUtilization {
    /// Number of the prefix.
    #[attr(required)]
    prefix_id: i64,
    /// The network.
    #[attr(computed)]
    prefix: String,
    /// Addresses that can be handed out.
    #[attr(computed)]
    size: f64,
    /// Addresses that NetBox has.
    #[attr(computed)]
    used: i64,
    /// `used` of `size`, in per cent.
    #[attr(computed)]
    percent: f64,
}

impl DataSource for PrefixUtilization {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: PrefixUtilizationPlan) -> Result<Self> {
        let id = arguments.prefix_id;
        let netbox = netbox.limited();
        let found =
            netbox.objects(&kinds::PREFIX).read(id).await?.ok_or_else(|| {
                Diagnostic::error(format!("There is no prefix {id}")).at("prefix_id")
            })?;
        let prefix = found.text("prefix").unwrap_or_default();
        let network: Network = prefix.parse()?;
        let vrf = found.reference("vrf").map_or_else(|| "null".to_owned(), |id| id.to_string());
        let query = Query::new().with("parent", &prefix).with("vrf_id", vrf);
        let addresses = netbox.objects(&kinds::IP_ADDRESS).list(&query).await?;
        let used: std::collections::BTreeSet<_> = addresses
            .iter()
            .filter_map(|one| one.text("address")?.parse::<Address>().ok())
            .map(|address| address.ip())
            .collect();
        let used = i64::try_from(used.len()).unwrap_or(i64::MAX);
        let pool = found.get("is_pool").as_bool().unwrap_or_default();
        let size = size(&network, pool);
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more")]
        let percent = (used as f64 / size * 1000.0).round() / 10.0;
        Ok(Self { prefix_id: id, prefix, size, used, percent })
    }
}

/// Addresses that NetBox hands out: all of a pool, and of the smallest networks; otherwise not those of
/// the network itself and of its broadcast.
fn size(network: &Network, pool: bool) -> f64 {
    let bits = if network.family() == 4 { 32 } else { 128 };
    let all = 2_f64.powi(bits - i32::from(network.length()));
    match network.family() {
        4 if !pool && network.length() < 31 => all - 2.0,
        6 if !pool && network.length() < 127 => all - 1.0,
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_network_are_not_handed_out() {
        let size = |text: &str, pool| size(&text.parse().unwrap(), pool);
        assert_eq!(size("10.0.0.0/24", false), 254.0);
        assert_eq!(size("10.0.0.0/24", true), 256.0);
        assert_eq!(size("10.0.0.0/31", false), 2.0);
        assert_eq!(size("10.0.0.0/32", false), 1.0);
        assert_eq!(size("2001:db8::/126", false), 3.0);
        assert_eq!(size("2001:db8::/64", true), 2_f64.powi(64));
    }
}

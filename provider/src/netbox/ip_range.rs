//! IP ranges. API: `/api/ipam/ip-ranges/`.

use onprem_netbox::{Kind, Query, kinds};
use tf_provider::{Choice, Diagnostic, Diagnostics, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Address, Prose};

/// A range of IP addresses in NetBox, to take addresses from or to keep others from taking them.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_ip_range",
    group = "NetBox",
    import = "{id}",
    import = "{start_address}",
    import = "{start_address}@{vrf}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct IpRange {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// The first address, with the length of its network, for example `10.20.0.100/24`.
    #[attr(required, api)]
    start_address: Text<Address>,
    /// The last address, with the same length.
    #[attr(required, api)]
    end_address: Text<Address>,
    /// Addresses in it.
    #[attr(computed(until = [start_address, end_address]), api)]
    size: i64,
    /// Number of the VRF that it is in; none is the global table.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    /// Name of the VRF.
    #[attr(computed(until = [vrf_id]), api)]
    vrf: Option<String>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Operational status.
    #[attr(setting, api, absent = RangeStatus::Active)]
    status: RangeStatus,
    /// Number of its role.
    #[attr(setting, api = "role")]
    role_id: Option<i64>,
    /// Treats it as if every address were in use, so that none is taken from it.
    #[attr(setting, api, absent = false, since = "4.3")]
    mark_populated: bool,
    /// Counts it as wholly used.
    #[attr(setting, api, absent = false)]
    mark_utilized: bool,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a range.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum RangeStatus {
    Active,
    Reserved,
    Deprecated,
    Other(String),
}

impl Model for IpRange {
    const KIND: &'static Kind = &kinds::IP_RANGE;

    fn labels(values: &IpRangeValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn check(config: &IpRangeValues, diagnostics: &mut Diagnostics) {
        let (Some(start), Some(end)) = (config.start_address.known(), config.end_address.known())
        else {
            return;
        };
        let problem =
            if start.length() != end.length() || start.ip().is_ipv4() != end.ip().is_ipv4() {
                "`end_address` is of another network than `start_address`"
            } else if end.ip() < start.ip() {
                "`end_address` is before `start_address`"
            } else {
                return;
            };
        diagnostics.push(
            Diagnostic::error(problem)
                .detail(format!("The range is to lead from {start} to {end}."))
                .at("end_address"),
        );
    }

    fn key(named: &IpRangeValues) -> Key {
        let start = named.start_address.known();
        let query = Query::new().with_some("start_address", start.map(ToString::to_string));
        Key { query, vrf: named.vrf.known().cloned() }
    }
}

resource!(IpRange);

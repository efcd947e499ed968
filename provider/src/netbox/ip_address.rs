//! IP addresses: given ones, and the next free one of a prefix or range. API: `/api/ipam/ip-addresses/`.

use onprem_netbox::{Kind, Place, Query, kinds};
use tf_provider::api::{ApiFields, Json};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::{Address, DnsName, Prose};

/// An IP address in NetBox: a given one, or the next free one of a prefix or of a range. NetBox hands out
/// each address once, however many ask at the same time.
///
/// With an `owner` in the provider block, an address whose creation was killed half-way is taken up by the
/// next apply (NetBox 4.4 and later). Until Terraform has recorded it, its comments end with a mark.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_ip_address",
    group = "NetBox",
    import = "{id}",
    import = "{address}",
    import = "{address}@{vrf}",
    exactly_one_of(address, prefix_id, ip_range_id),
    required_together(assigned_object_type, assigned_object_id),
    timeouts(create = "10m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct IpAddress {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// The address with the length of its network, for example `10.20.0.5/24`. A new one changes it in
    /// place.
    #[attr(setting, keep, api)]
    address: Text<Address>,
    /// Number of the prefix to take the next free address of.
    #[attr(creation)]
    prefix_id: Option<i64>,
    /// Number of the IP range to take the next free address of.
    #[attr(creation)]
    ip_range_id: Option<i64>,
    /// The address alone, for example `10.20.0.5`.
    #[attr(computed(until = [address]), api)]
    ip: String,
    /// Length of its network, for example 24.
    #[attr(computed(until = [address]), api)]
    prefix_length: i64,
    /// Number of the VRF that it is in; none is the global table. What is taken from a prefix or range is
    /// in its VRF.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    /// Name of the VRF.
    #[attr(computed(until = [vrf_id]), api)]
    vrf: Option<String>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Operational status.
    #[attr(setting, api, absent = AddressStatus::Active)]
    status: AddressStatus,
    /// What it is for. Several addresses with a role may be the same; `loopback` and `secondary` may not.
    #[attr(setting, api)]
    role: Option<AddressRole>,
    /// Name in the DNS; case does not matter.
    #[attr(setting, api, absent = DnsName::default())]
    dns_name: Text<DnsName>,
    /// Type of the interface that has it.
    #[attr(setting, api)]
    assigned_object_type: Option<AssignedObjectType>,
    /// Number of the interface that has it.
    #[attr(setting, api)]
    assigned_object_id: Option<i64>,
    /// Number of the inside address that this one is translated to.
    #[attr(setting, api = "nat_inside")]
    nat_inside_id: Option<i64>,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of an address.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AddressStatus {
    Active,
    Reserved,
    Deprecated,
    Dhcp,
    Slaac,
    Other(String),
}

/// What an address is for.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AddressRole {
    Loopback,
    Secondary,
    Anycast,
    Vip,
    Vrrp,
    Hsrp,
    Glbp,
    Carp,
    Other(String),
}

/// What can have an address.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AssignedObjectType {
    #[choice(name = "dcim.interface")]
    Interface,
    #[choice(name = "virtualization.vminterface")]
    VmInterface,
    #[choice(name = "ipam.fhrpgroup")]
    FhrpGroup,
    Other(String),
}

impl Model for IpAddress {
    const KIND: &'static Kind = &kinds::IP_ADDRESS;

    fn labels(values: &IpAddressValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn place(plan: &IpAddressPlan, fields: &mut ApiFields) -> Place {
        let place = match (plan.prefix_id, plan.ip_range_id) {
            (Some(id), _) => Place::AddressOfPrefix(id),
            (None, Some(id)) => Place::AddressOfRange(id),
            (None, None) => return Place::Collection(Self::KIND),
        };
        fields.remove("address");
        place
    }

    fn complete(fields: &mut ApiFields) {
        let address = fields.get("address").and_then(Json::as_str);
        let Some(address) = address.and_then(|text| text.parse::<Address>().ok()) else { return };
        fields.insert("ip".to_owned(), address.ip().to_string().into());
        fields.insert("prefix_length".to_owned(), address.length().into());
    }

    fn key(named: &IpAddressValues) -> Key {
        let address = named.address.known().map(ToString::to_string);
        Key { query: Query::new().with_some("address", address), vrf: named.vrf.known().cloned() }
    }
}

resource!(IpAddress);

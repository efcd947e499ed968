//! Looking IP addresses up. API: `GET /api/ipam/ip-addresses/`.

use onprem_netbox::{Query, kinds};
use tf_provider::{Attributes, DataSource, Result, Text};

use super::NetBox;
use super::lookup::{Told, many, one};
use super::names::{Address, Network};

/// What a search tells of an address.
#[derive(Clone, Attributes)]
pub(crate) struct AddressTold {
    /// Name of the VRF that it is in.
    #[attr(computed, api)]
    vrf: Option<String>,
    /// Operational status.
    #[attr(computed, api)]
    status: String,
    /// What it is for.
    #[attr(computed, api)]
    role: Option<String>,
    /// Name in the DNS.
    #[attr(computed, api)]
    dns_name: Option<String>,
    /// Number of the tenant that it belongs to.
    #[attr(computed, api = "tenant")]
    tenant_id: Option<i64>,
    /// Type of the interface that has it.
    #[attr(computed, api)]
    assigned_object_type: Option<String>,
    /// Number of the interface that has it.
    #[attr(computed, api)]
    assigned_object_id: Option<i64>,
    #[attr(flatten)]
    told: Told,
}

/// An IP address in NetBox, by its number or the address.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_ip_address", group = "NetBox", exactly_one_of(id, address))]
pub(crate) struct IpAddressLookup {
    /// Its number.
    #[attr(setting, api)]
    id: i64,
    /// The address, with the length of its network.
    #[attr(setting, api)]
    address: Text<Address>,
    /// Number of the VRF to search in; all, and the global table, unless set.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: AddressTold,
}

impl DataSource for IpAddressLookup {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: IpAddressLookupPlan) -> Result<Self> {
        let IpAddressLookupPlan { id, address, vrf_id, .. } = arguments;
        let address = address.map(|address| address.to_string());
        let what = id.map(|id| id.to_string()).or_else(|| address.clone()).unwrap_or_default();
        let query = Query::new().with_some("address", address).with_some("vrf_id", vrf_id);
        one(netbox, &kinds::IP_ADDRESS, id, &query, &what).await
    }
}

/// Which addresses are wanted.
#[derive(Clone, Attributes)]
pub(crate) struct AddressFilter {
    /// Only those inside this network.
    #[attr(optional)]
    parent: Option<Text<Network>>,
    /// Only those in the VRF with this number.
    #[attr(optional)]
    vrf_id: Option<i64>,
    /// Only those of the tenant with this number.
    #[attr(optional)]
    tenant_id: Option<i64>,
    /// Only those with this name in the DNS; case does not matter.
    #[attr(optional)]
    dns_name: Option<String>,
    /// Only those with this status.
    #[attr(optional)]
    status: Option<String>,
    /// Only those with this role.
    #[attr(optional)]
    role: Option<String>,
    /// Only those with this tag, by its slug.
    #[attr(optional)]
    tag: Option<String>,
}

impl AddressFilterPlan {
    /// What NetBox is asked for.
    pub(crate) fn query(&self) -> Query {
        Query::new()
            .with_some("parent", self.parent.as_ref())
            .with_some("vrf_id", self.vrf_id)
            .with_some("tenant_id", self.tenant_id)
            // NetBox keeps them in lower case, and compares exactly.
            .with_some("dns_name", self.dns_name.as_ref().map(|name| name.to_ascii_lowercase()))
            .with_some("status", self.status.as_ref())
            .with_some("role", self.role.as_ref())
            .with_some("tag", self.tag.as_ref())
    }
}

/// IP addresses in NetBox. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "netbox_ip_addresses", group = "NetBox")]
pub(crate) struct IpAddresses {
    #[attr(flatten)]
    filter: AddressFilter,
    /// The addresses, by number.
    #[attr(computed)]
    ip_addresses: Vec<AddressFound>,
}

/// An IP address.
#[derive(Clone, Attributes)]
pub(crate) struct AddressFound {
    /// Its number.
    #[attr(computed, api)]
    id: i64,
    /// The address, with the length of its network.
    #[attr(computed, api)]
    address: String,
    /// Number of the VRF that it is in.
    #[attr(computed, api = "vrf")]
    vrf_id: Option<i64>,
    #[attr(flatten)]
    rest: AddressTold,
}

impl DataSource for IpAddresses {
    type Client = NetBox;

    async fn read(netbox: &NetBox, arguments: IpAddressesPlan) -> Result<Self> {
        let ip_addresses = many(netbox, &kinds::IP_ADDRESS, &arguments.filter.query()).await?;
        let AddressFilterPlan { parent, vrf_id, tenant_id, dns_name, status, role, tag } =
            arguments.filter;
        let filter = AddressFilter { parent, vrf_id, tenant_id, dns_name, status, role, tag };
        Ok(Self { filter, ip_addresses })
    }
}

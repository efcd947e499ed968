//! The kinds of objects: where each lives, and what it can be searched by.
//!
//! The server ignores a filter that it does not know and answers with everything. So only filters of
//! these tables are sent, and every answer is held against them.

use serde_json::Value;

use crate::{
    Address, Error, ErrorKind, Network, Object,
    object::{reference, text},
};

/// A kind of objects
#[derive(Debug)]
#[non_exhaustive]
pub struct Kind {
    /// What one is called, such as `IP address`
    pub noun: &'static str,
    /// The path of its collection, such as `/api/ipam/ip-addresses/`
    pub path: &'static str,
    /// Its name in generic references and in the change log, such as `ipam.ipaddress`
    pub type_name: &'static str,
    /// Whether it has `comments`, which can hold a mark of what is being made
    pub comments: bool,
    filters: &'static [Filter],
}

impl Kind {
    /// Every kind that there is here
    pub fn all() -> &'static [&'static Self] {
        ALL
    }

    /// The path of one object
    pub fn path_of(&self, id: i64) -> String {
        format!("{}{id}/", self.path)
    }

    fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.filters.iter().chain(COMMON).find(|filter| filter.name == name)
    }
}

/// A condition of a search
#[derive(Debug)]
struct Filter {
    name: &'static str,
    field: &'static str,
    test: Test,
}

/// How an answer is held against a condition
#[derive(Debug)]
enum Test {
    /// The address, with or without the length of its network
    Address,
    /// The network, in any spelling
    Network,
    /// The number of the object that the field refers to; `null` means none
    Reference,
    /// One of the tags, by its slug
    Tag,
    /// The text, the choice, or the number; case does not matter
    Text,
    /// The field lies inside the network
    Within,
}

/// What to search for: conditions of which all must hold; of those with one name, any
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Everything
    pub fn new() -> Self {
        Self::default()
    }

    /// The objects with these numbers
    pub fn of_ids(ids: impl IntoIterator<Item = i64>) -> Self {
        ids.into_iter().fold(Self::new(), |query, id| query.with("id", id))
    }

    /// Only what meets the filter
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers write numbers and texts")]
    pub fn with(mut self, filter: &'static str, value: impl ToString) -> Self {
        self.0.push((filter, value.to_string()));
        self
    }

    /// The same where there is a value
    #[must_use]
    pub fn with_some(self, filter: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(filter, value),
            None => self,
        }
    }

    /// The parameters, after a check that the kind can be searched by them
    pub(crate) fn parameters(&self, kind: &Kind) -> Result<Vec<(&str, &str)>, Error> {
        let known = |name: &str| kind.filter(name).is_some();
        match self.0.iter().find(|(name, _)| !known(name)) {
            None => Ok(self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()),
            Some((name, _)) => {
                let text = format!("no {} can be searched by `{name}`", kind.noun);
                Err(Error::new(ErrorKind::Configuration, text))
            }
        }
    }

    /// Whether an object is what was searched for
    pub(crate) fn holds(&self, kind: &Kind, object: &Object) -> bool {
        self.0.iter().all(|(name, _)| {
            let Some(filter) = kind.filter(name) else { return false };
            let values = self.0.iter().filter(|(other, _)| other == name);
            let mut values = values.map(|(_, value)| value.as_str());
            values.any(|value| filter.test.holds(object.get(filter.field), value))
        })
    }
}

impl Test {
    fn holds(&self, found: &Value, wanted: &str) -> bool {
        let found_text = || text(found).unwrap_or_default();
        match self {
            Self::Reference if wanted == "null" => found.is_null(),
            Self::Reference => reference(found).is_some_and(|id| id.to_string() == wanted),
            Self::Text => found_text().eq_ignore_ascii_case(wanted),
            Self::Tag => found
                .as_array()
                .into_iter()
                .flatten()
                .any(|tag| tag.get("slug").and_then(text).is_some_and(|slug| slug == wanted)),
            Self::Address => match (found_text().parse::<Address>(), wanted.parse::<Address>()) {
                (Ok(found), Ok(given)) if wanted.contains('/') => found == given,
                (Ok(found), Ok(given)) => found.ip() == given.ip(),
                _ => false,
            },
            Self::Network => match (found_text().parse::<Network>(), wanted.parse::<Network>()) {
                (Ok(found), Ok(wanted)) => found == wanted,
                _ => false,
            },
            Self::Within => {
                let Ok(network) = wanted.parse::<Network>() else { return false };
                let found = found_text();
                let inside = |found: Network| network.includes(&found);
                found.parse().is_ok_and(inside)
                    || found.parse::<Address>().is_ok_and(|one| network.contains(one.ip()))
            }
        }
    }
}

const fn filter(name: &'static str, field: &'static str, test: Test) -> Filter {
    Filter { name, field, test }
}

const COMMON: &[Filter] = &[
    filter("description", "description", Test::Text),
    filter("id", "id", Test::Reference),
    filter("name", "name", Test::Text),
    filter("slug", "slug", Test::Text),
    filter("status", "status", Test::Text),
    filter("tag", "tags", Test::Tag),
    filter("tenant_id", "tenant", Test::Reference),
];

const IPAM: &[Filter] = &[
    filter("role_id", "role", Test::Reference),
    filter("vrf_id", "vrf", Test::Reference),
    filter("prefix", "prefix", Test::Network),
    filter("within_include", "prefix", Test::Within),
    filter("vlan_id", "vlan", Test::Reference),
    filter("family", "family", Test::Text),
    filter("site_id", "site", Test::Reference),
    filter("group_id", "group", Test::Reference),
    filter("vid", "vid", Test::Text),
    filter("rir_id", "rir", Test::Reference),
    filter("start_address", "start_address", Test::Address),
    filter("end_address", "end_address", Test::Address),
];

const ADDRESS: &[Filter] = &[
    filter("address", "address", Test::Address),
    filter("dns_name", "dns_name", Test::Text),
    filter("family", "family", Test::Text),
    filter("parent", "address", Test::Within),
    filter("role", "role", Test::Text),
    filter("vrf_id", "vrf", Test::Reference),
];

const VIRTUALIZATION: &[Filter] = &[
    filter("cluster_id", "cluster", Test::Reference),
    filter("group_id", "group", Test::Reference),
    filter("mac_address", "mac_address", Test::Text),
    filter("site_id", "site", Test::Reference),
    filter("type_id", "type", Test::Reference),
    filter("virtual_machine_id", "virtual_machine", Test::Reference),
];

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $noun:literal, $path:literal, $type:literal, $comments:literal,
       $filters:expr;)*) => {
        $($(#[$doc])* pub static $name: Kind = Kind {
            noun: $noun,
            path: concat!("/api/", $path, "/"),
            type_name: $type,
            comments: $comments,
            filters: $filters,
        };)*
        static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    /// Aggregates: the networks that all others are carved out of
    AGGREGATE = "aggregate", "ipam/aggregates", "ipam.aggregate", true, IPAM;
    /// Clusters of hosts that run virtual machines
    CLUSTER = "cluster", "virtualization/clusters", "virtualization.cluster", true, VIRTUALIZATION;
    /// Types of clusters
    CLUSTER_TYPE = "cluster type", "virtualization/cluster-types", "virtualization.clustertype", false, &[];
    /// Definitions of custom fields
    CUSTOM_FIELD = "custom field", "extras/custom-fields", "extras.customfield", false, &[];
    /// IP addresses
    IP_ADDRESS = "IP address", "ipam/ip-addresses", "ipam.ipaddress", true, ADDRESS;
    /// Ranges of addresses
    IP_RANGE = "IP range", "ipam/ip-ranges", "ipam.iprange", true, IPAM;
    /// MAC addresses
    MAC_ADDRESS = "MAC address", "dcim/mac-addresses", "dcim.macaddress", true, VIRTUALIZATION;
    /// Prefixes: networks
    PREFIX = "prefix", "ipam/prefixes", "ipam.prefix", true, IPAM;
    /// Regional registries, and those who act like one
    RIR = "RIR", "ipam/rirs", "ipam.rir", false, &[];
    /// Roles of prefixes, ranges and VLANs
    ROLE = "role", "ipam/roles", "ipam.role", false, &[];
    /// Services that a machine offers
    SERVICE = "service", "ipam/services", "ipam.service", true, &[];
    /// Sites
    SITE = "site", "dcim/sites", "dcim.site", true, &[];
    /// Tags
    TAG = "tag", "extras/tags", "extras.tag", false, &[];
    /// Tenants
    TENANT = "tenant", "tenancy/tenants", "tenancy.tenant", true, IPAM;
    /// Virtual machines
    VIRTUAL_MACHINE = "virtual machine", "virtualization/virtual-machines",
        "virtualization.virtualmachine", true, VIRTUALIZATION;
    /// VLANs
    VLAN = "VLAN", "ipam/vlans", "ipam.vlan", true, IPAM;
    /// Groups of VLANs
    VLAN_GROUP = "VLAN group", "ipam/vlan-groups", "ipam.vlangroup", false, &[];
    /// Interfaces of virtual machines
    VM_INTERFACE = "VM interface", "virtualization/interfaces", "virtualization.vminterface", false,
        VIRTUALIZATION;
    /// VRFs: separate routing tables
    VRF = "VRF", "ipam/vrfs", "ipam.vrf", true, IPAM;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_by_what_nobody_knows_is_refused() {
        let error = Query::new().with("bogus", 1).parameters(&PREFIX).unwrap_err();
        assert_eq!(error.to_string(), "no prefix can be searched by `bogus`");
        assert!(Query::new().with("vrf_id", "null").parameters(&PREFIX).is_ok());
    }

    #[test]
    fn an_answer_is_held_against_the_search() {
        let address = json!({"id": 1, "address": "10.0.0.5/24", "vrf": null,
            "status": {"value": "active"}, "tags": [{"name": "A", "slug": "a"}]});
        let address = Object::new(address, None).unwrap();
        let holds = |query: &Query| query.holds(&IP_ADDRESS, &address);
        assert!(holds(&Query::new().with("address", "10.0.0.5").with("vrf_id", "null")));
        assert!(holds(&Query::new().with("status", "reserved").with("status", "active")));
        assert!(holds(&Query::new().with("parent", "10.0.0.0/16").with("tag", "a")));
        assert!(!holds(&Query::new().with("address", "10.0.0.5/25")));
        assert!(!holds(&Query::new().with("vrf_id", 3)));
        assert!(!holds(&Query::new().with("parent", "10.1.0.0/16")));
        assert!(!holds(&Query::new().with("tag", "b")));
    }
}

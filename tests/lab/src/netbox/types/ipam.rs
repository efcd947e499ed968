//! Types of IPAM.

use serde_json::{Value, json};

use super::super::{allocate, rules};
use super::{
    ASSIGNED, ASSIGNED_ID, ASSIGNED_TYPE, FAMILY, Field, Form, Kind, NAME, OnDelete, SCOPE,
    SCOPE_ID, SCOPE_TYPE, SLUG, STATUS_OF_SPACE, TENANT, Type, boolean, choice, computed, count,
    foreign, loose, many, nested, nothing, object, object_id, object_type, text, together, unique,
    zero,
};

const NETWORK: Field = Field::new("prefix", Kind::Network).required();
const VRF_OF: Field = foreign("vrf", "ipam.vrf").null();
const ROLE_OF: Field = loose("role", "ipam.role");

pub(super) const PREFIX: Type = Type {
    path: "ipam/prefixes",
    model: "ipam.prefix",
    class: "Prefix",
    name: "prefix",
    own: &[
        computed("family", FAMILY),
        NETWORK,
        VRF_OF,
        SCOPE_TYPE,
        SCOPE_ID,
        SCOPE,
        TENANT,
        foreign("vlan", "ipam.vlan").null(),
        choice("status", PREFIX_STATUS, "active"),
        ROLE_OF,
        boolean("is_pool", false),
        boolean("mark_utilized", false),
        computed("children", |view, object| allocate::children(view.store, object).into()),
        computed("_depth", |view, object| allocate::depth(view.store, object).into()),
    ],
    brief: &["family", "prefix", "_depth"],
    order: &["vrf", "prefix"],
    display: |_, object| object.text("prefix").to_owned(),
    clean: Some(rules::prefix),
    ..Type::BASE
};
const PREFIX_STATUS: super::Choices = &[
    ("container", "Container"),
    ("active", "Active"),
    ("reserved", "Reserved"),
    ("deprecated", "Deprecated"),
];

pub(super) const IP_ADDRESS: Type = Type {
    path: "ipam/ip-addresses",
    model: "ipam.ipaddress",
    class: "IPAddress",
    name: "IP address",
    own: &[
        computed("family", FAMILY),
        Field::new("address", Kind::Address).required(),
        VRF_OF,
        TENANT,
        choice("status", ADDRESS_STATUS, "active"),
        choice("role", ADDRESS_ROLE, "").null(),
        ASSIGNED_TYPE,
        ASSIGNED_ID,
        ASSIGNED,
        nested("nat_inside", "ipam.ipaddress", OnDelete::SetNull),
        computed("nat_outside", |view, object| {
            let outside = view.store.of_model("ipam.ipaddress");
            let outside = outside.filter(|other| other.number("nat_inside") == Some(object.id));
            outside.map(|other| view.show(&IP_ADDRESS, other, Form::Nested)).collect()
        }),
        Field::new("dns_name", Kind::DnsName),
    ],
    brief: &["family", "address"],
    nested: &["family", "address"],
    order: &["address"],
    display: |_, object| object.text("address").to_owned(),
    clean: Some(rules::ip_address),
    ..Type::BASE
};
const ADDRESS_STATUS: super::Choices = &[
    ("active", "Active"),
    ("reserved", "Reserved"),
    ("deprecated", "Deprecated"),
    ("dhcp", "DHCP"),
    ("slaac", "SLAAC"),
];
const ADDRESS_ROLE: super::Choices = &[
    ("loopback", "Loopback"),
    ("secondary", "Secondary"),
    ("anycast", "Anycast"),
    ("vip", "VIP"),
    ("vrrp", "VRRP"),
    ("hsrp", "HSRP"),
    ("glbp", "GLBP"),
    ("carp", "CARP"),
];

pub(super) const IP_RANGE: Type = Type {
    path: "ipam/ip-ranges",
    model: "ipam.iprange",
    class: "IPRange",
    name: "IP range",
    own: &[
        computed("family", FAMILY),
        Field::new("start_address", Kind::Address).required(),
        Field::new("end_address", Kind::Address).required(),
        computed("size", |_, object| {
            let size = |first: super::super::net::Net, last: super::super::net::Net| {
                u64::try_from(last.ip.saturating_sub(first.ip))
                    .unwrap_or(u64::MAX)
                    .saturating_add(1)
            };
            let ends = object.net("start_address").zip(object.net("end_address"));
            ends.map_or(Value::Null, |(first, last)| size(first, last).into())
        }),
        VRF_OF,
        TENANT,
        choice("status", STATUS_OF_SPACE, "active"),
        ROLE_OF,
        boolean("mark_populated", false).since(3),
        boolean("mark_utilized", false),
    ],
    brief: &["family", "start_address", "end_address"],
    order: &["vrf", "start_address"],
    display: |_, object| rules::range_name(object),
    clean: Some(rules::ip_range),
    ..Type::BASE
};

pub(super) const VRF: Type = Type {
    path: "ipam/vrfs",
    model: "ipam.vrf",
    class: "VRF",
    name: "VRF",
    own: &[
        NAME,
        text("rd", 21).null(),
        TENANT,
        boolean("enforce_unique", true),
        many("import_targets", "ipam.routetarget"),
        many("export_targets", "ipam.routetarget"),
        count("ipaddress_count", "ipam.ipaddress", "vrf"),
        count("prefix_count", "ipam.prefix", "vrf"),
    ],
    brief: &["name", "rd"],
    order: &["name", "rd"],
    unique: &[unique(&["rd"])],
    display: |_, object| match object.get("rd").as_str() {
        Some(rd) if !rd.is_empty() => format!("{} ({rd})", object.text("name")),
        _ => object.text("name").to_owned(),
    },
    ..Type::BASE
};

pub(super) const ROUTE_TARGET: Type = Type {
    path: "ipam/route-targets",
    model: "ipam.routetarget",
    class: "RouteTarget",
    name: "route target",
    own: &[text("name", 21).required(), TENANT],
    brief: &["name"],
    unique: &[unique(&["name"])],
    ..Type::BASE
};

pub(super) const VLAN: Type = Type {
    path: "ipam/vlans",
    model: "ipam.vlan",
    class: "VLAN",
    name: "VLAN",
    own: &[
        foreign("site", "dcim.site").null(),
        foreign("group", "ipam.vlangroup").null().put_clears(),
        VID,
        text("name", 64).required(),
        TENANT,
        choice("status", STATUS_OF_SPACE, "active"),
        ROLE_OF,
        choice("qinq_role", &[("svlan", "Service"), ("cvlan", "Customer")], "").null(),
        nested("qinq_svlan", "ipam.vlan", OnDelete::Protect),
        nothing("l2vpn_termination"),
        count("prefix_count", "ipam.prefix", "vlan"),
    ],
    brief: &["vid", "name"],
    nested: &["vid", "name", "description"],
    order: &["site", "group", "vid"],
    unique: &[
        together(&["group", "vid"], "VLAN with this Group and VLAN ID already exists."),
        together(&["group", "name"], "VLAN with this Group and Name already exists."),
    ],
    display: |_, object| {
        format!("{} ({})", object.text("name"), object.number("vid").unwrap_or_default())
    },
    clean: Some(rules::vlan),
    ..Type::BASE
};
const VID: Field = Field::new("vid", Kind::Integer { min: 1, max: 4094, default: None }).required();

pub(super) const VLAN_GROUP: Type = Type {
    path: "ipam/vlan-groups",
    model: "ipam.vlangroup",
    class: "VLANGroup",
    name: "VLAN group",
    own: &[
        NAME,
        SLUG,
        object_type("scope_type", GROUP_SCOPES).put_clears(),
        SCOPE_ID,
        SCOPE,
        Field::new("vid_ranges", Kind::VidRanges),
        computed("total_vlan_ids", |_, object| allocate::vids(object).count().into()),
        TENANT.since(3),
        count("vlan_count", "ipam.vlan", "group"),
        computed("utilization", |view, object| {
            let total = allocate::vids(object).count().max(1);
            let used = view.store.count("ipam.vlan", "group", object.id);
            let percent = (used as f64 * 10_000.0 / total as f64).round() / 100.0;
            format!("{percent:?}").into()
        }),
    ],
    unique: &[
        together(
            &["scope_type", "scope_id", "name"],
            "VLAN group with this Scope type, Scope id and Name already exists.",
        ),
        together(
            &["scope_type", "scope_id", "slug"],
            "VLAN group with this Scope type, Scope id and Slug already exists.",
        ),
    ],
    ..Type::BASE
};
const GROUP_SCOPES: &[&str] = &[
    "dcim.location",
    "dcim.region",
    "dcim.site",
    "dcim.sitegroup",
    "virtualization.cluster",
    "virtualization.clustergroup",
];

pub(super) const AGGREGATE: Type = Type {
    path: "ipam/aggregates",
    model: "ipam.aggregate",
    class: "Aggregate",
    name: "aggregate",
    own: &[
        computed("family", FAMILY),
        NETWORK,
        foreign("rir", "ipam.rir").required(),
        TENANT,
        Field::new("date_added", Kind::Date).null(),
    ],
    brief: &["family", "prefix"],
    order: &["prefix"],
    display: |_, object| object.text("prefix").to_owned(),
    clean: Some(rules::aggregate),
    ..Type::BASE
};

pub(super) const RIR: Type = Type {
    path: "ipam/rirs",
    model: "ipam.rir",
    class: "RIR",
    name: "RIR",
    own: &[
        NAME,
        SLUG,
        boolean("is_private", false),
        count("aggregate_count", "ipam.aggregate", "rir"),
    ],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};

pub(super) const ROLE: Type = Type {
    path: "ipam/roles",
    model: "ipam.role",
    class: "Role",
    name: "role",
    own: &[
        NAME,
        SLUG,
        Field::new("weight", Kind::Integer { min: 0, max: 32767, default: Some(1000) }),
        count("prefix_count", "ipam.prefix", "role"),
        count("vlan_count", "ipam.vlan", "role"),
        zero("asn_count").since(6),
    ],
    order: &["weight", "name"],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};

pub(super) const SERVICE: Type = Type {
    path: "ipam/services",
    model: "ipam.service",
    class: "Service",
    name: "service",
    own: &[
        NAME,
        foreign("device", "dcim.device").null().until(3),
        foreign("virtual_machine", "virtualization.virtualmachine").null().until(3),
        object_type("parent_object_type", PARENTS).required().since(3),
        object_id("parent_object_id", "parent_object_type", OnDelete::Cascade).required().since(3),
        object("parent", "parent_object_type", "parent_object_id").since(3),
        Field::new("port_mappings", Kind::PortMappings).since(7),
        choice("protocol", PROTOCOL, ""),
        Field::new("ports", Kind::Ports),
        many("ipaddresses", "ipam.ipaddress"),
    ],
    brief: &["name", "port_mappings", "protocol", "ports"],
    display: |store, object| match store.minor {
        7.. => object.text("name").to_owned(),
        _ => {
            let ports: Vec<String> = object.ids("ports").map(|port| port.to_string()).collect();
            let protocol = object.text("protocol").to_uppercase();
            format!("{} ({protocol}/{})", object.text("name"), ports.join(", "))
        }
    },
    clean: Some(rules::service),
    ..Type::BASE
};
const PARENTS: &[&str] = &["dcim.device", "ipam.fhrpgroup", "virtualization.virtualmachine"];
const PROTOCOL: super::Choices = &[("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP")];

/// `tcp/80` for each port of a service.
pub(in crate::netbox) fn port_mappings(protocol: &str, ports: &Value) -> Value {
    let ports = ports.as_array().into_iter().flatten();
    json!(ports.map(|port| format!("{protocol}/{port}")).collect::<Vec<_>>())
}

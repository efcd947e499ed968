//! Types of DCIM, as far as addresses and machines refer to them.

use serde_json::Value;

use super::super::rules;
use super::{
    ASSIGNED, ASSIGNED_ID, ASSIGNED_TYPE, COMPONENT, Choices, Field, Form, Kind, NAME, OnDelete,
    SLUG, TENANT, Type, Unique, boolean, choice, computed, count, foreign, integer, loose, many,
    nested, nothing, text, together, unique, zero,
};

pub(super) const SITE: Type = Type {
    path: "dcim/sites",
    model: "dcim.site",
    class: "Site",
    name: "site",
    own: &[
        NAME,
        SLUG,
        choice("status", SITE_STATUS, "active"),
        loose("region", "dcim.region"),
        loose("group", "dcim.sitegroup"),
        TENANT,
        text("facility", 50),
        text("time_zone", 63).null(),
        text("physical_address", 200),
        text("shipping_address", 200),
        Field::new("latitude", Kind::Decimal(0.0)).null(),
        Field::new("longitude", Kind::Decimal(0.0)).null(),
        many("asns", "ipam.asn"),
        zero("circuit_count"),
        count("device_count", "dcim.device", "site"),
        computed("prefix_count", |view, site| {
            let attached = view.store.attached("ipam.prefix", SCOPE, ("dcim.site", site.id));
            attached.count().into()
        }),
        zero("rack_count"),
        count("virtualmachine_count", "virtualization.virtualmachine", "site"),
        count("vlan_count", "ipam.vlan", "site"),
    ],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};
const SCOPE: (&str, &str) = ("scope_type", "scope_id");
const SITE_STATUS: Choices = &[
    ("planned", "Planned"),
    ("staging", "Staging"),
    ("active", "Active"),
    ("decommissioning", "Decommissioning"),
    ("retired", "Retired"),
];

pub(super) const REGION: Type = Type {
    path: "dcim/regions",
    model: "dcim.region",
    class: "Region",
    name: "region",
    own: &[
        NAME,
        SLUG,
        nested("parent", "dcim.region", OnDelete::Cascade),
        count("site_count", "dcim.site", "region"),
        computed("prefix_count", |view, region| {
            let attached = view.store.attached("ipam.prefix", SCOPE, ("dcim.region", region.id));
            attached.count().into()
        })
        .since(4),
        computed("_depth", |view, object| view.depth("dcim.region", object).into()),
    ],
    brief: &["name", "slug", "site_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    unique: &[
        tree(&["parent", "name"], "A region with this name already exists."),
        tree(&["parent", "slug"], "A region with this slug already exists."),
    ],
    ..Type::BASE
};

pub(super) const SITE_GROUP: Type = Type {
    path: "dcim/site-groups",
    model: "dcim.sitegroup",
    class: "SiteGroup",
    name: "site group",
    own: &[
        NAME,
        SLUG,
        nested("parent", "dcim.sitegroup", OnDelete::Cascade),
        count("site_count", "dcim.site", "group"),
        computed("prefix_count", |view, group| {
            let attached = view.store.attached("ipam.prefix", SCOPE, ("dcim.sitegroup", group.id));
            attached.count().into()
        })
        .since(4),
        computed("_depth", |view, object| view.depth("dcim.sitegroup", object).into()),
    ],
    brief: &["name", "slug", "site_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    unique: &[
        tree(&["parent", "name"], "A site group with this name already exists."),
        tree(&["parent", "slug"], "A site group with this slug already exists."),
    ],
    ..Type::BASE
};

pub(super) const LOCATION: Type = Type {
    path: "dcim/locations",
    model: "dcim.location",
    class: "Location",
    name: "location",
    own: &[
        NAME,
        SLUG,
        Field::new("site", CASCADING_SITE).required(),
        nested("parent", "dcim.location", OnDelete::Cascade),
        choice("status", SITE_STATUS, "active"),
        TENANT,
        text("facility", 50),
        zero("rack_count"),
        count("device_count", "dcim.device", "location"),
        computed("prefix_count", |view, place| {
            let attached = view.store.attached("ipam.prefix", SCOPE, ("dcim.location", place.id));
            attached.count().into()
        }),
        computed("_depth", |view, object| view.depth("dcim.location", object).into()),
    ],
    brief: &["name", "slug", "rack_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    order: &["site", "name"],
    unique: &[
        tree(
            &["site", "parent", "name"],
            "A location with this name already exists within the specified site.",
        ),
        tree(
            &["site", "parent", "slug"],
            "A location with this slug already exists within the specified site.",
        ),
    ],
    ..Type::BASE
};
const CASCADING_SITE: Kind =
    Kind::Foreign { model: "dcim.site", form: Form::Brief, on_delete: OnDelete::Cascade };

pub(super) const MANUFACTURER: Type = Type {
    path: "dcim/manufacturers",
    model: "dcim.manufacturer",
    class: "Manufacturer",
    name: "manufacturer",
    own: &[
        NAME,
        SLUG,
        count("devicetype_count", "dcim.devicetype", "manufacturer"),
        zero("moduletype_count").since(4),
        zero("inventoryitem_count"),
        count("platform_count", "dcim.platform", "manufacturer"),
    ],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};

pub(super) const PLATFORM: Type = Type {
    path: "dcim/platforms",
    model: "dcim.platform",
    class: "Platform",
    name: "platform",
    own: &[
        nested("parent", "dcim.platform", OnDelete::Cascade).since(4),
        NAME,
        SLUG,
        foreign("manufacturer", "dcim.manufacturer").null(),
        nothing("config_template"),
        count("device_count", "dcim.device", "platform"),
        count("virtualmachine_count", "virtualization.virtualmachine", "platform"),
        computed("_depth", |view, object| view.depth("dcim.platform", object).into()).since(4),
    ],
    brief: &["name", "slug", "device_count", "virtualmachine_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    unique: &[
        tree(&["manufacturer", "name"], "Platform name must be unique."),
        tree(&["manufacturer", "slug"], "Platform slug must be unique."),
    ],
    ..Type::BASE
};

pub(super) const DEVICE_ROLE: Type = Type {
    path: "dcim/device-roles",
    model: "dcim.devicerole",
    class: "DeviceRole",
    name: "device role",
    own: &[
        NAME,
        SLUG,
        Field::new("color", Kind::Color("9e9e9e")),
        boolean("vm_role", true),
        nothing("config_template"),
        nested("parent", "dcim.devicerole", OnDelete::Cascade).since(3),
        count("device_count", "dcim.device", "role"),
        count("virtualmachine_count", "virtualization.virtualmachine", "role"),
        computed("_depth", |view, object| view.depth("dcim.devicerole", object).into()).since(3),
    ],
    brief: &["name", "slug", "device_count", "virtualmachine_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    unique: &[
        tree(&["parent", "name"], "A device role with this name already exists."),
        tree(&["parent", "slug"], "A device role with this slug already exists."),
    ],
    ..Type::BASE
};

pub(super) const DEVICE_TYPE: Type = Type {
    path: "dcim/device-types",
    model: "dcim.devicetype",
    class: "DeviceType",
    name: "device type",
    own: &[
        foreign("manufacturer", "dcim.manufacturer").required(),
        loose("default_platform", "dcim.platform"),
        text("model", 100).required(),
        SLUG,
        text("part_number", 50),
        Field::new("u_height", Kind::Decimal(1.0)),
        boolean("exclude_from_utilization", false),
        boolean("is_full_depth", true),
        choice("subdevice_role", &[("parent", "Parent"), ("child", "Child")], "").null(),
        choice("airflow", AIRFLOW, "").null(),
        nothing("cooling_method").since(7),
        Field::new("weight", Kind::Decimal(0.0)).null(),
        choice("weight_unit", WEIGHT_UNIT, "").null(),
        nothing("end_of_life").since(7),
        nothing("front_image"),
        nothing("rear_image"),
        count("device_count", "dcim.device", "device_type"),
        zero("console_port_template_count"),
        zero("console_server_port_template_count"),
        zero("power_port_template_count"),
        zero("power_outlet_template_count"),
        zero("cooling_intake_template_count").since(7),
        zero("cooling_outflow_template_count").since(7),
        zero("interface_template_count"),
        zero("front_port_template_count"),
        zero("rear_port_template_count"),
        zero("device_bay_template_count"),
        zero("module_bay_template_count"),
        zero("inventory_item_template_count"),
    ],
    brief: &["manufacturer", "model", "slug", "device_count"],
    order: &["manufacturer", "model"],
    unique: &[
        together(
            &["manufacturer", "model"],
            "Device type with this Manufacturer and Model already exists.",
        ),
        together(
            &["manufacturer", "slug"],
            "Device type with this Manufacturer and Slug already exists.",
        ),
    ],
    display: |_, object| object.text("model").to_owned(),
    ..Type::BASE
};
const AIRFLOW: Choices = &[
    ("front-to-rear", "Front to rear"),
    ("rear-to-front", "Rear to front"),
    ("passive", "Passive"),
    ("mixed", "Mixed"),
];
const WEIGHT_UNIT: Choices =
    &[("kg", "Kilograms"), ("g", "Grams"), ("lb", "Pounds"), ("oz", "Ounces")];

pub(super) const DEVICE: Type = Type {
    path: "dcim/devices",
    model: "dcim.device",
    class: "Device",
    name: "device",
    own: &[
        text("name", 64).null(),
        foreign("device_type", "dcim.devicetype").required(),
        foreign("role", "dcim.devicerole").required(),
        TENANT,
        loose("platform", "dcim.platform"),
        text("serial", 50),
        text("asset_tag", 50).null(),
        foreign("site", "dcim.site").required(),
        foreign("location", "dcim.location").null(),
        nothing("rack"),
        Field::new("position", Kind::Decimal(0.0)).null(),
        choice("face", &[("front", "Front"), ("rear", "Rear")], "").null(),
        Field::new("latitude", Kind::Decimal(0.0)).null(),
        Field::new("longitude", Kind::Decimal(0.0)).null(),
        nothing("parent_device"),
        choice("status", DEVICE_STATUS, "active"),
        choice("airflow", AIRFLOW, "").null(),
        nothing("cooling_method").since(7),
        computed("primary_ip", rules::primary_ip),
        loose("primary_ip4", "ipam.ipaddress"),
        loose("primary_ip6", "ipam.ipaddress"),
        loose("oob_ip", "ipam.ipaddress"),
        loose("cluster", "virtualization.cluster"),
        nothing("virtual_chassis"),
        integer("vc_position", 0, 255),
        integer("vc_priority", 0, 255),
        nothing("config_template"),
        computed("config_context", |_, _| serde_json::json!({})),
        Field::new("local_context_data", Kind::Json).null(),
        zero("console_port_count"),
        zero("console_server_port_count"),
        zero("power_port_count"),
        zero("power_outlet_count"),
        zero("cooling_intake_count").since(7),
        zero("cooling_outflow_count").since(7),
        count("interface_count", "dcim.interface", "device"),
        zero("front_port_count"),
        zero("rear_port_count"),
        zero("device_bay_count"),
        zero("module_bay_count"),
        zero("inventory_item_count"),
    ],
    brief: &["name"],
    nested: &["name"],
    unique: &[
        unique(&["asset_tag"]),
        Unique {
            fields: &["site", "tenant", "name"],
            void: &["name"],
            text: "Device name must be unique per site and tenant.",
        },
    ],
    display: |store, object| match object.get("name") {
        Value::String(name) => name.clone(),
        _ => {
            let kind = object.number("device_type");
            let kind = kind.and_then(|id| store.get("dcim.devicetype", id));
            format!("{} ({})", kind.map_or("", |kind| kind.text("model")), object.id)
        }
    },
    clean: Some(rules::machine),
    ..Type::BASE
};
const DEVICE_STATUS: Choices = &[
    ("offline", "Offline"),
    ("active", "Active"),
    ("planned", "Planned"),
    ("staged", "Staged"),
    ("failed", "Failed"),
    ("inventory", "Inventory"),
    ("decommissioning", "Decommissioning"),
];

pub(super) const INTERFACE: Type = Type {
    path: "dcim/interfaces",
    model: "dcim.interface",
    class: "Interface",
    name: "interface",
    own: &[
        Field::new("device", CASCADING_DEVICE).required(),
        Field::new("vdcs", Kind::Many { model: "dcim.virtualdevicecontext", form: Form::Full }),
        nothing("module"),
        text("name", 64).required(),
        text("label", 64),
        choice("type", INTERFACE_TYPE, "").required(),
        nothing("channels").since(7),
        nothing("channel_id").since(7),
        boolean("enabled", true),
        nested("parent", "dcim.interface", OnDelete::Protect),
        nested("bridge", "dcim.interface", OnDelete::SetNull),
        computed("bridge_interfaces", |_, _| Value::Array(Vec::new())).since(6),
        nested("lag", "dcim.interface", OnDelete::SetNull),
        integer("mtu", 1, 65536),
        Field::new("mac_address", Kind::Mac).null(),
        loose("primary_mac_address", "dcim.macaddress"),
        computed("mac_addresses", rules::mac_addresses_of_interface),
        integer("speed", 0, i64::MAX),
        choice("duplex", &[("half", "Half"), ("full", "Full"), ("auto", "Auto")], "").null(),
        Field::new("wwn", Kind::Text(23)).null(),
        boolean("mgmt_only", false),
        choice("mode", MODE, "").null(),
        nothing("rf_role"),
        nothing("rf_channel"),
        nothing("poe_mode"),
        nothing("poe_type"),
        nothing("rf_channel_frequency"),
        nothing("rf_channel_width"),
        integer("tx_power", -40, 127),
        loose("untagged_vlan", "ipam.vlan"),
        many("tagged_vlans", "ipam.vlan"),
        loose("qinq_svlan", "ipam.vlan"),
        nothing("vlan_translation_policy"),
        boolean("mark_connected", false),
        nothing("cable"),
        nothing("cable_end"),
        nothing("wireless_link"),
        computed("link_peers", |_, _| Value::Array(Vec::new())),
        nothing("link_peers_type"),
        computed("wireless_lans", |_, _| Value::Array(Vec::new())),
        loose("vrf", "ipam.vrf"),
        nothing("l2vpn_termination"),
        nothing("connected_endpoints"),
        nothing("connected_endpoints_type"),
        computed("connected_endpoints_reachable", |_, _| false.into()),
        computed("count_ipaddresses", rules::addresses_of_interface),
        zero("count_fhrp_groups"),
        computed("_occupied", |_, _| false.into()),
    ],
    common: COMPONENT,
    brief: &["device", "name", "cable", "_occupied"],
    nested: &["device", "name", "cable", "_occupied"],
    order: &["device", "name"],
    unique: &[together(&["device", "name"], "Interface with this Device and Name already exists.")],
    clean: Some(rules::interface),
    ..Type::BASE
};
const CASCADING_DEVICE: Kind =
    Kind::Foreign { model: "dcim.device", form: Form::Brief, on_delete: OnDelete::Cascade };
const INTERFACE_TYPE: Choices = &[
    ("virtual", "Virtual"),
    ("bridge", "Bridge"),
    ("lag", "Link Aggregation Group (LAG)"),
    ("1000base-t", "1000BASE-T (1GE)"),
    ("10gbase-t", "10GBASE-T (10GE)"),
    ("10gbase-x-sfpp", "SFP+ (10GE)"),
    ("25gbase-x-sfp28", "SFP28 (25GE)"),
    ("other", "Other"),
];
pub(super) const MODE: Choices = &[
    ("access", "Access"),
    ("tagged", "Tagged"),
    ("tagged-all", "Tagged (All)"),
    ("q-in-q", "Q-in-Q (802.1ad)"),
];

pub(super) const MAC_ADDRESS: Type = Type {
    path: "dcim/mac-addresses",
    model: "dcim.macaddress",
    class: "MACAddress",
    name: "MAC address",
    own: &[
        Field::new("mac_address", Kind::Mac).required(),
        ASSIGNED_TYPE,
        ASSIGNED_ID,
        ASSIGNED,
        computed("is_primary", |view, mac| rules::is_primary(view.store, mac).into()).since(7),
    ],
    brief: &["mac_address"],
    order: &["mac_address"],
    display: |_, object| object.text("mac_address").to_owned(),
    ..Type::BASE
};

/// A combination in which null counts as a value.
const fn tree(fields: &'static [&'static str], text: &'static str) -> Unique {
    Unique { fields, void: &[], text }
}

//! Types of virtualization.

use super::super::rules;
use super::dcim::MODE;
use super::{
    COMPONENT, Choices, Field, Form, Kind, NAME, OnDelete, SCOPE, SCOPE_ID, SCOPE_TYPE, SLUG,
    TENANT, Type, Unique, boolean, choice, computed, count, foreign, integer, loose, many, nested,
    nothing, text, together, unique, zero,
};

pub(super) const CLUSTER_TYPE: Type = Type {
    path: "virtualization/cluster-types",
    model: "virtualization.clustertype",
    class: "ClusterType",
    name: "cluster type",
    own: &[NAME, SLUG, count("cluster_count", "virtualization.cluster", "type")],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};

pub(super) const CLUSTER_GROUP: Type = Type {
    path: "virtualization/cluster-groups",
    model: "virtualization.clustergroup",
    class: "ClusterGroup",
    name: "cluster group",
    own: &[NAME, SLUG, count("cluster_count", "virtualization.cluster", "group")],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};

pub(super) const CLUSTER: Type = Type {
    path: "virtualization/clusters",
    model: "virtualization.cluster",
    class: "Cluster",
    name: "cluster",
    own: &[
        NAME,
        foreign("type", "virtualization.clustertype").required(),
        foreign("group", "virtualization.clustergroup").null().put_clears(),
        choice("status", STATUS, "active"),
        TENANT,
        SCOPE_TYPE,
        SCOPE_ID,
        SCOPE,
        count("device_count", "dcim.device", "cluster"),
        count("virtualmachine_count", "virtualization.virtualmachine", "cluster"),
        computed("allocated_vcpus", |view, cluster| rules::allocated(view.store, cluster, "vcpus")),
        computed("allocated_memory", |view, cluster| {
            rules::allocated(view.store, cluster, "memory")
        }),
        computed("allocated_disk", |view, cluster| rules::allocated(view.store, cluster, "disk")),
    ],
    brief: &["name"],
    unique: &[together(&["group", "name"], "Cluster with this Group and Name already exists.")],
    ..Type::BASE
};
const STATUS: Choices = &[
    ("planned", "Planned"),
    ("staging", "Staging"),
    ("active", "Active"),
    ("decommissioning", "Decommissioning"),
    ("offline", "Offline"),
];

pub(super) const VIRTUAL_MACHINE: Type = Type {
    path: "virtualization/virtual-machines",
    model: "virtualization.virtualmachine",
    class: "VirtualMachine",
    name: "virtual machine",
    own: &[
        text("name", 64).required(),
        nothing("virtual_machine_type").since(6),
        foreign("role", "dcim.devicerole").null(),
        choice("status", VM_STATUS, "active"),
        choice("start_on_boot", START, "off").since(5),
        foreign("site", "dcim.site").null(),
        foreign("cluster", "virtualization.cluster").null(),
        foreign("device", "dcim.device").null(),
        loose("platform", "dcim.platform"),
        computed("primary_ip", rules::primary_ip),
        loose("primary_ip4", "ipam.ipaddress"),
        loose("primary_ip6", "ipam.ipaddress"),
        Field::new("vcpus", Kind::Decimal(0.0)).null(),
        integer("memory", 0, i32::MAX as i64),
        integer("disk", 0, i32::MAX as i64),
        text("serial", 50),
        TENANT,
        Field::new("local_context_data", Kind::Json).null(),
        nothing("config_template"),
        count("interface_count", "virtualization.vminterface", "virtual_machine"),
        count("virtual_disk_count", "virtualization.virtualdisk", "virtual_machine"),
        computed("config_context", |_, _| serde_json::json!({})),
    ],
    brief: &["name"],
    nested: &["name"],
    unique: &[Unique {
        fields: &["cluster", "tenant", "name"],
        void: &["cluster"],
        text: "Virtual machine name must be unique per cluster and tenant.",
    }],
    clean: Some(rules::machine),
    ..Type::BASE
};
const VM_STATUS: Choices = &[
    ("offline", "Offline"),
    ("active", "Active"),
    ("planned", "Planned"),
    ("staged", "Staged"),
    ("failed", "Failed"),
    ("decommissioning", "Decommissioning"),
    ("paused", "Paused"),
];
const START: Choices = &[("on", "On"), ("off", "Off"), ("laststate", "Last State")];

pub(super) const INTERFACE: Type = Type {
    path: "virtualization/interfaces",
    model: "virtualization.vminterface",
    class: "VMInterface",
    name: "interface",
    own: &[
        Field::new("virtual_machine", CASCADING_MACHINE).required(),
        text("name", 64).required(),
        boolean("enabled", true),
        nested("parent", "virtualization.vminterface", OnDelete::Protect),
        nested("bridge", "virtualization.vminterface", OnDelete::SetNull),
        integer("mtu", 1, 65536),
        Field::new("mac_address", Kind::Mac).null(),
        loose("primary_mac_address", "dcim.macaddress"),
        computed("mac_addresses", rules::mac_addresses_of_interface),
        choice("mode", MODE, "").null(),
        loose("untagged_vlan", "ipam.vlan"),
        many("tagged_vlans", "ipam.vlan"),
        loose("qinq_svlan", "ipam.vlan"),
        nothing("vlan_translation_policy"),
        loose("vrf", "ipam.vrf"),
        nothing("l2vpn_termination"),
        computed("count_ipaddresses", rules::addresses_of_interface),
        zero("count_fhrp_groups"),
    ],
    common: COMPONENT,
    brief: &["virtual_machine", "name"],
    nested: &["virtual_machine", "name"],
    order: &["virtual_machine", "name"],
    unique: &[together(
        &["virtual_machine", "name"],
        "Interface with this Virtual machine and Name already exists.",
    )],
    clean: Some(rules::interface),
    ..Type::BASE
};
const CASCADING_MACHINE: Kind = Kind::Foreign {
    model: "virtualization.virtualmachine",
    form: Form::Brief,
    on_delete: OnDelete::Cascade,
};

pub(super) const VIRTUAL_DISK: Type = Type {
    path: "virtualization/virtual-disks",
    model: "virtualization.virtualdisk",
    class: "VirtualDisk",
    name: "virtual disk",
    own: &[
        Field::new("virtual_machine", CASCADING_MACHINE).required(),
        text("name", 64).required(),
        Field::new("size", Kind::Integer { min: 0, max: i32::MAX as i64, default: None })
            .required(),
    ],
    common: COMPONENT,
    brief: &["virtual_machine", "name", "size"],
    order: &["virtual_machine", "name"],
    unique: &[together(
        &["virtual_machine", "name"],
        "Virtual disk with this Virtual machine and Name already exists.",
    )],
    ..Type::BASE
};

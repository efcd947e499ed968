//! Types of tenancy.

use super::{
    Field, NAME, OnDelete, SLUG, Type, Unique, computed, count, loose, nested, unique, zero,
};

pub(super) const TENANT: Type = Type {
    path: "tenancy/tenants",
    model: "tenancy.tenant",
    class: "Tenant",
    name: "tenant",
    own: &[
        NAME,
        SLUG,
        loose("group", "tenancy.tenantgroup").put_clears(),
        zero("circuit_count"),
        count("device_count", "dcim.device", "tenant"),
        count("ipaddress_count", "ipam.ipaddress", "tenant"),
        count("prefix_count", "ipam.prefix", "tenant"),
        zero("rack_count"),
        count("site_count", "dcim.site", "tenant"),
        count("virtualmachine_count", "virtualization.virtualmachine", "tenant"),
        count("vlan_count", "ipam.vlan", "tenant"),
        count("vrf_count", "ipam.vrf", "tenant"),
        count("cluster_count", "virtualization.cluster", "tenant"),
    ],
    unique: &[
        Unique {
            fields: &["group", "name"],
            void: &[],
            text: "Tenant name must be unique per group.",
        },
        Unique {
            fields: &["group", "slug"],
            void: &[],
            text: "Tenant slug must be unique per group.",
        },
    ],
    ..Type::BASE
};

pub(super) const TENANT_GROUP: Type = Type {
    path: "tenancy/tenant-groups",
    model: "tenancy.tenantgroup",
    class: "TenantGroup",
    name: "tenant group",
    own: &[
        NAME,
        SLUG,
        PARENT,
        count("tenant_count", "tenancy.tenant", "group"),
        computed("_depth", |view, object| view.depth("tenancy.tenantgroup", object).into()),
    ],
    brief: &["name", "slug", "tenant_count", "_depth"],
    nested: &["name", "slug", "_depth"],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};
const PARENT: Field = nested("parent", "tenancy.tenantgroup", OnDelete::Cascade);

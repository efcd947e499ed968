//! What differs between the releases of NetBox.

use onprem_lab::{Lab, LabOptions};
use serde_json::{Value, json};

use super::client::lab;

#[tokio::test]
async fn fields_come_and_go_with_the_release() {
    for (version, path, body, there, not_there) in [
        ("4.2.9", "/ipam/prefixes/", json!({ "prefix": "10.0.0.0/8" }), "scope", "owner"),
        ("4.6.8", "/ipam/prefixes/", json!({ "prefix": "10.0.0.0/8" }), "owner", "site"),
        ("4.2.9", "/ipam/services/", json!({ "name": "s", "ports": [1] }), "device", "parent"),
        ("4.6.8", "/extras/tags/", json!({ "name": "t", "slug": "t" }), "weight", "owner"),
    ] {
        let (_lab, netbox) = lab(version).await;
        let made = netbox.post(path, body).await.body;
        assert!(made.get(there).is_some(), "{version} {path} has no {there}: {made}");
        assert!(made.get(not_there).is_none(), "{version} {path} has {not_there}: {made}");
    }
}

#[tokio::test]
async fn etags_messages_and_tokens_of_version_2_are_new() {
    let (lab, netbox) = lab("4.3.7").await;
    let body = json!({ "prefix": "10.0.0.0/8", "changelog_message": "m" });
    let made = netbox.post("/ipam/prefixes/", body).await;
    assert_eq!((made.status, made.header("etag")), (201, None));
    assert_eq!(made.header("api-version"), Some("4.3"));
    let change = netbox.get("/core/object-changes/1/").await.body;
    assert_eq!(change.get("message"), None);
    let path = format!("/ipam/prefixes/{}/", made.id());
    let stale = [("If-Match", "W/\"x\"")];
    let changed = netbox.with("PATCH", &path, json!({}), &stale).await.unwrap();
    assert_eq!(changed.status, 200);
    let bearer = netbox.authorized(&format!("Bearer {}", lab.netbox_token_v2()));
    assert_eq!(bearer.get("/status/").await.status, 403);
    // A cursor is an unknown parameter: the first page comes, counted.
    assert_eq!(netbox.get("/ipam/prefixes/?start=5").await.body["count"], 1);
}

#[tokio::test]
async fn an_interface_takes_its_mac_address_directly_only_in_new_releases() {
    for (version, mac) in [("4.6.8", Value::Null), ("4.7.3", json!("AA:BB:CC:00:11:22"))] {
        let (_lab, netbox) = lab(version).await;
        let kind = json!({ "name": "t", "slug": "t" });
        netbox.post("/virtualization/cluster-types/", kind).await.id();
        netbox.post("/virtualization/clusters/", json!({ "name": "c", "type": 1 })).await.id();
        let machine = json!({ "name": "vm", "cluster": 1 });
        netbox.post("/virtualization/virtual-machines/", machine).await.id();
        let interface =
            json!({ "name": "net0", "virtual_machine": 1, "mac_address": "aabb.cc00.1122" });
        let made = netbox.post("/virtualization/interfaces/", interface).await.body;
        assert_eq!(made["mac_address"], mac, "{version}");
    }
}

#[tokio::test]
async fn errors_of_lists_have_the_shape_of_their_release() {
    let list = json!([{ "prefix": "10.0.0.0/8" }, { "prefix": "bad" }]);
    let (_lab, netbox) = lab("4.6.8").await;
    let refused = netbox.post("/ipam/prefixes/", list.clone()).await;
    assert_eq!(refused.body, json!([{}, { "prefix": ["Invalid IP prefix format: bad"] }]));
    let (_lab, netbox) = lab("4.7.3").await;
    let refused = netbox.post("/ipam/prefixes/", list).await;
    assert_eq!(refused.body["errors"][0]["index"], 1);
    assert_eq!(netbox.get("/ipam/prefixes/").await.body["count"], 0);
}

#[tokio::test]
async fn a_release_that_is_not_simulated_is_refused_at_the_start() {
    let refused = Lab::start(LabOptions::new().netbox_version("3.7.8")).await;
    assert!(refused.unwrap_err().to_string().contains("NetBox 3.7.8 is not simulated"));
}

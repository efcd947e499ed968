//! The next free address, prefix or VLAN, and what happens when there is none.

use std::collections::BTreeSet;

use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};

use super::client::{NetBox, lab};

async fn prefix(netbox: &NetBox, body: Value) -> u64 {
    netbox.post("/ipam/prefixes/", body).await.id()
}

async fn next(netbox: &NetBox, prefix: u64, body: Value) -> (u16, Value) {
    let path = format!("/ipam/prefixes/{prefix}/available-ips/");
    let answer = netbox.post(&path, body).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn one_request_allocates_with_all_attributes() {
    let (_lab, netbox) = lab("4.6.8").await;
    let tag = netbox.post("/extras/tags/", json!({ "name": "T", "slug": "t" })).await.id();
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/24" })).await;
    let body = json!({
        "status": "dhcp",
        "dns_name": "VM1.Example.com",
        "description": "d",
        "tags": [tag],
        "address": "1.1.1.1/8",
        "vrf": 99,
    });
    let (status, address) = next(&netbox, id, body).await;
    assert_eq!(status, 201, "{address}");
    assert_eq!(address["address"], "10.20.0.1/24");
    assert_eq!(address["vrf"], Value::Null);
    assert_eq!(address["status"], json!({ "value": "dhcp", "label": "DHCP" }));
    assert_eq!(address["dns_name"], "vm1.example.com");
    assert_eq!(address["tags"][0]["name"], "T");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_allocations_never_give_one_address_twice() {
    let (_lab, netbox) = lab("4.6.8").await;
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/24" })).await;
    let calls = (0..64).map(|_| {
        let netbox = netbox.clone();
        tokio::spawn(async move { next(&netbox, id, json!({})).await })
    });
    let mut addresses = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let (status, body) = call.await.unwrap();
        assert_eq!(status, 201, "{body}");
        addresses.insert(body["address"].as_str().unwrap().to_owned());
    }
    assert_eq!(addresses.len(), 64);
}

#[tokio::test]
async fn a_list_is_allocated_whole_or_not_at_all() {
    let (_lab, netbox) = lab("4.6.8").await;
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/30" })).await;
    let (status, body) = next(&netbox, id, json!([{}, {}, {}])).await;
    let detail = "Insufficient resources are available to satisfy the request";
    assert_eq!((status, &body["detail"]), (409, &json!(detail)));
    let (status, body) = next(&netbox, id, json!([{}, { "status": "nope" }])).await;
    assert_eq!((status, body), (400, json!([{}, { "status": ["nope is not a valid choice."] }])));
    assert_eq!(netbox.get("/ipam/ip-addresses/").await.body["count"], 0);
    let (status, body) = next(&netbox, id, json!([{}, {}])).await;
    assert_eq!(status, 201);
    assert_eq!(body[1]["address"], "10.20.0.2/30");
    // Nothing left: said before the body is looked at.
    let (status, _) = next(&netbox, id, json!({ "status": "nope" })).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn the_first_and_last_addresses_depend_on_the_kind_of_prefix() {
    let (_lab, netbox) = lab("4.6.8").await;
    for (body, first, count) in [
        (json!({ "prefix": "10.0.0.0/29" }), "10.0.0.1/29", 6),
        (json!({ "prefix": "10.0.1.0/29", "is_pool": true }), "10.0.1.0/29", 8),
        (json!({ "prefix": "10.0.2.0/31" }), "10.0.2.0/31", 2),
        (json!({ "prefix": "10.0.3.7/32" }), "10.0.3.7/32", 1),
        (json!({ "prefix": "2001:db8::/125" }), "2001:db8::1/125", 7),
        (json!({ "prefix": "2001:db8:1::/127" }), "2001:db8:1::/127", 2),
    ] {
        let id = prefix(&netbox, body.clone()).await;
        let free = netbox.get(&format!("/ipam/prefixes/{id}/available-ips/")).await.body;
        assert_eq!(free[0]["address"], first, "{body}");
        assert_eq!(free.as_array().unwrap().len(), count, "{body}");
    }
}

#[tokio::test]
async fn populated_ranges_and_other_vrfs_count_as_they_should() {
    let (_lab, netbox) = lab("4.6.8").await;
    let vrf = netbox.post("/ipam/vrfs/", json!({ "name": "v" })).await.id();
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/24", "vrf": vrf })).await;
    netbox.post("/ipam/ip-addresses/", json!({ "address": "10.20.0.1/24" })).await.id();
    let range = json!({
        "start_address": "10.20.0.1/24",
        "end_address": "10.20.0.9/24",
        "vrf": vrf,
        "mark_populated": true,
    });
    netbox.post("/ipam/ip-ranges/", range).await.id();
    let (_, address) = next(&netbox, id, json!({})).await;
    assert_eq!(address["address"], "10.20.0.10/24");
    assert_eq!(address["vrf"]["id"], vrf);
}

#[tokio::test]
async fn prefixes_and_vlans_are_allocated_too() {
    let (_lab, netbox) = lab("4.6.8").await;
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/24" })).await;
    let path = format!("/ipam/prefixes/{id}/available-prefixes/");
    let body = json!([{ "prefix_length": 28 }, { "prefix_length": 25 }, { "prefix_length": 28 }]);
    let answer = netbox.post(&path, body).await;
    let made: Vec<&str> =
        answer.body.as_array().unwrap().iter().map(|one| one["prefix"].as_str().unwrap()).collect();
    assert_eq!(made, ["10.20.0.0/28", "10.20.0.128/25", "10.20.0.16/28"]);
    assert_eq!(netbox.post(&path, json!({ "prefix_length": 25 })).await.status, 409);
    assert_eq!(netbox.post(&path, json!({})).await.status, 400);
    let group = json!({ "name": "g", "slug": "g", "vid_ranges": [[7, 8]] });
    let group = netbox.post("/ipam/vlan-groups/", group).await.id();
    let path = format!("/ipam/vlan-groups/{group}/available-vlans/");
    let made = netbox.post(&path, json!([{ "name": "a" }, { "name": "b" }])).await;
    assert_eq!(made.body[1]["vid"], 8, "{}", made.body);
    assert_eq!(netbox.post(&path, json!({ "name": "c" })).await.status, 409);
}

/// A real NetBox takes no lock for prefixes: requests at the same moment may store the same one.
#[tokio::test]
async fn a_race_stores_a_prefix_twice() {
    let (lab, netbox) = lab("4.6.8").await;
    let body = json!({ "prefix": "10.20.0.0/24" });
    prefix(&netbox, body.clone()).await;
    assert_eq!(netbox.post("/ipam/prefixes/", body.clone()).await.status, 400);
    lab.faults().arm(Fault::new(Effect::Race).count(1)).unwrap();
    assert_eq!(netbox.post("/ipam/prefixes/", body.clone()).await.status, 201);
    assert_eq!(netbox.post("/ipam/prefixes/", body).await.status, 400);
    let found = netbox.get("/ipam/prefixes/?prefix=10.20.0.0/24").await;
    assert_eq!(found.body["count"], 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_the_address_and_its_mark_in_the_log() {
    let (lab, netbox) = lab("4.6.8").await;
    let id = prefix(&netbox, json!({ "prefix": "10.20.0.0/24" })).await;
    let fault = Fault::new(Effect::Reset { when: When::After }).system("netbox").count(1);
    lab.faults().arm(fault.path("/available-ips/$")).unwrap();
    let path = format!("/ipam/prefixes/{id}/available-ips/");
    let body = json!({ "changelog_message": "claim 4711" });
    assert!(netbox.with("POST", &path, body, &[]).await.is_err());
    let found = netbox.get("/core/object-changes/?q=claim%204711").await.body;
    assert_eq!(found["count"], 1);
    assert_eq!(found["results"][0]["message"], "claim 4711");
    assert_eq!(found["results"][0]["changed_object"]["address"], "10.20.0.1/24");
    assert_eq!(found["results"][0]["changed_object_type"], "ipam.ipaddress");
    let last = lab.requests().all().into_iter().rev().find(|request| request.status.is_none());
    let last = last.unwrap();
    assert_eq!((last.system.as_str(), last.path), ("netbox", path));
}

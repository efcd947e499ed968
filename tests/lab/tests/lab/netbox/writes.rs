//! What a client must know of writes and reads: silence about what is unknown, conditions, the log.

use onprem_lab::{Effect, Fault};
use serde_json::{Value, json};

use super::client::lab;

#[tokio::test]
async fn unknown_fields_and_filters_pass_in_silence() {
    let (_lab, netbox) = lab("4.6.8").await;
    let made = netbox.post("/ipam/prefixes/", json!({ "prefix": "10.0.0.0/24", "bogus": 1 })).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body.get("bogus"), None);
    netbox.post("/ipam/prefixes/", json!({ "prefix": "10.0.1.0/24" })).await.id();
    assert_eq!(netbox.get("/ipam/prefixes/?bogus=1").await.body["count"], 2);
    assert_eq!(netbox.get("/ipam/prefixes/?status=bogus").await.status, 400);
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_logged_and_moves_the_etag() {
    let (_lab, netbox) = lab("4.6.8").await;
    let made = netbox.post("/ipam/prefixes/", json!({ "prefix": "10.0.0.0/24" })).await;
    let path = format!("/ipam/prefixes/{}/", made.id());
    let before = netbox.get(&path).await;
    assert_eq!(before.header("etag"), made.header("etag"));
    let after = netbox.call("PATCH", &path, json!({ "changelog_message": "why" })).await;
    assert_ne!(after.header("etag"), before.header("etag"));
    let log = netbox.get("/core/object-changes/?limit=1").await.body;
    assert_eq!(log["results"][0]["message"], "why");
    assert_eq!(log["results"][0]["request_id"], after.header("x-request-id").unwrap());
    let path =
        format!("/ipam/prefixes/?updated_by_request={}", after.header("x-request-id").unwrap());
    assert_eq!(netbox.get(&path).await.body["count"], 1);
}

#[tokio::test]
async fn a_change_of_something_newer_is_refused() {
    let (_lab, netbox) = lab("4.6.8").await;
    let made = netbox.post("/ipam/prefixes/", json!({ "prefix": "10.0.0.0/24" })).await;
    let path = format!("/ipam/prefixes/{}/", made.id());
    let old = [("If-Match", made.header("etag").unwrap())];
    let body = json!({ "description": "a" });
    assert_eq!(netbox.with("PATCH", &path, body.clone(), &old).await.unwrap().status, 200);
    let refused = netbox.with("PATCH", &path, body, &old).await.unwrap();
    assert_eq!(refused.status, 412);
    let new = refused.header("etag").unwrap().to_owned();
    assert_ne!(Some(new.as_str()), made.header("etag"));
    assert_eq!(netbox.with("DELETE", &path, Value::Null, &old).await.unwrap().status, 412);
    let current = [("If-Match", new.as_str())];
    assert_eq!(netbox.with("DELETE", &path, Value::Null, &current).await.unwrap().status, 204);
}

#[tokio::test]
async fn pages_are_bounded_and_linked() {
    let (_lab, netbox) = lab("4.6.8").await;
    let id = netbox.post("/ipam/prefixes/", json!({ "prefix": "10.0.0.0/20" })).await.id();
    let path = format!("/ipam/prefixes/{id}/available-ips/");
    let wanted: Vec<Value> = (0..1020).map(|_| json!({})).collect();
    assert_eq!(netbox.post(&path, wanted.into()).await.status, 201);
    let count = |page: &Value| page["results"].as_array().unwrap().len();
    let page = netbox.get("/ipam/ip-addresses/").await.body;
    assert_eq!((count(&page), &page["count"]), (50, &json!(1020)));
    let page = netbox.get("/ipam/ip-addresses/?limit=5000&brief=true").await.body;
    assert_eq!(count(&page), 1000);
    let next = page["next"].as_str().unwrap().strip_prefix(&netbox.url).unwrap();
    let page = netbox.get(next.strip_prefix("/api").unwrap()).await.body;
    assert_eq!((count(&page), &page["next"]), (20, &Value::Null));
    let mut next = "/ipam/ip-addresses/?start=0&limit=400&fields=id".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = netbox.get(&next).await.body;
        assert_eq!(page["count"], Value::Null);
        seen.extend(page["results"].as_array().unwrap().iter().map(|one| one["id"].as_u64()));
        let Some(link) = page["next"].as_str() else { break };
        next = link.strip_prefix(&netbox.url).unwrap().strip_prefix("/api").unwrap().to_owned();
    }
    assert_eq!(seen.len(), 1020);
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn both_kinds_of_token_open_and_wrong_ones_do_not() {
    let (lab, netbox) = lab("4.6.8").await;
    let as_token = |text: String| netbox.authorized(&text);
    let bearer = as_token(format!("Bearer {}", lab.netbox_token_v2()));
    assert_eq!(bearer.get("/status/").await.status, 200);
    for (text, detail) in [
        ("", "Authentication credentials were not provided."),
        ("Token 0123", "Invalid v1 token"),
        ("Bearer nbt_a.b", "Invalid v2 token"),
    ] {
        let answer = netbox.authorized(text).get("/status/").await;
        assert_eq!((answer.status, &answer.body["detail"]), (403, &json!(detail)));
    }
    assert_eq!(lab.netbox_token().len(), 40);
    assert_eq!(lab.netbox_token_v2().len(), "nbt_".len() + 12 + 1 + 40);
}

#[tokio::test]
async fn a_fault_answers_in_place_of_netbox() {
    let (lab, netbox) = lab("4.6.8").await;
    let fault = |status| Fault::new(Effect::Status { status, message: None }).system("netbox");
    lab.faults().arm(fault(503).count(1)).unwrap();
    let answer = netbox.get("/status/").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (503, Some("text/html; charset=utf-8"))
    );
    lab.faults().arm(fault(429).count(1).path("^/ipam/")).unwrap();
    assert_eq!(netbox.get("/status/").await.status, 200);
    assert_eq!(netbox.get("/ipam/prefixes/").await.status, 429);
    assert_eq!(lab.inventory()["netbox"], json!({}));
}

//! What is sent, and what is made of the answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use onprem_netbox::{Client, ErrorKind, Place, Query, kinds};
use serde_json::{Value, json};

use crate::server::{Reply, Server, TOKEN};

fn fields(value: Value) -> onprem_netbox::Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

#[tokio::test]
async fn tokens_of_both_versions_travel_in_their_scheme_and_are_never_printed() {
    let server = Server::start(|_| Reply::Json(200, json!({"netbox-version": "4.6.8"}))).await;
    let client = server.client();
    assert_eq!(client.version().await.unwrap().to_string(), "4.6");
    let second = Client::builder(&server.url, "nbt_key.secret").build().unwrap();
    second.version().await.unwrap();
    let seen = server.seen();
    assert!(seen[0].head.contains(&format!("authorization: token {TOKEN}")), "{}", seen[0].head);
    assert!(seen[1].head.contains("authorization: bearer nbt_key.secret"), "{}", seen[1].head);
    assert!(!format!("{client:?}").contains(TOKEN));
    assert!(Client::builder(&server.url, " ").build().is_err());
}

/// The server names itself by a host that only it can reach. And somebody deletes what the first page told:
/// the second one, two further on, skipped an object.
#[tokio::test]
async fn a_list_is_read_to_its_end_wherever_the_links_point() {
    let mut there = vec![1, 2, 3, 4, 5];
    let server = Server::start(move |request| {
        let query = request.line.split_once('?').unwrap().1;
        let after = query.split('&').find_map(|pair| pair.strip_prefix("id__gt="));
        let after: i64 = after.map_or(0, |after| after.parse().unwrap());
        let left: Vec<i64> = there.iter().copied().filter(|id| *id > after).collect();
        let next = "http://internal:8080/api/extras/tags/?limit=2&offset=2";
        let next = (left.len() > 2).then_some(next);
        let results: Vec<Value> =
            left.iter().take(2).map(|id| json!({"id": id, "name": "x"})).collect();
        let answer = json!({"count": left.len(), "next": next, "results": results});
        there.retain(|id| *id != 1);
        Reply::Json(200, answer)
    })
    .await;
    let found = server.client().objects(&kinds::TAG).list(&Query::new()).await.unwrap();
    let ids: Vec<i64> = found.iter().map(onprem_netbox::Object::id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert_eq!(server.lines()[1], "GET /api/extras/tags/?limit=250&ordering=id&id__gt=2");
}

/// Every page was asked for before the first object was looked at.
#[tokio::test]
async fn who_has_enough_asks_for_no_further_page() {
    let server = Server::start(|_| {
        Reply::Json(200, json!({"count": 900, "next": "x", "results": [{"id": 1}, {"id": 2}]}))
    })
    .await;
    let mut pages = server.client().objects(&kinds::TAG).pages(&Query::new()).unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 2);
    assert_eq!(server.lines().len(), 1);
    // The server ignores where to go on: that ends as an error, not never.
    assert_eq!(*pages.next().await.unwrap_err().kind(), ErrorKind::Decode);
}

/// A search that found more than a list may have answered with none at all.
#[tokio::test]
async fn too_many_are_an_error_and_not_none() {
    let server = Server::start(|_| {
        Reply::Json(200, json!({"count": 300_000, "next": "x", "results": [{"id": 1}]}))
    })
    .await;
    let error = server.client().objects(&kinds::TAG).list(&Query::new()).await.unwrap_err();
    assert!(error.to_string().contains("300000 tags"), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_filter_that_the_server_ignores_is_an_error() {
    let server = Server::start(|_| {
        let results = json!([{"id": 1, "name": "other"}]);
        Reply::Json(200, json!({"count": 1, "next": null, "results": results}))
    })
    .await;
    let query = Query::new().with("name", "wanted");
    let error = server.client().objects(&kinds::TAG).list(&query).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("ignores filters"), "{error}");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let server = Server::start(|_| {
        Reply::With(302, "Location: https://elsewhere.example/login", String::new())
    })
    .await;
    let client = server.client();
    let error = client.objects(&kinds::TAG).create(fields(json!({"name": "x"}))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Redirect);
    assert!(error.to_string().contains("https://elsewhere.example/login"), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn an_error_tells_the_request_and_its_id() {
    let page = "<html><body><h1>Server Error</h1></body></html>";
    let server = Server::start(move |_| Reply::With(500, "X-A: b", page.to_owned())).await;
    let error = server.client().objects(&kinds::PREFIX).get(7).await.unwrap_err();
    let text = error.to_string();
    for part in ["GET /api/ipam/prefixes/7/", "500", "Server Error", "X-Request-ID r-1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('<'), "{text}");
}

#[tokio::test]
async fn an_update_sends_what_differs_and_nothing_when_nothing_does() {
    let server = Server::start(|request| match request.line.starts_with("PATCH") {
        false => {
            let object = json!({"id": 5, "description": "a", "status": {"value": "active"},
                "vrf": {"id": 3}, "tags": [{"name": "one"}], "custom_fields": {"x": 1, "y": 2}});
            Reply::With(200, "ETag: W/\"1\"\r\nAPI-Version: 4.6", object.to_string())
        }
        true => {
            let object = json!({"id": 5, "description": "b", "status": {"value": "active"},
                "vrf": null, "tags": [{"name": "two"}], "custom_fields": {"x": 1, "y": 3}});
            Reply::Json(200, object)
        }
    })
    .await;
    let objects = server.client().objects(&kinds::PREFIX);
    let object = objects.get(5).await.unwrap();
    let same = json!({"description": "a", "status": "active", "vrf": 3, "add_tags": ["one"],
        "remove_tags": ["two"], "custom_fields": {"x": 1}});
    objects.update(&object, fields(same)).await.unwrap();
    assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
    let other = json!({"description": "b", "status": "active", "vrf": null, "add_tags": ["two"],
        "remove_tags": ["one"], "custom_fields": {"x": 1, "y": 3}});
    objects.update(&object, fields(other)).await.unwrap();
    let patch = server.seen().pop().unwrap();
    let sent = json!({"description": "b", "vrf": null, "add_tags": [{"name": "two"}],
        "remove_tags": [{"name": "one"}], "custom_fields": {"y": 3}});
    assert_eq!(patch.body, sent);
    assert!(patch.head.contains("if-match: w/\"1\""), "{}", patch.head);
}

/// Only the case of a description changed, and nothing was sent.
#[tokio::test]
async fn a_change_of_case_is_sent_but_where_the_server_has_one_case() {
    let server = Server::start(|request| {
        let mut object = json!({"id": 5, "description": "web", "dns_name": "a.example",
            "custom_fields": {"team": "ops"}});
        for (field, value) in request.body.as_object().into_iter().flatten() {
            object[field] = value.clone();
        }
        Reply::Json(200, object)
    })
    .await;
    let objects = server.client().objects(&kinds::IP_ADDRESS);
    let object = objects.get(5).await.unwrap();
    let other = json!({"description": "Web", "dns_name": "A.example",
        "custom_fields": {"team": "Ops"}});
    objects.update(&object, fields(other)).await.unwrap();
    let sent = json!({"description": "Web", "custom_fields": {"team": "Ops"}});
    assert_eq!(server.seen().pop().unwrap().body, sent);
}

#[tokio::test]
async fn a_field_that_the_server_drops_is_an_error_with_its_name() {
    let server = Server::start(|_| Reply::Json(201, json!({"id": 1, "name": "x"}))).await;
    let body = fields(json!({"name": "x", "mark_populated": true}));
    let error = server.client().objects(&kinds::IP_RANGE).create(body).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Dropped { field: "mark_populated".to_owned() });
}

#[tokio::test]
async fn somebody_else_s_change_is_a_conflict() {
    let server = Server::start(|request| match request.line.starts_with("PATCH") {
        true => Reply::Json(412, json!({"detail": "changed"})),
        false => Reply::Json(200, json!({"id": 1, "name": "x"})),
    })
    .await;
    let objects = server.client().objects(&kinds::TAG);
    let object = objects.get(1).await.unwrap();
    let error = objects.update(&object, fields(json!({"name": "y"}))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn reads_that_come_together_share_a_request() {
    let server = Server::start(|request| {
        if request.line.starts_with("GET /api/ipam/prefixes/3/") {
            return Reply::Json(404, json!({"detail": "No Prefix matches the given query."}));
        }
        let query = request.line.split_once('?').unwrap().1;
        let ids = query.split('&').filter_map(|pair| pair.strip_prefix("id="));
        let results: Vec<Value> = ids
            .filter(|id| *id != "3")
            .map(|id| json!({"id": id.parse::<i64>().unwrap()}))
            .collect();
        Reply::Json(200, json!({"count": results.len(), "next": null, "results": results}))
    })
    .await;
    let objects = server.client().objects(&kinds::PREFIX);
    let reads: Vec<_> = (1..=10)
        .map(|id| {
            let objects = objects.clone();
            tokio::spawn(async move { objects.read(id).await.unwrap().map(|found| found.id()) })
        })
        .collect();
    for (id, read) in (1..=10).zip(reads) {
        assert_eq!(read.await.unwrap(), (id != 3).then_some(id));
    }
    // One for all, and one that makes sure that an object is gone.
    let lines = server.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1], "GET /api/ipam/prefixes/3/");
}

/// The answer of an allocation is lost: the change log says whether there was one.
#[tokio::test]
async fn a_lost_allocation_is_looked_up_before_it_is_sent_again() {
    for made in [true, false] {
        let posts = AtomicUsize::new(0);
        let mut message = String::new();
        let server = Server::start(move |request| {
            let line = request.line.as_str();
            if line == "POST /api/ipam/prefixes/9/available-ips/" {
                message = request.body["changelog_message"].as_str().unwrap().to_owned();
                return match posts.fetch_add(1, Ordering::Relaxed) {
                    0 => Reply::Lose,
                    _ => Reply::Json(201, json!({"id": 78, "address": "10.0.0.2/24"})),
                };
            }
            if line.starts_with("GET /api/core/object-changes/?") {
                let entry = json!({"changed_object_id": 77, "message": message,
                    "changed_object_type": "ipam.ipaddress", "action": {"value": "create"}});
                let results = if made { vec![entry] } else { vec![] };
                return Reply::Json(200, json!({"count": 1, "next": null, "results": results}));
            }
            match line {
                "GET /api/status/" => Reply::Json(200, json!({"netbox-version": "4.6.8"})),
                _ => Reply::Json(200, json!({"id": 77, "address": "10.0.0.1/24"})),
            }
        })
        .await;
        let client = server.client();
        let place = Place::AddressOfPrefix(9);
        let object = client.create(place, fields(json!({})), None).await.unwrap();
        assert_eq!(object.id(), if made { 77 } else { 78 });
        let posts = server.lines().iter().filter(|line| line.starts_with("POST")).count();
        assert_eq!(posts, if made { 1 } else { 2 });
    }
}

/// A proxy gave up waiting for NetBox, which went on: sent again, the allocation took a second address.
#[tokio::test]
async fn an_allocation_that_a_proxy_gave_up_is_not_sent_again() {
    let server = Server::start(|request| match request.line.as_str() {
        "POST /api/ipam/prefixes/9/available-ips/" => Reply::Json(504, json!({"detail": "late"})),
        line if line.starts_with("GET /api/core/object-changes/") => {
            Reply::Json(200, json!({"count": 0, "next": null, "results": []}))
        }
        _ => Reply::Json(200, json!({"netbox-version": "4.6.8"})),
    })
    .await;
    let place = Place::AddressOfPrefix(9);
    let error = server.client().create(place, fields(json!({})), None).await.unwrap_err();
    assert!(error.maybe_executed(), "{error}");
    let posts = server.lines().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 1);
}

/// The prefix was made, the search for its twin failed, and nobody remembered the prefix.
#[tokio::test]
async fn a_prefix_is_noted_whatever_comes_after_it() {
    let lists = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if request.line.starts_with("POST") {
            return Reply::Json(201, json!({"id": 8, "prefix": "10.0.0.0/24"}));
        }
        match lists.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::Json(200, json!({"count": 0, "next": null, "results": []})),
            _ => Reply::Json(500, json!({"detail": "broken"})),
        }
    })
    .await;
    let mut noted = None;
    let place = Place::Collection(&kinds::PREFIX);
    let body = fields(json!({"prefix": "10.0.0.0/24"}));
    let note = |object: &onprem_netbox::Object| noted = Some(object.id());
    let outcome = server.client().create_noting(place, body, None, note).await;
    assert!(outcome.is_err());
    assert_eq!(noted, Some(8));
}

/// Two make the same prefix at once: the server has no lock for that, and the older one stays.
#[tokio::test]
async fn of_two_equal_prefixes_the_older_one_stays() {
    let lists = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let line = request.line.as_str();
        if line.starts_with("POST") {
            return Reply::Json(201, json!({"id": 8, "prefix": "10.0.0.0/24"}));
        }
        if line.starts_with("DELETE") {
            return Reply::Json(204, Value::Null);
        }
        let one = |id| json!({"id": id, "prefix": "10.0.0.0/24", "vrf": null});
        let results = match lists.fetch_add(1, Ordering::Relaxed) {
            0 => vec![],
            _ => vec![one(7), one(8)],
        };
        Reply::Json(200, json!({"count": 2, "next": null, "results": results}))
    })
    .await;
    let body = fields(json!({"prefix": "10.0.0.0/24"}));
    let error = server.client().objects(&kinds::PREFIX).create(body).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Duplicate(_)), "{error}");
    assert_eq!(server.lines().pop().unwrap(), "DELETE /api/ipam/prefixes/8/");
}

#[tokio::test]
async fn nothing_free_is_final() {
    let server = Server::start(|_| {
        let detail = "Insufficient resources are available to satisfy the request";
        Reply::Json(409, json!({ "detail": detail }))
    })
    .await;
    let place = Place::AddressOfRange(1);
    let error = server.client().create(place, fields(json!({})), None).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Exhausted);
    assert_eq!(server.lines().len(), 1);
}

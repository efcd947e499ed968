//! Resources, guest numbers, and finding a guest.

use onprem_proxmox::{ErrorKind, GuestKind, VmId};
use serde_json::json;

use crate::server::{Reply, Server};

fn id(number: i64) -> VmId {
    VmId::new(number).unwrap()
}

const GONE: &str = "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist";

#[tokio::test]
async fn a_burst_makes_one_request_and_a_write_makes_the_next() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /cluster/resources" => Reply::Data(json!([{ "id": "qemu/100", "type": "qemu" }])),
        _ => Reply::Data(json!(null)),
    })
    .await;
    let client = server.client();
    let cluster = client.cluster();
    let burst = (0..10).map(|_| cluster.resources());
    for rows in futures_util::future::join_all(burst).await {
        assert_eq!(rows.unwrap().len(), 1);
    }
    assert_eq!(server.count("GET /cluster/resources"), 1);
    client.request(onprem_proxmox::Method::PUT, "/x", &Default::default()).await.unwrap();
    cluster.resources().await.unwrap();
    assert_eq!(server.count("GET /cluster/resources"), 2);
}

#[tokio::test]
async fn those_who_waited_share_an_error_and_the_next_asks_again() {
    let mut failures = 1;
    let server = Server::start(move |_| {
        if failures > 0 {
            failures -= 1;
            return Reply::error(500, "something broke");
        }
        Reply::Data(json!([]))
    })
    .await;
    let cluster = server.client().cluster();
    let burst = (0..5).map(|_| cluster.resources());
    let outcomes = futures_util::future::join_all(burst).await;
    assert!(outcomes.iter().all(|outcome| outcome.is_err()));
    assert!(cluster.resources().await.is_ok());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn numbers_given_at_the_same_time_differ_and_skip_what_is_taken() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /cluster/resources" => {
            Reply::Data(json!([{ "id": "qemu/5000", "type": "qemu", "vmid": 5000 }]))
        }
        _ => match request.params.get("vmid").map(String::as_str) {
            None => Reply::Data(json!("100")),
            // Taken, but too new for the list.
            Some("5001") => Reply::Error(
                400,
                "Parameter verification failed.".to_owned(),
                json!({ "data": null, "errors": { "vmid": "VM 5001 already exists" } }),
            ),
            Some(vmid) => Reply::Data(json!(vmid)),
        },
    })
    .await;
    let cluster = server.client().cluster();
    let range = || Some(id(5000)..=id(5003));
    let (first, second) = tokio::join!(cluster.next_id(range()), cluster.next_id(range()));
    let mut given = [first.unwrap(), second.unwrap()];
    given.sort();
    assert_eq!(given, [id(5002), id(5003)]);
    let error = cluster.next_id(range()).await.unwrap_err();
    assert_eq!(error.text(), "no guest number is free between 5000 and 5003");
    cluster.release_id(id(5003));
    assert_eq!(cluster.next_id(range()).await.unwrap(), id(5003));
    assert_eq!(cluster.next_id(None).await.unwrap(), id(100));
    assert_eq!(cluster.next_id(None).await.unwrap(), id(101));
}

/// A cluster whose list knows nothing of guest 100, which may be on pve2
async fn lagging(pve2: &'static str, found: bool) -> Server {
    Server::start(move |request| match request.line.as_str() {
        "GET /cluster/resources" => Reply::Data(json!([])),
        "GET /nodes" => Reply::Data(json!([
            { "node": "pve1", "status": "online" },
            { "node": "pve2", "status": pve2 },
        ])),
        "GET /nodes/pve2/lxc/100/config" if found => Reply::Data(json!({ "digest": "abc" })),
        line if line.contains("/pve2/") && pve2 == "broken" => Reply::error(500, "got no answer"),
        _ => Reply::error(500, GONE),
    })
    .await
}

#[tokio::test]
async fn a_guest_that_the_list_does_not_know_yet_is_found() {
    let found = lagging("online", true).await.client().locate(id(100)).await.unwrap().unwrap();
    assert_eq!((found.node.as_str(), found.kind), ("pve2", GuestKind::Lxc));
    assert_eq!(found.config.digest(), "abc");
}

#[tokio::test]
async fn a_guest_is_gone_only_if_every_node_says_so() {
    assert!(lagging("online", false).await.client().locate(id(100)).await.unwrap().is_none());
    let error = lagging("offline", false).await.client().locate(id(100)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable(_)));
    assert!(error.text().contains("node pve2 is offline"), "{error}");
    assert!(lagging("broken", false).await.client().locate(id(100)).await.is_err());
}

#[tokio::test]
async fn a_guest_that_moved_since_the_list_was_made_is_found() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /cluster/resources" => Reply::Data(json!([
            { "id": "qemu/100", "type": "qemu", "vmid": 100, "node": "pve1" },
        ])),
        "GET /nodes" => Reply::Data(json!([
            { "node": "pve1", "status": "online" },
            { "node": "pve2", "status": "online" },
        ])),
        "GET /nodes/pve2/qemu/100/config" => Reply::Data(json!({ "digest": "abc" })),
        _ => Reply::error(500, GONE),
    })
    .await;
    let found = server.client().locate(id(100)).await.unwrap().unwrap();
    assert_eq!(found.node.as_str(), "pve2");
}

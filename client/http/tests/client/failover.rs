//! Several endpoints, some of them dead.

use std::net::TcpListener;

use onprem_http::{ErrorKind, Method, Request, Unreachable};

use crate::{
    builder,
    server::{Identity, OK, Server, Step},
};

/// An address where nothing listens
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

#[tokio::test]
async fn a_dead_endpoint_is_left_for_the_next_and_that_is_remembered() {
    let server = Server::start(&[OK], None).await;
    let client = builder([dead(), server.http()]).build().unwrap();
    // A POST too: a refused connection is certainly not an executed request.
    for method in [Method::POST, Method::GET] {
        let response = client.send(&Request::new(method, "/x")).await.unwrap();
        assert_eq!(response.endpoint, server.http());
    }
    assert_eq!(client.endpoint(), server.http());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn refused_and_unknown_hosts_differ() {
    let client = builder([dead()]).build().unwrap();
    let error = client.send(&Request::get("/version")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable(Unreachable::Refused)), "{error:?}");
    assert!(error.to_string().starts_with("GET /version on http://127.0.0.1:"), "{error}");
    let client = builder(["http://no-such-host.invalid"]).build().unwrap();
    let error = client.send(&Request::get("/")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable(Unreachable::Dns(_))), "{error:?}");
}

#[tokio::test]
async fn a_distrusted_endpoint_is_an_error_and_no_reason_to_ask_the_next() {
    let (tls, plain) = (Identity::self_signed(), Server::start(&[OK], None).await);
    let distrusted = Server::start(&[OK], Some(&tls)).await;
    let client = builder([distrusted.https(), plain.http()]).build().unwrap();
    let error = client.send(&Request::get("/")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Tls(_)), "{error:?}");
    assert_eq!(plain.count(), 0);
}

#[tokio::test]
async fn a_lost_post_does_not_go_to_the_next_endpoint() {
    let (first, second) =
        (Server::start(&[Step::Drop], None).await, Server::start(&[OK], None).await);
    let client = builder([first.http(), second.http()]).build().unwrap();
    let error = client.send(&Request::new(Method::POST, "/x")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Lost(_)) && error.maybe_executed(), "{error:?}");
    assert_eq!((first.count(), second.count()), (1, 0));
}

#[test]
fn settings_that_cannot_work_are_refused_when_building() {
    for (endpoint, words) in [
        ("pve1:8006", "https://host:port"),
        ("", "not a URL"),
        ("ftp://pve1", "https://host:port"),
        ("https://root:hunter2@pve1", "must not hold credentials"),
    ] {
        let error = builder([endpoint]).build().unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
    }
    assert!(builder(Vec::<String>::new()).build().is_err());
    assert!(builder(["https://pve1"]).max_concurrency(0).build().is_err());
    let error = builder(["https://pve1"]).header("X-Key", "hunter2\n").build().unwrap_err();
    assert!(error.to_string().contains("X-Key") && !error.to_string().contains("hunter2"));
}

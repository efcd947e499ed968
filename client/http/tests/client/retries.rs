//! What is sent again and what is not.

use std::{future::ready, time::Duration};

use onprem_http::{
    AfterLoss, Body, Deadline, ErrorKind, HeaderName, Method, Request, Resend, Secret,
};

use crate::{
    builder,
    server::{OK, Server, Step},
};

const BUSY: Step = Step::Answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
const PROXY: Step = Step::Answer("HTTP/1.1 596 Broken pipe\r\nContent-Length: 0\r\n\r\n");
const TOO_MANY: Step =
    Step::Answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
const WRONG: Step =
    Step::Answer("HTTP/1.1 500 VM 100 already exists\r\nContent-Length: 4\r\n\r\nbody");

fn post() -> Request {
    Request::new(Method::POST, "/x").body(Body::Bytes { content_type: "a/b", bytes: "c".into() })
}

#[tokio::test]
async fn a_get_outlasts_passing_failures() {
    let server = Server::start(&[BUSY, Step::Drop, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    assert_eq!(client.send(&Request::get("/")).await.unwrap().body, "ok");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn without_a_deadline_attempts_are_counted() {
    let server = Server::start(&[BUSY], None).await;
    let client = builder([server.http()]).build().unwrap();
    let error = client.send(&Request::get("/")).await.unwrap_err();
    assert_eq!(error.status().unwrap().code.as_u16(), 503);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn with_a_deadline_attempts_go_on_until_it_passes() {
    let server = Server::start(&[BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    let deadline = Deadline::after(Duration::from_secs(60), "the test timeout");
    client.send(&Request::get("/").deadline(&deadline)).await.unwrap();
    let server = Server::start(&[Step::Hang], None).await;
    let client = builder([server.http()]).build().unwrap();
    let deadline = Deadline::after(Duration::from_millis(50), "the read timeout");
    let error = client.send(&Request::get("/").deadline(&deadline)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)));
    let text = "the read timeout of 50ms passed while waiting for the answer";
    assert!(error.to_string().ends_with(text), "{error}");
}

#[tokio::test]
async fn an_error_that_will_not_pass_is_not_repeated_and_keeps_its_words() {
    let server = Server::start(&[WRONG, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    let error = client.send(&Request::get("/")).await.unwrap_err();
    let status = error.status().unwrap();
    assert_eq!((status.code.as_u16(), status.reason.as_str()), (500, "VM 100 already exists"));
    assert_eq!(status.body, "body");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_post_is_sent_again_only_if_it_was_certainly_not_executed() {
    for (step, sent) in [(TOO_MANY, 2), (PROXY, 1), (Step::Drop, 1), (BUSY, 1)] {
        let server = Server::start(&[step, OK], None).await;
        let client = builder([server.http()]).build().unwrap();
        let outcome = client.send(&post()).await;
        assert_eq!(server.count(), sent, "{step:?}");
        assert_eq!(outcome.is_ok(), sent == 2, "{step:?}");
    }
}

#[tokio::test]
async fn a_caller_may_find_out_that_a_lost_post_was_not_executed() {
    let server = Server::start(&[Step::Drop, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    client.send_checked(&post(), |_| ready(AfterLoss::Resend)).await.unwrap();
    assert_eq!(server.count(), 2);
    let server = Server::start(&[Step::Drop, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    client.send_checked(&post(), |_| ready(AfterLoss::Stop)).await.unwrap_err();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_harmless_post_is_sent_again() {
    let server = Server::start(&[Step::Drop, OK], None).await;
    let client = builder([server.http()]).build().unwrap();
    client.send(&post().resend(Resend::Always)).await.unwrap();
    assert!(server.requests.lock().unwrap().iter().all(|request| request.ends_with("\r\n\r\nc")));
}

#[tokio::test]
async fn a_silent_server_runs_into_the_timeout() {
    let server = Server::start(&[Step::Hang], None).await;
    let client = builder([server.http()]).timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.send(&post()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)) && error.maybe_executed(), "{error:?}");
}

#[tokio::test]
async fn headers_are_sent_and_secrets_are_not_shown() {
    let server = Server::start(&[Step::Drop], None).await;
    let builder = builder([server.http()]).header("X-Gate", "hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"));
    let client = builder.default_path("/api").build().unwrap();
    let request = post().secret_header(HeaderName::from_static("cookie"), &Secret::new("hunter3"));
    assert!(!format!("{request:?}").contains("hunter3"));
    let error = client.send(&request).await.unwrap_err();
    assert!(!format!("{error} {error:?} {client:?}").contains("hunter"), "{error:?}");
    let requests = server.requests.lock().unwrap();
    let sent = requests[0].to_lowercase();
    assert!(sent.starts_with("post /api/x http/1.1"), "{sent}");
    assert!(sent.contains("x-gate: hunter2") && sent.contains("cookie: hunter3"), "{sent}");
}

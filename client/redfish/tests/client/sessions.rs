//! One session a host, and what happens when there is none.

use std::time::Duration;

use onprem_redfish::ErrorKind;
use serde_json::json;

use crate::server::{JOBS, LOGIN, LOGOUT, Reply, Server};

#[tokio::test]
async fn many_requests_make_one_session_which_is_deleted_when_the_host_is_left_alone() {
    let server = Server::start(|_| None).await;
    let client = server.builder().session_idle(Duration::from_millis(20)).build().unwrap();
    let (a, b, c) = tokio::join!(client.jobs(), client.jobs(), client.update_service());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(server.count(LOGIN), 1);
    while server.count(LOGOUT) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let last = server.seen().pop().unwrap();
    assert!(last.line == LOGOUT && last.head.contains("x-auth-token: token-of-the-test"));
    client.jobs().await.unwrap();
    assert_eq!(server.count(LOGIN), 2);
}

/// A request was given up while it logged in, as at Ctrl-C, and nobody deleted the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_login_that_is_given_up_leaves_no_session() {
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let server = Server::start(move |request| {
        if request.line == LOGIN {
            begun.send(()).unwrap();
            let _ = waits.recv();
        }
        None
    })
    .await;
    let client = server.client();
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.jobs().await }
    });
    begins.recv().await.unwrap();
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    drop(go_on);
    // What comes next finds the session that was made, and no other is.
    client.jobs().await.unwrap();
    client.close().await;
    assert_eq!((server.count(LOGIN), server.count(LOGOUT)), (1, 1));
}

#[tokio::test]
async fn a_session_is_kept_while_somebody_is_busy() {
    let server = Server::start(|_| None).await;
    let client = server.builder().session_idle(Duration::from_millis(5)).build().unwrap();
    let busy = client.busy();
    client.jobs().await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(server.count(LOGOUT), 0);
    drop(busy);
    client.close().await;
    client.close().await;
    assert_eq!(server.count(LOGOUT), 1);
}

#[tokio::test]
async fn a_refused_session_is_renewed_once() {
    let mut refusals = 0;
    let server = Server::start(move |request| {
        (request.line == JOBS && refusals < 1).then(|| {
            refusals += 1;
            Reply::error(401, "SYS428", "Unauthorized")
        })
    })
    .await;
    server.client().jobs().await.unwrap();
    assert_eq!(server.count(LOGIN), 2);

    let server = Server::start(|request| {
        (request.line == JOBS).then(|| Reply::error(401, "SYS428", "Unauthorized"))
    })
    .await;
    let error = server.client().jobs().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unauthorized);
    assert_eq!(server.count(LOGIN), 2, "no account is to be locked by trying on and on");
}

#[tokio::test]
async fn without_room_for_a_session_every_request_logs_in_by_itself() {
    for (status, code) in [(400, "RAC0218"), (503, "RAC0218"), (503, "X")] {
        let server = Server::start(move |request| {
            (request.line == LOGIN).then(|| Reply::error(status, code, "Too many sessions"))
        })
        .await;
        let client = server.client();
        client.jobs().await.unwrap();
        client.jobs().await.unwrap();
        assert_eq!(server.count(LOGIN), 1, "{status}");
        let jobs: Vec<_> = server.seen().into_iter().filter(|one| one.line == JOBS).collect();
        assert!(
            jobs.len() == 2 && jobs.iter().all(|one| one.head.contains("authorization: basic "))
        );
        client.close().await;
        assert_eq!(server.count(LOGOUT), 0);
    }
}

#[tokio::test]
async fn a_refused_password_is_an_error_that_does_not_show_it() {
    let server = Server::start(|request| {
        (request.line == LOGIN).then(|| Reply::error(401, "RAC0212", "Login failed."))
    })
    .await;
    let client = server.client();
    let error = client.jobs().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unauthorized);
    for shown in [format!("{error}"), format!("{error:?}"), format!("{client:?}")] {
        assert!(!shown.contains("secret-of-the-test"), "{shown}");
    }
    assert_eq!(server.count(LOGIN), 1);
}

#[tokio::test]
async fn an_error_shows_message_id_and_resolution() {
    let server = Server::start(|request| match request.line.as_str() {
        JOBS => Some(Reply::error(400, "SYS406", "System Lockdown mode is enabled.")),
        _ => None,
    })
    .await;
    let error = server.client().jobs().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Lockdown);
    let text = error.to_string();
    assert!(text.contains("System Lockdown mode is enabled [SYS406] (Read the manual)"), "{text}");
    assert!(text.contains("GET /redfish/v1/Managers/idrac/Oem/Dell/Jobs on http://127"), "{text}");

    // The same in an answer that calls itself a success.
    let server = Server::start(|request| {
        (request.line.ends_with("/Delete")).then(|| {
            let message = json!({ "MessageId": "IDRAC.2.7.SYS406", "Message": "Locked.",
                "MessageSeverity": "Critical" });
            Reply::Json(json!({ "@Message.ExtendedInfo": [message] }))
        })
    })
    .await;
    let client = server.client();
    // The job is not there afterwards, which is what was asked for.
    client.delete_job("JID_1").await.unwrap();
}

#[tokio::test]
async fn a_session_of_somebody_else_is_used_with_its_own_token_and_deleted() {
    let server = Server::start(|_| None).await;
    let client = server.client();
    let session = client.open_session().await.unwrap();
    assert_eq!(session.uri, "/redfish/v1/SessionService/Sessions/7");
    assert!(!format!("{session:?}").contains("token-of-the-test"));
    // The small controller has no page of it, which is an answer that means that it ended.
    let error = client.use_session(&session).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
    let used = server.seen().pop().unwrap();
    assert_eq!(used.line, "GET /redfish/v1/SessionService/Sessions/7");
    assert!(used.head.contains("x-auth-token: token-of-the-test"));
    client.delete_session(&session.uri).await.unwrap();
    assert_eq!(server.count(LOGOUT), 1);
    assert_eq!(server.count(LOGIN), 2, "one is the client's own");
}

#[tokio::test]
async fn a_session_that_has_ended_is_deleted_all_the_same() {
    let server = Server::start(|request| (request.line == LOGOUT).then(Reply::not_found)).await;
    server.client().delete_session("/redfish/v1/SessionService/Sessions/7").await.unwrap();
    assert_eq!(server.count(LOGOUT), 1);
}

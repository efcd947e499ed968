//! Tokens, tickets, and their renewal.

use onprem_proxmox::{Authentication, ErrorKind, Method, Params, Secret};
use serde_json::json;

use crate::server::{Received, Reply, Server};

fn password() -> Authentication {
    Authentication::Password { username: "root@pam".to_owned(), password: Secret::new("hunter2") }
}

fn version() -> Reply {
    Reply::Data(json!({ "version": "9.2.11", "release": "9.2", "repoid": "14a22df35955d97d" }))
}

fn ticket(number: usize) -> Reply {
    Reply::Data(json!({
        "username": "root@pam",
        "ticket": format!("PVE:root@pam:{number}::SIG"),
        "CSRFPreventionToken": format!("{number}:CSRF"),
    }))
}

fn carries(request: &Received, number: usize) -> bool {
    request.head.contains(&format!("PVEAuthCookie=PVE:root@pam:{number}::SIG"))
}

#[tokio::test]
async fn a_token_goes_in_its_header() {
    let server = Server::start(|_| version()).await;
    let found = server.client().version().await.unwrap();
    assert_eq!(found.release, "9.2");
    let head = &server.seen()[0].head;
    assert!(
        head.contains("authorization: PVEAPIToken=root@pam!test=secret-of-the-token"),
        "{head}"
    );
}

#[tokio::test]
async fn one_login_serves_many_requests_at_once() {
    let server = Server::start(|request| match request.line.as_str() {
        "POST /access/ticket" => {
            assert_eq!(request.params["password"], "hunter2");
            ticket(1)
        }
        _ if carries(request, 1) => version(),
        _ => Reply::error(401, "No ticket"),
    })
    .await;
    let client = server.builder_with(password()).build().unwrap();
    let (first, second, third) = tokio::join!(client.version(), client.version(), client.version());
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(server.count("POST /access/ticket"), 1);
    assert!(server.seen()[1].head.contains("csrfpreventiontoken: 1:CSRF"));
}

#[tokio::test]
async fn a_refused_ticket_is_renewed_once_even_for_a_post() {
    let mut logins = 0;
    let server = Server::start(move |request| match request.line.as_str() {
        "POST /access/ticket" => {
            logins += 1;
            ticket(logins)
        }
        // The first ticket has expired by the server's clock.
        _ if carries(request, 2) => Reply::Data(json!(null)),
        _ => Reply::error(401, "permission denied - invalid PVE ticket"),
    })
    .await;
    let client = server.builder_with(password()).build().unwrap();
    client.request(Method::POST, "/pools", &Params::new()).await.unwrap();
    assert_eq!(server.count("POST /access/ticket"), 2);
    assert_eq!(server.count("POST /pools"), 2);
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_token_are_refused_after_one_try() {
    let server =
        Server::start(|_| Reply::Error(401, "authentication failure".to_owned(), json!(null)))
            .await;
    let client = server.builder_with(password()).build().unwrap();
    let error = client.version().await.unwrap_err();
    assert_eq!((error.kind(), error.text()), (&ErrorKind::Unauthorized, "authentication failure"));
    let error = server.client().version().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unauthorized);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_second_factor_is_a_clear_error() {
    let server = Server::start(|_| {
        Reply::Data(json!({ "ticket": "PVE:!tfa!x", "NeedTFA": 1, "username": "root@pam" }))
    })
    .await;
    let client = server.builder_with(password()).build().unwrap();
    let error = client.version().await.unwrap_err();
    assert!(error.text().contains("second factor"), "{error}");
}

#[tokio::test]
async fn no_secret_is_in_any_error_or_debug_text() {
    let server = Server::start(|_| Reply::error(401, "no")).await;
    let params = Params::new().with("cipassword", Secret::new("hunter3"));
    for client in [server.client(), server.builder_with(password()).build().unwrap()] {
        let error = client.request(Method::PUT, "/x", &params).await.unwrap_err();
        let shown = format!("{error} {error:?} {client:?} {params:?}");
        assert!(!shown.contains("hunter") && !shown.contains("secret-of"), "{shown}");
    }
}

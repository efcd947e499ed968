//! Whom the client trusts, and what it says about the others.

use onprem_http::{ErrorKind, HttpClientBuilder, Request, TlsFailure, TlsProblem};

use crate::{
    builder,
    server::{Identity, OK, Server},
};

async fn connect(
    identity: &Identity,
    settings: impl FnOnce(HttpClientBuilder) -> HttpClientBuilder,
) -> Result<(), TlsFailure> {
    let server = Server::start(&[OK], Some(identity)).await;
    let client = settings(builder([server.https()])).build().unwrap();
    let Err(error) = client.send(&Request::get("/")).await else { return Ok(()) };
    assert_eq!(server.count(), 0, "a request was sent to a server that is not trusted");
    assert!(!error.is_transient() && !error.maybe_executed());
    match error.kind() {
        ErrorKind::Tls(failure) => Err(failure.clone()),
        other => panic!("not recognised as a failure of TLS: {other:?}"),
    }
}

#[tokio::test]
async fn the_system_does_not_trust_a_self_signed_certificate() {
    let failure = connect(&Identity::self_signed(), |builder| builder).await.unwrap_err();
    assert_eq!(failure.problem, TlsProblem::SelfSigned);
    assert!(failure.to_string().contains("fingerprint is "), "{failure}");
}

#[tokio::test]
async fn the_system_does_not_trust_an_unknown_authority() {
    let identity = Identity::issued("127.0.0.1", false);
    let failure = connect(&identity, |builder| builder).await.unwrap_err();
    assert_eq!(failure.problem, TlsProblem::UnknownIssuer);
}

#[tokio::test]
async fn an_authority_is_trusted_as_text_and_as_path() {
    let identity = Identity::issued("127.0.0.1", false);
    connect(&identity, |builder| builder.ca_certificate(&identity.issuer_pem)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, &identity.issuer_pem).unwrap();
    let path = path.to_str().unwrap().to_owned();
    connect(&identity, |builder| builder.ca_certificate(path)).await.unwrap();
    let other = Identity::issued("127.0.0.1", false);
    let failure = connect(&other, |builder| builder.ca_certificate(&identity.issuer_pem)).await;
    assert!(failure.is_err());
}

#[tokio::test]
async fn a_servers_own_certificate_may_stand_as_authority() {
    let identity = Identity::self_signed();
    connect(&identity, |builder| builder.ca_certificate(&identity.pem)).await.unwrap();
}

#[tokio::test]
async fn an_authority_does_not_help_a_wrong_name_or_an_old_certificate() {
    let named = Identity::issued("10.9.9.9", false);
    let failure = connect(&named, |builder| builder.ca_certificate(&named.issuer_pem)).await;
    assert_eq!(failure.unwrap_err().problem, TlsProblem::NameMismatch);
    let old = Identity::issued("127.0.0.1", true);
    let failure = connect(&old, |builder| builder.ca_certificate(&old.issuer_pem)).await;
    assert_eq!(failure.unwrap_err().problem, TlsProblem::Expired);
}

#[tokio::test]
async fn a_pin_trusts_exactly_its_certificate() {
    let identity = Identity::issued("10.9.9.9", true);
    let refused = connect(&identity, |builder| builder.fingerprint("00".repeat(32))).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.problem, TlsProblem::FingerprintMismatch);
    // The error tells the pin that would have worked.
    let pin = refused.fingerprint.unwrap();
    connect(&identity, |builder| builder.fingerprint("00".repeat(32)).fingerprint(&pin))
        .await
        .unwrap();
    let other = Identity::issued("127.0.0.1", false);
    assert!(connect(&other, |builder| builder.fingerprint(&pin)).await.is_err());
}

#[tokio::test]
async fn insecure_trusts_anybody() {
    let identity = Identity::issued("10.9.9.9", true);
    connect(&identity, |builder| builder.insecure(true)).await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_recognised() {
    let server = Server::start(&[OK], None).await;
    let client = builder([server.https()]).build().unwrap();
    let error = client.send(&Request::get("/")).await.unwrap_err();
    let ErrorKind::Tls(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!(failure.problem, TlsProblem::NotTls);
}

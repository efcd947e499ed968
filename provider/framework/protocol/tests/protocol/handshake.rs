//! Who may connect, and what they can call then.

use tf_provider_protocol::proto::{DynamicValue, get_functions, read_resource};
use tonic::Code;

use crate::connection::{Credentials, Tls};
use crate::plugin::Start;

#[tokio::test]
async fn only_the_terraform_that_started_it_may_connect() {
    let temporary = tempfile::tempdir().unwrap();
    let terraform = Credentials::like_terraform();
    let plugin = Start::as_plugin(temporary.path()).client(&terraform).handshake();
    // Made the same way, it differs in its key alone: same names, same serial number.
    let impostor = Credentials::like_terraform();
    let refused = [
        ("no certificate", None),
        ("another certificate of the same name", Some(impostor)),
        ("the right certificate without its key", Some(terraform.without_key())),
    ];
    for version in [Tls::V13, Tls::V12] {
        let channel = plugin.try_connect(Some(terraform.clone()), version).await.unwrap();
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
        for (who, credentials) in refused.clone() {
            // With TLS 1.3 a client learns only at its first request that it was refused.
            let answered = match plugin.try_connect(credentials, version).await {
                Ok(channel) => channel.resource_types().await,
                Err(error) => Err(error),
            };
            assert!(answered.is_err(), "{who} got in over {version:?}");
        }
        assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
    }
}

#[tokio::test]
async fn a_plain_connection_to_a_secured_plugin_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let plugin =
        Start::as_plugin(temporary.path()).client(&Credentials::like_terraform()).handshake();
    let channel = crate::connection::plain(plugin.stream().await).await;
    let answered = match channel {
        Ok(channel) => channel.resource_types().await,
        Err(error) => Err(error),
    };
    assert!(answered.is_err());
}

#[tokio::test]
async fn a_connection_that_says_nothing_keeps_nobody_waiting() {
    let temporary = tempfile::tempdir().unwrap();
    let terraform = Credentials::like_terraform();
    let plugin = Start::as_plugin(temporary.path()).client(&terraform).handshake();
    let _silent = plugin.stream().await;
    let channel = plugin.connect(&terraform).await;
    assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
}

#[tokio::test]
async fn without_a_client_certificate_there_is_no_tls() {
    let temporary = tempfile::tempdir().unwrap();
    let plugin = Start::as_plugin(temporary.path()).handshake();
    assert!(plugin.certificate.is_none());
    let channel = plugin.connect_plain().await;
    assert_eq!(channel.resource_types().await.unwrap(), ["minimal_nothing"]);
}

#[tokio::test]
async fn what_is_not_there_is_unimplemented() {
    let temporary = tempfile::tempdir().unwrap();
    let plugin = Start::as_plugin(temporary.path()).handshake();
    let channel = plugin.connect_plain().await;
    let functions = channel.provider().get_functions(get_functions::Request::default()).await;
    assert_eq!(functions.unwrap_err().code(), Code::Unimplemented);
    assert_eq!(channel.status_of("/grpc.health.v1.Health/Check").await, "12");
    assert_eq!(channel.status_of("/tfplugin6.Provider/NoSuchCall").await, "12");
}

#[tokio::test]
async fn large_states_pass_in_both_directions() {
    let temporary = tempfile::tempdir().unwrap();
    let plugin = Start::as_plugin(temporary.path()).handshake();
    let channel = plugin.connect_plain().await;
    let state = DynamicValue { msgpack: vec![0x2a; 20 << 20], json: Vec::new() };
    let request = read_resource::Request {
        current_state: Some(state.clone()),
        ..read_resource::Request::default()
    };
    let mut provider = channel.provider().max_encoding_message_size(256 << 20);
    let answer = provider.read_resource(request).await.unwrap().into_inner();
    assert!(answer.new_state == Some(state));
}

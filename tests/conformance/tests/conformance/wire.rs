//! Requests that core sends seldom, and those that it should never send.

use std::collections::BTreeMap;

use tf_provider::cty::{Type, Value};
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::{self, Diagnostic, DynamicValue};
use tonic::Request;

use super::sample::{SERVER, Sample, World, object, provider_block, server, start};

fn service() -> impl Provider {
    tf_provider::testing::service::<Sample>()
}

/// A value as JSON, which a request may hold in place of msgpack.
async fn json(value: &Value) -> DynamicValue {
    let (core, _) = start().await;
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    let Value::Object(mut object) = value.clone() else { panic!("not an object") };
    for name in schema.block.attributes.keys() {
        object.get_or_insert(name, Value::Null);
    }
    let json = Value::Object(object).to_json(&schema.ty()).unwrap();
    DynamicValue { msgpack: vec![], json: json.into_bytes() }
}

/// The one error of an answer.
fn error(diagnostics: &[Diagnostic]) -> &str {
    let [one] = diagnostics else { panic!("{diagnostics:?}") };
    assert_eq!(one.severity(), proto::diagnostic::Severity::Error);
    &one.summary
}

async fn configured(service: &impl Provider) {
    let world = World::create();
    let request = proto::configure_provider::Request {
        config: Some(provider_block(world.name().into())),
        ..Default::default()
    };
    let answer = service.configure_provider(Request::new(request)).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty());
}

#[tokio::test]
async fn a_configuration_may_come_as_json() {
    let service = service();
    let request = proto::validate_resource_config::Request {
        type_name: SERVER.to_owned(),
        config: Some(json(&server([("memory", 8.into())])).await),
        client_capabilities: None,
    };
    let answer = service.validate_resource_config(Request::new(request)).await.unwrap();
    assert_eq!(error(&answer.into_inner().diagnostics), "`memory` is out of range");
}

#[tokio::test]
async fn what_is_left_out_of_a_request_is_null() {
    let service = service();
    configured(&service).await;
    let request = proto::plan_resource_change::Request {
        type_name: SERVER.to_owned(),
        config: Some(json(&server([])).await),
        ..Default::default()
    };
    let answer = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    assert!(answer.planned_state.is_some());

    let request =
        proto::read_resource::Request { type_name: SERVER.to_owned(), ..Default::default() };
    let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.new_state.unwrap().msgpack, [0xc0]);
}

#[tokio::test]
async fn an_unknown_type_is_an_error_for_the_user() {
    let service = service();
    let type_name = "sample_spaceship".to_owned();
    let request =
        proto::plan_resource_change::Request { type_name: type_name.clone(), ..Default::default() };
    let answer = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert!(error(&answer.diagnostics).contains("sample_spaceship"));
    let request = proto::read_data_source::Request { type_name, ..Default::default() };
    let answer = service.read_data_source(Request::new(request)).await.unwrap().into_inner();
    assert!(error(&answer.diagnostics).contains("sample_spaceship"));
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_for_the_user() {
    let service = service();
    for garbage in [&b"\xc1"[..], b"\x80", b"\x91\xc0", b"\xd9\xff"] {
        let garbage = DynamicValue { msgpack: garbage.to_vec(), json: vec![] };
        let request = proto::validate_resource_config::Request {
            type_name: SERVER.to_owned(),
            config: Some(garbage.clone()),
            client_capabilities: None,
        };
        let answer = service.validate_resource_config(Request::new(request)).await.unwrap();
        assert!(error(&answer.into_inner().diagnostics).contains("cannot be read"));
        let request = proto::validate_provider_config::Request { config: Some(garbage) };
        let answer = service.validate_provider_config(Request::new(request)).await.unwrap();
        assert!(error(&answer.into_inner().diagnostics).contains("cannot be read"));
    }
}

#[tokio::test]
async fn private_state_of_another_provider_is_an_error_that_says_what_to_do() {
    let service = service();
    configured(&service).await;
    let request = proto::read_resource::Request {
        type_name: SERVER.to_owned(),
        current_state: Some(json(&server([("id", 1.into())])).await),
        private: b"\x00gob".to_vec(),
        ..Default::default()
    };
    let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert!(error(&answer.diagnostics).contains("private state"));
    assert!(answer.diagnostics[0].detail.contains("hint: "));
}

#[tokio::test]
async fn an_operation_before_the_configuration_is_an_error_for_the_user() {
    let service = service();
    let request = proto::read_resource::Request {
        type_name: SERVER.to_owned(),
        current_state: Some(json(&server([("id", 1.into())])).await),
        ..Default::default()
    };
    let state = request.current_state.clone();
    let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(error(&answer.diagnostics), "The provider is not configured");
    assert_eq!(answer.new_state, state, "nothing is forgotten");
}

#[tokio::test]
async fn a_state_of_terraform_0_11_is_an_error_that_says_what_to_do() {
    let raw = proto::RawState {
        flatmap: BTreeMap::from([("id".to_owned(), "1".to_owned())]),
        ..Default::default()
    };
    let request = proto::upgrade_resource_state::Request {
        type_name: SERVER.to_owned(),
        version: 0,
        raw_state: Some(raw),
    };
    let answer = service().upgrade_resource_state(Request::new(request)).await.unwrap();
    assert!(error(&answer.into_inner().diagnostics).contains("0.11"));
}

#[tokio::test]
async fn a_stored_identity_is_read() {
    let raw = proto::RawState { json: br#"{"id": 7, "old": true}"#.to_vec(), ..Default::default() };
    let request = proto::upgrade_resource_identity::Request {
        type_name: SERVER.to_owned(),
        version: 0,
        raw_identity: Some(raw),
    };
    let answer = service().upgrade_resource_identity(Request::new(request)).await.unwrap();
    let data = answer.into_inner().upgraded_identity.unwrap().identity_data.unwrap();
    let identity = data.decode_value(&Type::object([("id", Type::Number)])).unwrap();
    assert_eq!(identity, object([("id", 7.into())]));
}

#[tokio::test]
async fn the_metadata_names_everything_and_what_the_provider_can_do() {
    let answer = service().get_metadata(Request::new(Default::default())).await.unwrap();
    let answer = answer.into_inner();
    let mut names: Vec<_> = answer.resources.into_iter().map(|r| r.type_name).collect();
    names.sort();
    assert_eq!(names, ["sample_cluster", "sample_server", "sample_volume"]);
    let mut names: Vec<_> = answer.data_sources.into_iter().map(|d| d.type_name).collect();
    names.sort();
    assert_eq!(names, ["sample_inventory", "sample_members"]);
    let capabilities = answer.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
}

#[tokio::test]
async fn a_stopped_provider_can_be_configured_again() {
    let (core, world) = start().await;
    core.stop().await;
    core.stop().await;
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    assert!(core.apply(&plan).await.expect_error().summary.starts_with("Stopped"));
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
}

//! What waits for the provider's configuration, for a client that can wait.

use conformance::Core;
use tf_provider::cty::{Type, Value};
use tf_provider_protocol::proto::provider_server::Provider;
use tf_provider_protocol::proto::{self, DynamicValue, deferred::Reason};
use tonic::Request;

use super::sample::{SERVER, Sample, object, provider_block, server, start};

/// A service whose provider block is not known, and what it takes.
async fn unknown() -> (impl Provider, Core) {
    let service = tf_provider::testing::service::<Sample>();
    let request = proto::configure_provider::Request {
        config: Some(provider_block(Value::unknown())),
        ..Default::default()
    };
    service.configure_provider(Request::new(request)).await.unwrap();
    (service, Core::new::<Sample>().await.expect_value())
}

fn patient(patient: bool) -> Option<proto::ClientCapabilities> {
    Some(proto::ClientCapabilities { deferral_allowed: patient, ..Default::default() })
}

fn encoded(value: &Value, ty: &Type) -> Option<DynamicValue> {
    Some(DynamicValue::encode_value(value, ty).unwrap())
}

#[tokio::test]
async fn only_a_client_that_can_wait_is_asked_to() {
    let (service, core) = unknown().await;
    let (reference, _) = start().await;
    let state = reference.lifecycle(SERVER, &[server([])]).await.expect_value();
    let ty = |name: &str| {
        let mut all = core.ephemeral_schemas().chain(core.action_schemas());
        let mut all = all.by_ref().chain(core.resource_schemas()).chain(core.data_source_schemas());
        all.find(|(found, _)| *found == name).unwrap().1.ty()
    };
    for waits in [true, false] {
        let request = proto::read_resource::Request {
            type_name: SERVER.to_owned(),
            current_state: encoded(&state.value, &ty(SERVER)),
            private: state.private.clone(),
            client_capabilities: patient(waits),
            ..Default::default()
        };
        let read = service.read_resource(Request::new(request)).await.unwrap().into_inner();
        assert_eq!(read.private, state.private);

        let name = "sample_inventory";
        let config = object([
            ("zone", "north".into()),
            ("prefix", Value::Null),
            ("limit", Value::Null),
            ("names", Value::Null),
        ]);
        let request = proto::read_data_source::Request {
            type_name: name.to_owned(),
            config: encoded(&config, &ty(name)),
            client_capabilities: patient(waits),
            ..Default::default()
        };
        let data = service.read_data_source(Request::new(request)).await.unwrap().into_inner();

        let name = "sample_session";
        let names = ["minutes", "realm", "token"].map(|name| (name, Value::Null));
        let config = Value::object(names.into_iter().chain([("user", "a".into())]));
        let request = proto::open_ephemeral_resource::Request {
            type_name: name.to_owned(),
            config: encoded(&config, &ty(name)),
            client_capabilities: patient(waits),
        };
        let request = Request::new(request);
        let open = service.open_ephemeral_resource(request).await.unwrap().into_inner();

        let name = "sample_restart";
        let names = ["times", "password", "fault", "timeout"].map(|name| (name, Value::Null));
        let config = Value::object(names.into_iter().chain([("id", 1.into())]));
        let request = proto::plan_action::Request {
            action_type: name.to_owned(),
            config: encoded(&config, &ty(name)),
            client_capabilities: patient(waits),
        };
        let action = service.plan_action(Request::new(request)).await.unwrap().into_inner();
        assert!(action.diagnostics.is_empty(), "{:?}", action.diagnostics);

        let failed = [&read.diagnostics, &data.diagnostics, &open.diagnostics];
        for diagnostics in failed {
            assert_eq!(diagnostics.is_empty(), waits, "{diagnostics:?}");
        }
        for deferred in [read.deferred, data.deferred, open.deferred, action.deferred] {
            let reason = deferred.map(|deferred| deferred.reason());
            assert_eq!(reason, waits.then_some(Reason::ProviderConfigUnknown));
        }
    }
}

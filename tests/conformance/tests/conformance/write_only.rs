//! Write-only attributes: sent, never stored.

use conformance::Action;
use tf_provider::cty::Value;
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::provider_server::Provider as _;

use super::sample::{SERVER, Sample, object, server, start};

fn with_password(password: &str, version: i64) -> Value {
    server([("password", password.into()), ("password_version", version.into())])
}

#[tokio::test]
async fn a_password_is_sent_when_its_version_changes() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[with_password("one", 1)]).await.expect_value();
    assert_eq!(state.get("password"), &Value::Null);
    let created = world.requests();
    assert!(created[0].contains(r#""password":"one""#), "{created:?}");

    let same_version = with_password("two", 1);
    let plan = core.plan(SERVER, Some(&state), &same_version).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);

    let next_version = with_password("two", 2);
    let plan = core.plan(SERVER, Some(&state), &next_version).await.expect_value();
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(world.requests(), [r#"PATCH {"password":"two"}"#]);
    assert_eq!(state.get("password"), &Value::Null);
}

#[tokio::test]
async fn a_secret_inside_an_object_is_sent_and_not_stored() {
    let (core, world) = start().await;
    let agent = object([("enabled", true.into()), ("secret", "s3cret".into())]);
    core.lifecycle(SERVER, &[server([("agent", agent)])]).await.expect_value();
    let created = world.requests();
    assert!(created[0].contains("s3cret"), "{created:?}");
}

#[tokio::test]
async fn a_secret_is_in_no_answer() {
    let (core, world) = start().await;
    let plan = core.plan(SERVER, None, &with_password("hunter2", 1)).await.expect_value();
    let state = core.apply(&plan).await.expect_value();
    world.meddle("memory", 1);
    for text in [format!("{plan:?}"), format!("{state:?}")] {
        // The configuration itself is in the plan that the test holds, and nowhere else.
        let text = text.replacen("hunter2", "", usize::from(text.starts_with("Plan")));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn an_old_terraform_is_told_what_it_lacks() {
    let service = tf_provider::testing::service::<Sample>();
    let (core, _) = start().await;
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    let Value::Object(mut config) = with_password("one", 1) else { panic!() };
    for name in schema.block.attributes.keys() {
        config.get_or_insert(name, Value::Null);
    }
    let config = proto::DynamicValue::encode_value(&Value::Object(config), &schema.ty()).unwrap();
    let request = proto::validate_resource_config::Request {
        type_name: SERVER.to_owned(),
        config: Some(config),
        client_capabilities: None,
    };
    let answer = service.validate_resource_config(tonic::Request::new(request)).await.unwrap();
    let diagnostics = answer.into_inner().diagnostics;
    assert_eq!(diagnostics.len(), 1);
    assert!(diagnostics[0].summary.contains("requires Terraform 1.11"), "{diagnostics:?}");
}

//! Objects that another provider has managed, and identities of older versions.

use conformance::Action;
use tf_provider::cty::Value;

use super::sample::{SERVER, object, server, start};

const CLOUD: (&str, &str) = ("registry.terraform.io/other/cloud", "cloud_machine");

#[tokio::test]
async fn a_machine_of_another_provider_becomes_a_server() {
    let (core, world) = start().await;
    let config = server([("memory", 64.into()), ("image", "debian".into())]);
    core.lifecycle(SERVER, std::slice::from_ref(&config)).await.expect_value();
    world.requests();
    let stored = r#"{"number": 1, "booted_from": "debian", "price": 4.5}"#;
    let state = core.take_over(SERVER, CLOUD, stored).await.expect_value();
    assert_eq!(state.get("image"), &"debian".into(), "no server tells that");
    assert_eq!(state.get("memory"), &64.into(), "the server tells the rest");
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
    core.lifecycle_from(&state, &[config, server([])]).await.expect_value();
}

#[tokio::test]
async fn what_cannot_be_moved_says_what_to_do() {
    let (core, _) = start().await;
    let other = ("registry.terraform.io/other/cloud", "cloud_bucket");
    let outcome = core.take_over(SERVER, other, "{}").await;
    let error = outcome.expect_error();
    assert_eq!(error.summary, "sample_server does not take over cloud_bucket");
    assert!(error.detail.contains("hint: remove it with a `removed` block"), "{error}");
    for nonsense in ["", "[]", r#"{"number": "x"}"#] {
        core.take_over(SERVER, CLOUD, nonsense).await.expect_error();
    }
    let outcome = core.take_over(SERVER, CLOUD, r#"{"number": -1}"#).await;
    assert_eq!(
        outcome.expect_error().summary,
        "Bug in the provider: sample_server has no `nowhere`"
    );
}

#[tokio::test]
async fn an_identity_of_an_older_version_is_read() {
    let (core, _) = start().await;
    let id = |id: Value| object([("id", id)]);
    let identity = core.upgrade_identity(SERVER, 0, r#"{"server": 7}"#).await.expect_value();
    assert_eq!(identity, id(7.into()));
    let identity = core.upgrade_identity(SERVER, 1, r#"{"id": 7}"#).await.expect_value();
    assert_eq!(identity, id(7.into()));
}

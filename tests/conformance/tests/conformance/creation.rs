//! Creation inputs: used once, never replacing.

use conformance::Action;
use tf_provider::cty::{Path, Value};

use super::sample::{SERVER, list, server, start};

#[tokio::test]
async fn a_changed_creation_input_warns_and_sends_nothing() {
    let (core, world) = start().await;
    let config = server([("keys", list(["one"]))]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    world.requests();
    let changed = server([("keys", list(["two"])), ("image", "fedora".into())]);
    let plan = core.plan(SERVER, Some(&state), &changed).await;
    let warned: Vec<_> = plan.warnings().iter().filter_map(|w| w.path.clone()).collect();
    assert_eq!(warned, [Path::from("image"), Path::from("keys")]);
    let plan = plan.expect_value();
    assert_eq!(plan.action, Action::Update);
    let state = core.apply(&plan).await.expect_value();
    assert!(world.requests().is_empty());
    assert_eq!(state.get("image"), &"fedora".into());
    let plan = core.plan(SERVER, Some(&state), &changed).await;
    assert!(plan.warnings().is_empty(), "it warns once");
    assert_eq!(plan.expect_value().action, Action::NoOp);
}

#[tokio::test]
async fn a_creation_input_that_a_create_needs_is_asked_for_in_the_plan() {
    let (core, _) = start().await;
    let config = server([("image", Value::Null)]);
    core.validate(SERVER, &config).await.expect_value();
    let plan = core.plan(SERVER, None, &config).await;
    assert_eq!(plan.expect_error().path, Some(Path::from("image")));

    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::Update, "what exists needs it no more");
}

#[tokio::test]
async fn a_creation_input_may_be_unknown() {
    let (core, world) = start().await;
    let config = server([("image", Value::unknown())]);
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    assert!(plan.get("image").is_unknown());
    let state = core.apply_with(&plan, &server([])).await.expect_value();
    assert_eq!(state.get("image"), &"debian".into());
    assert!(!world.is_empty());
}

//! What is left when something goes wrong.

use std::time::Duration;

use conformance::Action;
use tf_provider::cty::Value;

use super::sample::{Fault, SERVER, object, server, start};

#[tokio::test]
async fn a_create_that_made_nothing_leaves_nothing() {
    let (core, world) = start().await;
    world.fail(Fault::BeforeCreate);
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let outcome = core.apply(&plan).await;
    assert_eq!(outcome.expect_error().summary, "The server is full");
    assert!(outcome.value.is_none());
}

#[tokio::test]
async fn a_create_that_failed_half_way_is_tainted_and_replaced() {
    for fault in [Fault::AfterCreate, Fault::PanicAfterCreate] {
        let (core, world) = start().await;
        world.fail(fault);
        let config = server([("memory", 64.into()), ("password", "hunter2".into())]);
        let plan = core.plan(SERVER, None, &config).await.expect_value();
        let outcome = core.apply(&plan).await;
        let error = outcome.expect_error();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let state = outcome.value.clone().expect("the server has it");
        assert!(state.tainted && state.value.is_wholly_known());
        assert_eq!(state.get("id"), &1.into());
        assert_eq!(state.get("memory"), &64.into());
        assert_eq!(state.identity, Some(object([("id", 1.into())])));

        let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
        assert_eq!(plan.action, Action::Replace);
        let state = core.apply(&plan).await.expect_value();
        assert_eq!((world.only()["id"].as_i64(), state.tainted), (Some(2), false));
        core.lifecycle_from(&state, &[config]).await.expect_value();
    }
}

#[tokio::test]
async fn a_tainted_object_can_be_read_and_destroyed() {
    let (core, world) = start().await;
    world.fail(Fault::AfterCreate);
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let state = core.apply(&plan).await.value.unwrap();
    let state = core.refresh(&state).await.expect_value();
    core.destroy(&state).await.expect_nothing();
    assert!(world.is_empty());
}

#[tokio::test]
async fn a_create_that_took_itself_back_leaves_nothing() {
    let (core, world) = start().await;
    world.fail(Fault::Abandoned);
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let outcome = core.apply(&plan).await;
    outcome.expect_error();
    assert!(outcome.value.is_none() && world.is_empty());
}

#[tokio::test]
async fn a_stop_keeps_what_was_made() {
    let (core, world) = start().await;
    world.fail(Fault::HangAfterCreate);
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let (outcome, ()) = tokio::join!(core.apply(&plan), async {
        world.hanging.cancelled().await;
        core.stop().await;
    });
    assert!(outcome.expect_error().summary.starts_with("Stopped"));
    assert_eq!(outcome.value.unwrap().get("id"), &1.into());
}

#[tokio::test]
async fn the_end_of_its_time_keeps_what_was_made() {
    let (core, world) = start().await;
    world.fail(Fault::HangAfterCreate);
    let config = server([("timeouts", object([("create", "20ms".into())]))]);
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    let outcome = core.apply(&plan).await;
    let error = outcome.expect_error();
    assert!(error.summary.starts_with("Timed out") && error.detail.contains("20ms"), "{error}");
    assert_eq!(outcome.value.unwrap().get("id"), &1.into());
}

#[tokio::test]
async fn a_failed_update_keeps_what_there_was_and_resets_later() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    world.fail(Fault::Update);
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    let outcome = core.apply(&plan).await;
    outcome.expect_error();
    let after = outcome.value.unwrap();
    assert_eq!(after.value, state.value);
    assert!(!after.tainted);

    let state = core.refresh(&after).await.expect_value();
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert_eq!(plan.action, Action::Update, "the reset is still to be done");
    core.apply(&plan).await.expect_value();
    assert_eq!(world.only()["memory"], 512);
}

#[tokio::test]
async fn a_failed_read_forgets_nothing() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    world.fail(Fault::Read);
    let outcome = core.refresh(&state).await;
    let error = outcome.expect_error();
    assert_eq!(error.summary, "Could not read sample_server (id = 1)");
    assert_eq!(error.detail, "connection reset");
    assert_eq!(outcome.value.as_ref(), Some(&state));
}

#[tokio::test]
async fn an_object_that_has_gone_is_gone() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    world.vanish();
    core.refresh(&state).await.expect_nothing();
}

#[tokio::test]
async fn a_failed_destroy_keeps_everything() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    world.fail(Fault::Delete);
    let outcome = core.destroy(&state).await;
    assert_eq!(outcome.expect_error().summary, "It is in use");
    let left = outcome.value.unwrap();
    assert_eq!(left, state, "identity and private state, too");
    core.destroy(&left).await.expect_nothing();
}

#[tokio::test]
async fn a_replacement_that_cannot_destroy_creates_nothing() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let plan = core.plan(SERVER, Some(&state), &server([("zone", "south".into())])).await;
    let plan = plan.expect_value();
    world.fail(Fault::Delete);
    let outcome = core.apply(&plan).await;
    outcome.expect_error();
    assert_eq!(outcome.value.as_ref().map(|left| &left.value), Some(&state.value));
    assert_eq!(world.only()["zone"], "north");
}

#[tokio::test]
async fn two_operations_run_beside_each_other() {
    let (core, world) = start().await;
    world.fail(Fault::HangAfterCreate);
    let slow = server([("timeouts", object([("create", "1h".into())]))]);
    let plan = core.plan(SERVER, None, &slow).await.expect_value();
    let hanging = tokio::time::timeout(Duration::from_secs(60), core.apply(&plan));
    let beside = async {
        world.hanging.cancelled().await;
        let plan = core.plan(SERVER, None, &server([])).await.expect_value();
        let state = core.apply(&plan).await.expect_value();
        core.stop().await;
        state
    };
    let (hung, state) = tokio::join!(hanging, beside);
    assert_eq!(state.get("id"), &Value::from(2));
    hung.unwrap().expect_error();
}

#[tokio::test]
async fn a_panic_in_a_plan_is_a_message_that_tells_no_secret() {
    let (core, _) = start().await;
    let plan = core.plan(SERVER, None, &server([("note", "panic".into())])).await;
    let error = plan.expect_error();
    assert_eq!(error.summary, "Bug in the provider: it panicked in PlanResourceChange");
    assert!(!error.to_string().contains("secret"));
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
}

//! Actions.

use tf_provider::cty::Value;

use super::sample::{SERVER, object, server, start};

const RESTART: &str = "sample_restart";

fn restart<const N: usize>(more: [(&str, Value); N]) -> Value {
    Value::object([("id", 1.into())].into_iter().chain(more))
}

#[tokio::test]
async fn an_action_tells_how_far_it_has_come() {
    let (core, _) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let said = core.invoke(RESTART, &restart([])).await.expect_value();
    assert_eq!(said, ["restart 1 of 1"], "the default is known");
    let config =
        restart([("times", 2.into()), ("password", "pa55".into()), ("fault", "password".into())]);
    let said = core.invoke(RESTART, &config).await.expect_value();
    assert_eq!(said, ["restart 1 of 2", "restart 2 of 2", "true"]);
}

#[tokio::test]
async fn an_action_is_validated_and_planned_before_it_is_done() {
    let (core, _) = start().await;
    let outcome = core.validate_action(RESTART, &restart([("times", 0.into())])).await;
    assert_eq!(outcome.expect_error().path, Some("times".into()));
    let unknown = object([("id", Value::unknown()), ("times", Value::unknown())]);
    core.plan_action(RESTART, &unknown).await.expect_value();
    let outcome = core.plan_action(RESTART, &restart([("times", 9.into())])).await;
    assert_eq!(outcome.warnings().len(), 1);
    outcome.expect_value();
    let outcome = core.invoke(RESTART, &restart([("fault", "plan".into())])).await;
    assert_eq!(outcome.expect_error().summary, "It cannot be restarted now");
}

/// Terraform prints the lines that a message points at, with the password in them.
#[tokio::test]
async fn a_message_about_a_password_points_at_no_line() {
    let (core, _) = start().await;
    let config = restart([("password", "hunter 2".into())]);
    let validated = core.validate_action(RESTART, &config).await;
    let planned = core.plan_action(RESTART, &config).await;
    let invoked = core.invoke(RESTART, &config).await;
    let errors = [validated.expect_error(), planned.expect_error(), invoked.expect_error()];
    for error in errors {
        assert_eq!((&error.path, &*error.detail), (&None, "It is about `password`."));
    }
}

#[tokio::test]
async fn what_went_wrong_comes_with_the_end() {
    let (core, _) = start().await;
    let outcome = core.invoke(RESTART, &restart([])).await;
    assert_eq!(outcome.expect_error().path, Some("id".into()));
    let outcome = core.invoke(RESTART, &restart([("fault", "fail".into())])).await;
    let error = outcome.expect_error();
    assert_eq!((&*error.summary, &*error.detail), ("Could not invoke sample_restart", "no power"));
    let config = restart([("fault", "panic".into()), ("password", "hunter2".into())]);
    let outcome = core.invoke(RESTART, &config).await;
    let error = outcome.expect_error();
    assert!(error.summary.contains("panicked"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_action_ends_when_it_is_stopped_or_out_of_time() {
    let (core, world) = start().await;
    let hang = restart([("fault", "hang".into())]);
    let (outcome, ()) = tokio::join!(core.invoke(RESTART, &hang), async {
        world.hanging.cancelled().await;
        core.stop().await;
    });
    assert!(outcome.expect_error().summary.starts_with("Stopped"));

    let (core, _) = start().await;
    let hang = restart([("fault", "hang".into()), ("timeout", "20ms".into())]);
    let outcome = core.invoke(RESTART, &hang).await;
    let error = outcome.expect_error();
    assert!(error.summary.starts_with("Timed out") && error.detail.contains("20ms"), "{error}");
    let wrong = restart([("timeout", "soon".into())]);
    assert_eq!(
        core.validate_action(RESTART, &wrong).await.expect_error().path,
        Some("timeout".into())
    );
}

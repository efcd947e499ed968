//! Ephemeral resources.

use std::time::SystemTime;

use tf_provider::cty::Value;

use super::sample::{Fault, object, start};

const SESSION: &str = "sample_session";

#[tokio::test]
async fn a_session_is_opened_renewed_and_closed() {
    let (core, world) = start().await;
    let config = object([("user", "ops".into()), ("realm", "ldap".into())]);
    let outcome = core.open(SESSION, &config).await;
    assert_eq!(outcome.warnings().len(), 1);
    let opened = outcome.expect_value();
    let expected = object([
        ("user", "ops".into()),
        ("minutes", 30.into()),
        ("realm", "ldap".into()),
        ("token", "token of ops".into()),
    ]);
    assert_eq!(opened.value, expected);
    assert!(opened.renew_at.is_some_and(|time| time > SystemTime::now()));
    assert!(world.logged_in("ops"));

    let renewed = core.renew(&opened).await.expect_value();
    assert!(renewed.renew_at < opened.renew_at);
    core.close(&renewed).await.expect_value();
    assert!(!world.logged_in("ops"));
    core.close(&renewed).await.expect_value();
    let outcome = core.renew(&renewed).await;
    assert_eq!(outcome.expect_error().summary, "The session has ended");
}

#[tokio::test]
async fn what_the_configuration_leaves_out_is_answered() {
    let (core, _) = start().await;
    let opened = core.open(SESSION, &object([("user", "a".into())])).await.expect_value();
    assert_eq!(opened.value.get(&"realm".into()), Some(&"local".into()));
}

#[tokio::test]
async fn what_is_wrong_with_a_session_is_said() {
    let (core, world) = start().await;
    let outcome = core.open(SESSION, &object([("user", "".into())])).await;
    assert_eq!(outcome.expect_error().path, Some("user".into()));
    core.validate_ephemeral(SESSION, &object([("user", Value::unknown())])).await.expect_value();
    let outcome = core.validate_ephemeral(SESSION, &object([])).await;
    assert_eq!(outcome.expect_error().path, Some("user".into()));
    world.fail(Fault::BeforeCreate);
    let outcome = core.open(SESSION, &object([("user", "a".into())])).await;
    assert_eq!(outcome.expect_error().summary, "Nobody may log in");
}

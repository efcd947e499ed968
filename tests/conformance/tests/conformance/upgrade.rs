//! States of other versions of the schema.

use tf_provider::cty::Value;

use super::sample::{SERVER, start};

#[tokio::test]
async fn a_state_is_led_through_every_version() {
    let (core, _) = start().await;
    let oldest = r#"{"id": 1, "host": "Web-1", "ram": 2, "zone": "north"}"#;
    let state = core.upgrade(SERVER, 0, oldest).await.expect_value();
    assert_eq!(state.get("name"), &"Web-1".into());
    assert_eq!(state.get("memory"), &2048.into());
    let later = r#"{"id": 1, "host": "Web-1", "memory": 3}"#;
    let state = core.upgrade(SERVER, 1, later).await.expect_value();
    assert_eq!(state.get("memory"), &3.into());
}

#[tokio::test]
async fn attributes_of_a_newer_provider_are_dropped() {
    let (core, _) = start().await;
    let newer = r#"{"id": 1, "name": "a", "invented_later": {"x": [1]}, "memory": 5}"#;
    let state = core.upgrade(SERVER, 2, newer).await.expect_value();
    assert_eq!(state.get("memory"), &5.into());
    assert_eq!(state.get("zone"), &Value::Null);
    core.upgrade(SERVER, 3, newer).await.expect_value();
}

#[tokio::test]
async fn large_numbers_survive() {
    let (core, _) = start().await;
    let state = core.upgrade(SERVER, 2, r#"{"id": 9007199254740993}"#).await.expect_value();
    assert_eq!(state.get("id"), &9_007_199_254_740_993_i64.into());
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_an_error_and_not_the_end() {
    let (core, _) = start().await;
    for broken in [r#"{"id": {"a": 1}}"#, r#"["#, r#"{"disks": [1]}"#] {
        for version in [0, 2] {
            core.upgrade(SERVER, version, broken).await.expect_error();
        }
    }
}

/// A password that was stored before it was write-only stayed in the state.
#[tokio::test]
async fn a_secret_that_an_older_version_stored_is_dropped() {
    let (core, _) = start().await;
    let older = r#"{"id": 1, "host": "a", "password": "pa55",
                    "agent": {"enabled": true, "port": 4, "secret": "s3cret"}}"#;
    for version in [1, 2] {
        let state = core.upgrade(SERVER, version, older).await.expect_value();
        assert_eq!(state.get("password"), &Value::Null);
        let agent = state.get("agent").as_object().unwrap();
        assert_eq!((&agent["secret"], &agent["port"]), (&Value::Null, &4.into()));
    }
}

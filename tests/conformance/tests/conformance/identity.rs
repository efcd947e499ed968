//! Identities: of states that had none, and through the life of an object.

use tf_provider::cty::Value;

use super::sample::{Fault, SERVER, object, server, start};

fn one() -> Option<Value> {
    Some(object([("id", 1.into())]))
}

#[tokio::test]
async fn a_state_without_an_identity_gets_it_at_the_next_read() {
    let (core, _) = start().await;
    let mut old = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    old.identity = None;
    let fresh = core.refresh(&old).await.expect_value();
    assert_eq!(fresh.identity, one());
    core.lifecycle_from(&old, &[server([("memory", 64.into())])]).await.expect_value();
}

#[tokio::test]
async fn an_identity_is_the_same_in_every_answer() {
    let (core, world) = start().await;
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    assert_eq!(plan.identity, None, "nobody knows it yet");
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.identity, one());
    let config = server([("memory", 64.into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.identity, one());
    world.fail(Fault::Update);
    let failed = core.apply(&plan).await;
    failed.expect_error();
    let kept = failed.value.unwrap();
    assert_eq!((&kept.identity, kept.private.is_empty()), (&one(), false));
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(core.refresh(&state).await.expect_value().identity, one());
}

/// The identity itself is not sent where it is not known, since `terraform show -json` cannot write it.
#[tokio::test]
async fn the_plan_of_a_replacement_knows_no_identity() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = server([("zone", "south".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.identity, None);
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.identity, Some(object([("id", 2.into())])));
}

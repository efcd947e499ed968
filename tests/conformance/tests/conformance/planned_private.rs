//! What a plan finds out, and the apply has to find again.

use conformance::Rule;
use tf_provider::cty::Value;

use super::sample::{object, server, start};

const CLUSTER: &str = "sample_cluster";

fn cluster(name: &str, pool: &str) -> Value {
    let peer = Value::set(vec![object([("name", "west".into())])]);
    let storage = object([("pool", pool.into())]);
    object([("name", name.into()), ("peer", peer), ("storage", storage)])
}

/// Somebody takes the place between plan and apply.
#[tokio::test]
async fn what_the_plan_found_is_what_the_apply_does() {
    let (core, world) = start().await;
    let plan = core.plan(CLUSTER, None, &cluster("a", "fast")).await.expect_value();
    assert_eq!(plan.get("slot"), &7.into());
    core.lifecycle("sample_server", &[server([])]).await.expect_value();
    assert_eq!(world.free_slot(), 8);
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("slot"), &7.into());
    let private = String::from_utf8(state.private.clone()).unwrap();
    assert!(!private.contains("slot"), "it was for this apply alone: {private}");
    core.lifecycle_from(&state, &[cluster("b", "fast")]).await.expect_value();
}

#[tokio::test]
async fn before_1_16_the_apply_finds_it_and_the_plan_leaves_it_open() {
    let (core, _) = start().await;
    let old = core.clone().before_1_16();
    let plan = old.plan(CLUSTER, None, &cluster("a", "fast")).await.expect_value();
    assert!(plan.get("slot").is_unknown());
    core.lifecycle("sample_server", &[server([])]).await.expect_value();
    let state = old.apply(&plan).await.expect_value();
    assert_eq!(state.get("slot"), &8.into());
}

/// The successor has a place of its own, found while there is still an object.
#[tokio::test]
async fn a_replacement_finds_it_for_the_new_object() {
    let (core, _) = start().await;
    let state = core.lifecycle(CLUSTER, &[cluster("a", "fast")]).await.expect_value();
    let plan = core.plan(CLUSTER, Some(&state), &cluster("a", "slow")).await.expect_value();
    assert_eq!(plan.get("slot"), &8.into());
    core.lifecycle("sample_server", &[server([])]).await.expect_value();
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("slot"), &8.into());
}

/// The harness itself: a Terraform that forgets would be told another place.
#[tokio::test]
async fn a_plan_that_is_forgotten_is_found_out() {
    let (core, _) = start().await;
    let plan = core.plan(CLUSTER, None, &cluster("a", "fast")).await.expect_value();
    core.lifecycle("sample_server", &[server([])]).await.expect_value();
    let forgotten = core.before_1_16().apply(&plan).await;
    let rules: Vec<_> = forgotten.violations.iter().map(|one| one.rule).collect();
    assert!(rules.contains(&Rule::InconsistentFinalPlan), "{rules:?}");
}

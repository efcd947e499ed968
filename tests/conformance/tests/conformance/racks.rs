//! Blocks of every nesting, judged; the provider is one that answers by hand.

use std::sync::Arc;

use conformance::{Action, Core};
use tf_provider::cty::{Path, Value};

use super::sample::object;
use super::sample::rack::{RACK, Racks, bare_rack, rack};

async fn core() -> Core {
    Core::load(Racks::default()).await.expect_value()
}

#[tokio::test]
async fn blocks_of_every_nesting_come_and_go() {
    let core = core().await;
    let configs = [bare_rack(), rack([]), rack([("location", Value::Null)]), bare_rack()];
    let state = core.lifecycle(RACK, &configs).await.expect_value();
    assert!(state.get("location").is_null(), "one that is not there");
    assert_eq!(state.get("shelf"), &Value::List(vec![]), "none of them are there");
    assert!(state.get("cooling").as_object().is_some(), "a group always is");
    core.destroy(&state).await.expect_nothing();
}

#[tokio::test]
async fn what_a_provider_computes_inside_a_block_is_unknown_and_then_stays() {
    let core = core().await;
    let plan = core.plan(RACK, None, &rack([])).await.expect_value();
    let label = Path::from("shelf").index(1).attribute("label");
    assert!(plan.planned.get(&label).is_some_and(Value::is_unknown));
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.at(&label), Some(&"label".into()));
    let renamed = core.plan(RACK, Some(&state), &rack([("name", "r2".into())])).await;
    assert_eq!(renamed.expect_value().changes(), [Path::from("name")], "sets correlate, too");
}

/// As `dynamic` makes one of a collection that is not known.
#[tokio::test]
async fn a_block_of_which_nothing_is_known_is_planned_as_it_is() {
    let core = core().await;
    for block in ["shelf", "port", "tag"] {
        let plan = core.plan(RACK, None, &rack([(block, Value::unknown())])).await.expect_value();
        assert!(plan.get(block).is_unknown());
        let state = core.apply_with(&plan, &rack([])).await.expect_value();
        assert!(state.get(block).is_wholly_known());
    }
}

#[tokio::test]
async fn an_element_with_an_unknown_part_may_become_anything_that_fits() {
    let core = core().await;
    let tags = |key: Value| {
        let known = object([("key", "a".into()), ("color", "red".into())]);
        ("tag", Value::List(vec![known, object([("key", key)])]))
    };
    let plan = core.plan(RACK, None, &rack([tags(Value::unknown())])).await.expect_value();
    let state = core.apply_with(&plan, &rack([tags("z".into())])).await.expect_value();
    let plan = core.plan(RACK, Some(&state), &rack([tags("z".into())])).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn what_the_first_plan_remembered_comes_with_the_last() {
    let racks = Racks::default();
    let seen = Arc::clone(&racks.planned_private);
    let core = Core::load(racks).await.expect_value();
    let plan = core.plan(RACK, None, &rack([])).await.expect_value();
    assert!(seen.lock().unwrap().is_empty(), "there is no plan before the first");
    core.apply(&plan).await.expect_value();
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|private| *private == plan.private));
}

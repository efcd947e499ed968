//! Imports: an object that is there, taken into the state.

use conformance::{Action, ImportBy};
use tf_provider::cty::{Path, Value};

use super::sample::{SERVER, list, object, server, start};

fn by_id(id: &str) -> ImportBy {
    ImportBy::Id(id.to_owned())
}

#[tokio::test]
async fn an_import_leads_to_an_empty_plan_but_for_creation_inputs() {
    let (core, world) = start().await;
    let config = server([("memory", 64.into()), ("tags", list(["a"]))]);
    core.lifecycle(SERVER, std::slice::from_ref(&config)).await.expect_value();
    world.requests();
    for by in [
        by_id("1"),
        by_id("north/1"),
        by_id("WEB-1"),
        ImportBy::Identity(object([("id", 1.into())])),
    ] {
        let plan = core.adopt(SERVER, &by, &config).await;
        let warned: Vec<_> = plan.warnings().iter().filter_map(|w| w.path.clone()).collect();
        assert_eq!(warned, [Path::from("image")], "{by:?}");
        let plan = plan.expect_value();
        assert_eq!(plan.changes(), [Path::from("image")], "{by:?}");
        assert_eq!(plan.action, Action::Update);
        core.apply(&plan).await.expect_value();
    }
    assert!(world.requests().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn an_import_without_creation_inputs_leads_to_an_empty_plan() {
    let (core, _) = start().await;
    core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    let config = server([("image", Value::Null)]);
    let plan = core.adopt(SERVER, &by_id("1"), &config).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
    assert_eq!(plan.get("memory"), &64.into(), "as the server has it");
}

#[tokio::test]
async fn an_imported_object_can_be_changed_and_destroyed() {
    let (core, world) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let state = core.import(SERVER, &by_id("1")).await.expect_value();
    assert_eq!(state.get("attempts"), &3.into(), "the default is known without a configuration");
    let config = server([("memory", 99.into())]);
    let state = core.lifecycle_from(&state, &[config, server([])]).await.expect_value();
    core.destroy(&state).await.expect_nothing();
    assert!(world.is_empty());
}

#[tokio::test]
async fn the_spelling_of_the_configuration_is_no_change_after_an_import() {
    let (core, world) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    world.meddle("name", "web-1");
    let config = server([("name", "WEB-1".into()), ("image", Value::Null)]);
    let plan = core.adopt(SERVER, &by_id("1"), &config).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
}

#[tokio::test]
async fn an_id_of_another_form_is_told_the_forms() {
    let (core, _) = start().await;
    for id in ["", "a_c", "north/", "/1", "1.5"] {
        let outcome = core.import(SERVER, &by_id(id)).await;
        let error = outcome.expect_error();
        assert!(error.detail.contains("`{zone}/{id}`"), "{id:?}: {error}");
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_imported() {
    let (core, _) = start().await;
    core.import(SERVER, &by_id("7")).await.expect_nothing();
}

#[tokio::test]
async fn an_import_by_another_attribute_of_what_is_not_there_finds_nothing() {
    let (core, _) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    core.import(SERVER, &by_id("other")).await.expect_nothing();
}

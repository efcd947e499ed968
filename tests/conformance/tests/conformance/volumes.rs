//! Attributes deep inside others, and an identity of two parts.

use conformance::{Action, ImportBy};
use tf_provider::cty::{Number, Path, Value};

use super::sample::{object, start};

const VOLUME: &str = "sample_volume";

fn export<const N: usize>(client: &str, more: [(&str, Value); N]) -> Value {
    Value::object([("client", Value::from(client))].into_iter().chain(more))
}

fn volume<const N: usize>(exports: Value, more: [(&str, Value); N]) -> Value {
    Value::object([("pool", "Tank".into()), ("exports", exports)].into_iter().chain(more))
}

fn number(text: &str) -> Value {
    text.parse::<Number>().unwrap().into()
}

fn at(key: &str, attribute: &str) -> Path {
    Path::from("exports").key(key).attribute(attribute)
}

#[tokio::test]
async fn everything_nested_comes_and_goes() {
    let (core, _) = start().await;
    let limits = object([("bytes", 10.into()), ("warn_at", number("0.1"))]);
    let rich = export(
        "Web",
        [
            ("sync", false.into()),
            ("seed", "s".into()),
            ("key", "k".into()),
            ("key_version", 1.into()),
            ("options", object([("a", "b".into())])),
            ("limits", limits),
        ],
    );
    let configs = [
        volume(object([("/a", export("web", []))]), []),
        volume(object([("/a", rich.clone()), ("/b", export("db", []))]), [("mode", "ro".into())]),
        volume(object([("/b", rich.clone())]), [("share", number("0.1"))]),
        volume(object([]), [("users", Value::set(vec![2.into(), 1.into()]))]),
        volume(object([("/a", rich), ("/b", export("web", []))]), []),
        volume(object([("/a", export("WEB", []))]), []),
    ];
    let state = core.lifecycle(VOLUME, &configs).await.expect_value();
    assert_eq!(state.at(&at("/a", "client")), Some(&"Web".into()), "as it was spelt first");
    assert_eq!(state.at(&at("/a", "sync")), Some(&true.into()), "the default inside");
    core.destroy(&state).await.expect_nothing();
}

#[tokio::test]
async fn fractions_survive_the_way_through_the_api() {
    for text in ["0.1", "1.5", "0.30000000000000004", "1e100", "3"] {
        let (core, _) = start().await;
        let config = volume(object([]), [("share", number(text))]);
        let state = core.lifecycle(VOLUME, &[config]).await.expect_value();
        assert_eq!(state.get("share"), &number(text));
    }
}

#[tokio::test]
async fn what_is_computed_inside_changes_with_its_neighbours_alone() {
    let (core, _) = start().await;
    let before = volume(object([("/a", export("web", [])), ("/b", export("db", []))]), []);
    let state = core.lifecycle(VOLUME, &[before]).await.expect_value();
    let after = volume(object([("/a", export("api", [])), ("/b", export("db", []))]), []);
    let plan = core.plan(VOLUME, Some(&state), &after).await.expect_value();
    assert_eq!(plan.changes(), [at("/a", "client"), at("/a", "handle")]);
    assert!(plan.planned.get(&at("/a", "handle")).is_some_and(Value::is_unknown));
}

#[tokio::test]
async fn what_changes_with_an_attribute_of_a_group_does() {
    let (core, _) = start().await;
    let state = core.lifecycle(VOLUME, &[volume(object([]), [])]).await.expect_value();
    let config = volume(object([]), [("mode", "ro".into())]);
    let plan = core.plan(VOLUME, Some(&state), &config).await.expect_value();
    assert_eq!(plan.changes(), [Path::from("mode"), Path::from("revision")]);
}

#[tokio::test]
async fn a_secret_inside_a_map_is_sent_again_when_its_version_changes() {
    let (core, world) = start().await;
    let with = |key: &str, version: i64| {
        let more = [("key", key.into()), ("key_version", version.into())];
        volume(object([("/a", export("web", more))]), [])
    };
    let state = core.lifecycle(VOLUME, &[with("one", 1)]).await.expect_value();
    assert!(world.requests()[0].contains("one"));
    let plan = core.plan(VOLUME, Some(&state), &with("two", 1)).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
    core.lifecycle_from(&state, &[with("two", 2)]).await.expect_value();
    assert!(world.requests()[0].contains("two"));
}

#[tokio::test]
async fn a_creation_input_inside_warns_at_its_place() {
    let (core, _) = start().await;
    let with = |seed: &str| volume(object([("/a", export("web", [("seed", seed.into())]))]), []);
    let state = core.lifecycle(VOLUME, &[with("one")]).await.expect_value();
    let plan = core.plan(VOLUME, Some(&state), &with("two")).await;
    // Terraform would print all of `exports`, where a key may stand: the detail says where.
    let [warning] = plan.warnings()[..] else { panic!("{}", plan.complaints()) };
    assert_eq!(warning.path, None);
    assert!(warning.to_string().contains("exports[\"/a\"].seed"));
    core.apply(&plan.expect_value()).await.expect_value();
}

#[tokio::test]
async fn an_identity_may_be_spelt_in_several_ways() {
    let (core, _) = start().await;
    let config = volume(object([]), [("name", "a/b".into())]);
    let state = core.lifecycle(VOLUME, std::slice::from_ref(&config)).await.expect_value();
    assert_eq!(state.get("pool"), &"Tank".into());
    let respelt =
        Value::object([("pool", "TANK".into()), ("exports", object([])), ("name", "a/b".into())]);
    let plan = core.plan(VOLUME, Some(&state), &respelt).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
    for by in [
        ImportBy::Id("TANK/a/b".to_owned()),
        ImportBy::Identity(object([("pool", "TANK".into()), ("name", "a/b".into())])),
    ] {
        let plan = core.adopt(VOLUME, &by, &config).await.expect_value();
        assert_eq!(plan.action, Action::NoOp, "{by:?}: {:?}", plan.changes());
    }
}

#[tokio::test]
async fn a_name_that_the_server_chose_stays() {
    let (core, _) = start().await;
    let state = core.lifecycle(VOLUME, &[volume(object([]), [])]).await.expect_value();
    assert_eq!(state.get("name"), &"vol-a".into());
    let config = volume(object([]), [("name", "vol-a".into())]);
    let plan = core.plan(VOLUME, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
    let state = core.lifecycle_from(&state, &[config]).await.expect_value();
    let plan = core.plan(VOLUME, Some(&state), &volume(object([]), [])).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "a name that leaves the configuration is no new object");
}

#[tokio::test]
async fn null_is_no_element() {
    let (core, _) = start().await;
    let odd = volume(Value::map([("/a", Value::Null)]), []);
    let outcome = core.validate(VOLUME, &odd).await;
    // Nothing points at what may hold a key.
    assert_eq!(outcome.expect_error().path, None);
    assert!(outcome.expect_error().to_string().contains("`exports[\"/a\"]`"));
    let odd = volume(object([]), [("users", Value::set(vec![Value::Null]))]);
    let outcome = core.validate(VOLUME, &odd).await;
    assert_eq!(outcome.expect_error().path, Some(Path::from("users")));
}

#[tokio::test]
async fn what_is_deprecated_warns_where_it_is_used() {
    let (core, _) = start().await;
    let outcome = core.validate(VOLUME, &volume(object([]), [])).await;
    assert!(outcome.warnings().is_empty());
    let outcome = core.validate(VOLUME, &volume(object([]), [("quota", 1.into())])).await;
    let [warning] = outcome.warnings()[..] else { panic!("{}", outcome.complaints()) };
    assert_eq!(warning.path, Some(Path::from("quota")));
    assert_eq!(warning.detail, "Use `share`.");
    outcome.expect_value();
}

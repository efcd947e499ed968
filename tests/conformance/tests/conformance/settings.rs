//! Settings and optional attributes: what they are when configured, absent, and no longer configured.

use conformance::Action;
use serde_json::json;
use tf_provider::cty::{Path, Type, Value};

use super::sample::{SERVER, list, object, server, start};

#[tokio::test]
async fn a_setting_that_leaves_the_configuration_goes_back_to_the_servers_default() {
    let (core, world) = start().await;
    let set = server([("memory", 2048.into()), ("status", "gone".into())]);
    let state = core.lifecycle(SERVER, &[set]).await.expect_value();
    world.requests();
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert!(plan.get("memory").is_unknown(), "only the server knows its default");
    assert_eq!(plan.get("status"), &"active".into(), "what absence means is known");
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("memory"), &512.into());
    assert_eq!(world.requests(), [r#"PATCH {"memory":null,"status":null}"#]);
    core.lifecycle_from(&state, &[server([])]).await.expect_value();
}

#[tokio::test]
async fn a_setting_that_is_kept_stays_as_the_server_has_it() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("owner", "ops".into())])]).await.expect_value();
    world.requests();
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
    assert_eq!(world.only()["owner"], "ops");
}

#[tokio::test]
async fn a_setting_that_was_never_configured_is_the_servers() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    world.meddle("memory", 4096);
    let state = core.refresh(&state).await.expect_value();
    assert_eq!(state.get("memory"), &4096.into());
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn drift_of_a_configured_setting_is_undone() {
    let (core, world) = start().await;
    let config = server([("memory", 128.into())]);
    let state = core.lifecycle(SERVER, std::slice::from_ref(&config)).await.expect_value();
    world.meddle("memory", 4096);
    let state = core.refresh(&state).await.expect_value();
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::Update);
    core.apply(&plan).await.expect_value();
    assert_eq!(world.only()["memory"], 128);
}

/// The plan ended with "Bug in the provider": core leaves this mistake to the provider.
#[tokio::test]
async fn what_only_the_server_sets_cannot_be_configured() {
    let (core, _) = start().await;
    for value in [Value::from("10.0.0.9"), Value::unknown()] {
        let outcome = core.validate(SERVER, &server([("address", value)])).await;
        let error = outcome.expect_error();
        assert_eq!(error.summary, "`address` cannot be configured");
        assert_eq!(error.path, Some("address".into()));
    }
    let disk = object([("size", 8.into()), ("volume", "vol-9".into())]);
    let config = server([("disks", object([("scsi0", disk)]))]);
    let outcome = core.validate(SERVER, &config).await;
    let error = outcome.expect_error();
    assert_eq!(error.summary, r#"`disks["scsi0"].volume` cannot be configured"#);
}

#[tokio::test]
async fn the_default_of_an_optional_attribute_comes_back() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("attempts", 9.into())])]).await.expect_value();
    world.requests();
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert_eq!(plan.get("attempts"), &3.into());
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("attempts"), &3.into());
    assert!(world.requests().is_empty(), "no server knows it");
}

#[tokio::test]
async fn an_optional_attribute_comes_and_goes() {
    let (core, _) = start().await;
    let configs = [server([("note", "a".into())]), server([]), server([("note", "b".into())])];
    let state = core.lifecycle(SERVER, &configs).await.expect_value();
    assert_eq!(state.get("note"), &"b".into());
}

#[tokio::test]
async fn a_spelling_that_means_the_same_is_no_change() {
    let (core, world) = start().await;
    let config =
        server([("name", "WEB-1".into()), ("aliases", object([("mail", "Mx-One".into())]))]);
    let state = core.lifecycle(SERVER, std::slice::from_ref(&config)).await.expect_value();
    assert_eq!(world.only()["name"], "web-1", "the server has its own spelling");
    assert_eq!(state.get("name"), &"WEB-1".into(), "the state has the user's");
    let alias = Path::root().attribute("aliases").key("mail");
    assert_eq!(state.at(&alias), Some(&"Mx-One".into()), "inside maps, too");

    let respelt =
        server([("name", "web-1".into()), ("aliases", object([("mail", "mx-one".into())]))]);
    let plan = core.plan(SERVER, Some(&state), &respelt).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());

    world.meddle("name", "other");
    let state = core.refresh(&state).await.expect_value();
    assert_eq!(state.get("name"), &"other".into(), "another name is drift");
}

#[tokio::test]
async fn nested_objects_are_planned_by_key() {
    let (core, world) = start().await;
    let disk = |size: i64| object([("size", size.into())]);
    let one = server([("disks", object([("scsi0", disk(8))]))]);
    let state = core.lifecycle(SERVER, &[one]).await.expect_value();
    let volume = |key: &str| Path::root().attribute("disks").key(key).attribute("volume");
    assert_eq!(state.at(&volume("scsi0")), Some(&"vol-1".into()));

    let two = server([("disks", object([("ide0", disk(1)), ("scsi0", disk(8))]))]);
    let plan = core.plan(SERVER, Some(&state), &two).await.expect_value();
    assert_eq!(plan.planned.get(&volume("scsi0")), Some(&"vol-1".into()), "it is the same disk");
    assert!(plan.planned.get(&volume("ide0")).is_some_and(Value::is_unknown));
    let state = core.apply(&plan).await.expect_value();

    let none = server([("disks", object([]))]);
    let plan = core.plan(SERVER, Some(&state), &none).await.expect_value();
    core.apply(&plan).await.expect_value();
    assert_eq!(world.only()["disks"], json!({}));
}

#[tokio::test]
async fn a_setting_inside_an_object_is_reset_with_it() {
    let (core, world) = start().await;
    let configs = [
        server([("cpu", object([("sockets", 4.into()), ("model", "host".into())]))]),
        server([("cpu", object([("model", "host".into())]))]),
        server([]),
    ];
    let state = core.lifecycle(SERVER, &configs[..2]).await.expect_value();
    assert_eq!(world.only()["sockets"], 1, "one attribute left the object");
    assert_eq!(world.only()["model"], "host");
    core.lifecycle_from(&state, &configs[2..]).await.expect_value();
    assert!(!world.only().contains_key("model"), "the object left the configuration");
}

#[tokio::test]
async fn elements_of_a_list_come_and_go() {
    let (core, world) = start().await;
    let rule = |port: i64| object([("port", port.into())]);
    let configs = [
        server([("rules", Value::List(vec![rule(22), rule(80)]))]),
        server([("rules", Value::List(vec![rule(80)]))]),
        server([("rules", Value::List(vec![]))]),
        server([]),
        server([("dns", list(["9.9.9.9"]))]),
        server([("dns", list([]))]),
    ];
    core.lifecycle(SERVER, &configs).await.expect_value();
    assert!(!world.only().contains_key("rules"));
}

/// A rule that lost its remark in the configuration kept it on the server.
#[tokio::test]
async fn a_setting_inside_a_list_is_reset() {
    let (core, world) = start().await;
    let rule = |remark: &str| object([("port", 22.into()), ("remark", remark.into())]);
    let bare = object([("port", 22.into())]);
    let configs = [
        server([("rules", Value::List(vec![rule("ssh")]))]),
        server([("rules", Value::List(vec![bare]))]),
    ];
    core.lifecycle(SERVER, &configs).await.expect_value();
    assert_eq!(world.only()["rules"], json!([{"port": 22}]));
}

/// With the first rule taken out of a list, the second got the remark that the first had.
#[tokio::test]
async fn an_element_of_a_list_hands_nothing_to_its_successor() {
    let (core, world) = start().await;
    let bare = |port: i64| object([("port", port.into())]);
    let config = server([("rules", Value::List(vec![bare(22), bare(80)]))]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    let mut rules = world.only()["rules"].clone();
    rules[0]["remark"] = "by hand".into();
    rules[1]["remark"] = "of 80".into();
    world.meddle("rules", rules);
    let state = core.refresh(&state).await.expect_value();
    let config = server([("rules", Value::List(vec![bare(80), bare(443)]))]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    let remark = |index| Path::root().attribute("rules").index(index).attribute("remark");
    assert_eq!(plan.planned.get(&remark(0)), Some(&"of 80".into()), "it is the same rule");
    assert!(plan.planned.get(&remark(1)).is_some_and(Value::is_unknown), "it is another one");
    core.apply(&plan).await.expect_value();
}

/// `Scsi0` in a configuration was one disk, and `scsi0` in the answer of the server another.
#[tokio::test]
async fn a_key_that_means_the_same_is_the_same_key() {
    let (core, world) = start().await;
    let disks = |key: &str| server([("disks", object([(key, object([("size", 8.into())]))]))]);
    let aliases =
        |key: &str| server([("aliases", object([(key, "mx".into()), ("web", "www".into())]))]);
    for config in [disks, aliases] {
        let (core, _) = start().await;
        let state = core.lifecycle(SERVER, &[config("Scsi0")]).await.expect_value();
        let plan = core.plan(SERVER, Some(&state), &config("scsi0")).await.expect_value();
        assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
    }
    let state = core.lifecycle(SERVER, &[disks("Scsi0")]).await.expect_value();
    assert!(world.only()["disks"].get("scsi0").is_some(), "the server has its own spelling");
    let volume = Path::root().attribute("disks").key("Scsi0").attribute("volume");
    assert_eq!(state.at(&volume), Some(&"vol-1".into()), "the state has the user's");

    let grown = server([("disks", object([("SCSI0", object([("size", 9.into())]))]))]);
    let plan = core.plan(SERVER, Some(&state), &grown).await.expect_value();
    let volume = Path::root().attribute("disks").key("SCSI0").attribute("volume");
    assert_eq!(plan.planned.get(&volume), Some(&"vol-1".into()), "it is the same disk");
    core.lifecycle_from(&state, &[grown]).await.expect_value();

    let disk = || object([("size", 8.into())]);
    let twice = server([("disks", object([("scsi0", disk()), ("SCSI0", disk())]))]);
    let outcome = core.validate(SERVER, &twice).await;
    assert!(outcome.expect_error().summary.contains("same key"));
}

#[tokio::test]
async fn an_attribute_may_have_the_type_that_its_value_has() {
    let (core, world) = start().await;
    let own = |ty: Type, value: Value| Value::Dynamic(Box::new(ty), Box::new(value));
    let owners = own(Type::list(Type::String), list(["ops", "dev"]));
    let number = own(Type::Number, 7.into());
    let configs = [
        server([("extra", owners.clone())]),
        server([("extra", number)]),
        server([("extra", own(Type::String, Value::Null))]),
        server([]),
        server([("extra", owners.clone())]),
    ];
    let state = core.lifecycle(SERVER, &configs).await.expect_value();
    assert_eq!(world.only()["extra"], json!(["ops", "dev"]));
    assert_eq!(state.get("extra"), &owners, "the state has the type of the configuration");
}

#[tokio::test]
async fn a_set_of_objects_has_no_order_and_one_spelling() {
    let (core, _) = start().await;
    let peer = |name: &str| object([("name", name.into()), ("port", 22.into())]);
    let config = server([("peers", Value::List(vec![peer("Alpha"), peer("beta")]))]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    let turned = server([("peers", Value::List(vec![peer("BETA"), peer("alpha")]))]);
    let plan = core.plan(SERVER, Some(&state), &turned).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
}

#[tokio::test]
async fn a_set_has_no_order() {
    let (core, _) = start().await;
    let config = server([("tags", list(["a", "b"]))]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    let turned = server([("tags", list(["b", "a", "a"]))]);
    let plan = core.plan(SERVER, Some(&state), &turned).await.expect_value();
    assert_eq!(plan.action, Action::NoOp);
}

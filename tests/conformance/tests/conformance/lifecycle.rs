//! Whole lives, every step judged by core's rules.

use conformance::Action;
use tf_provider::cty::{Path, Value};

use super::sample::{SERVER, list, object, server, start};

/// A configuration that sets everything.
fn full() -> Value {
    server([
        ("memory", 1024.into()),
        ("status", "switched-off".into()),
        ("comment", "first".into()),
        ("owner", "ops".into()),
        ("token", "t0ken".into()),
        ("tags", list(["b", "a"])),
        ("dns", list(["9.9.9.9", "1.1.1.1"])),
        ("aliases", object([("mail", "MX-1".into())])),
        ("disks", object([("scsi0", object([("size", 8.into()), ("cache", "writeback".into())]))])),
        ("rules", Value::List(vec![object([("port", 22.into())]), object([("port", 80.into())])])),
        ("cpu", object([("sockets", 2.into()), ("model", "host".into())])),
        ("agent", object([("enabled", true.into()), ("secret", "s3cret".into())])),
        ("firmware", "uefi".into()),
        ("start_on_boot", true.into()),
        ("keys", list(["ssh-ed25519 AAAA"])),
        ("attempts", 5.into()),
        ("note", "hello".into()),
        ("password", "pa55".into()),
        ("password_version", 1.into()),
        ("timeouts", object([("create", "90s".into())])),
    ])
}

#[tokio::test]
async fn the_least_configuration_lives_and_dies() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    assert_eq!(state.get("id"), &1.into());
    assert_eq!(state.get("memory"), &512.into(), "the server's default");
    assert_eq!(state.get("status"), &"active".into());
    assert_eq!(state.get("comment"), &"".into());
    assert_eq!(state.get("attempts"), &3.into());
    assert_eq!(state.get("tags"), &Value::Null);
    core.destroy(&state).await.expect_nothing();
    assert!(world.is_empty());
}

#[tokio::test]
async fn the_fullest_configuration_lives_and_dies() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[full()]).await.expect_value();
    assert_eq!(world.only()["onboot"], true, "under its name in the API");
    assert_eq!(world.only()["sockets"], 2, "inline, beside the others");
    let cache = Path::root().attribute("disks").key("scsi0").attribute("cache");
    assert_eq!(state.at(&cache), Some(&"writeback".into()));
    core.destroy(&state).await.expect_nothing();
}

#[tokio::test]
async fn everything_can_come_and_go() {
    let (core, world) = start().await;
    let back = server([("zone", "north".into()), ("firmware", "uefi".into())]);
    let full_in_place = full();
    let configs = [back.clone(), full_in_place.clone(), back, full_in_place];
    let state = core.lifecycle(SERVER, &configs).await.expect_value();
    core.destroy(&state).await.expect_nothing();
    let requests = world.requests();
    let creates = requests.iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!(creates, 1, "{requests:#?}");
}

#[tokio::test]
async fn an_update_sends_what_changed_and_nothing_else() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    world.requests();
    let config = server([("memory", 128.into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.changes(), [Path::from("address"), Path::from("memory")]);
    assert!(plan.get("address").is_unknown(), "it changes with the memory");
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("address"), &"10.0.0.2".into());
    assert_eq!(world.requests(), [r#"PATCH {"memory":128}"#]);
}

#[tokio::test]
async fn a_computed_attribute_is_known_as_long_as_nothing_moves_it() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = server([("comment", "new".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.changes(), [Path::from("comment")]);
    assert_eq!(plan.get("address"), state.get("address"));
}

#[tokio::test]
async fn what_the_plan_hook_adds_is_there_twice() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let plan = core.plan(SERVER, Some(&state), &server([("note", "warn".into())])).await;
    assert_eq!(plan.warnings().iter().filter(|w| w.summary == "As you wish").count(), 1);
    plan.expect_value();

    let config = server([("note", "unknown".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert!(plan.get("address").is_unknown());
    core.apply(&plan).await.expect_value();

    let config = server([("note", "foresee".into())]);
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    assert_eq!(plan.get("address"), &"10.0.0.1".into());
    core.apply(&plan).await.expect_value();

    let config = server([("note", "impossible".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await;
    assert_eq!(plan.expect_error().path, Some(Path::from("note")));
}

#[tokio::test]
async fn ten_thousand_elements_are_no_trouble() {
    let (core, _) = start().await;
    let elements = |range: std::ops::Range<i32>| {
        Value::set(range.map(|i| format!("tag-{i}").into()).collect())
    };
    let mut configs = vec![];
    for count in [2_500, 10_000] {
        configs.push(server([("tags", elements(0..count))]));
    }
    configs.push(server([("tags", elements(5_000..15_000))]));
    let state = core.lifecycle(SERVER, &configs).await.expect_value();
    assert_eq!(state.get("tags").as_list().map(<[_]>::len), Some(10_000));
}

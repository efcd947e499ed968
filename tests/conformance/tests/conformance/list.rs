//! Listings, and configurations made of what they find.

use conformance::Severity;
use tf_provider::cty::Value;

use super::sample::{Fault, SERVER, object, server, start};

#[tokio::test]
async fn what_is_there_is_found() {
    let (core, _) = start().await;
    for name in ["a", "b", "c"] {
        let zone = if name == "b" { "south" } else { "north" };
        let config = server([("name", name.into()), ("zone", zone.into())]);
        core.lifecycle(SERVER, &[config]).await.expect_value();
    }
    let outcome = core.list(SERVER, &object([("zone", "north".into())]), 100, false).await;
    assert_eq!(outcome.warnings().len(), 1);
    let found = outcome.expect_value();
    let names: Vec<_> = found.iter().map(|one| one.display_name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(found[1].identity, object([("id", 3.into())]));
    assert!(found.iter().all(|one| one.object.is_none()), "nobody asked for them");

    let found = core.list(SERVER, &object([]), 100, true).await.expect_value();
    let zones: Vec<_> =
        found.iter().map(|one| one.object.as_ref().unwrap().get(&"zone".into()).unwrap()).collect();
    assert_eq!(zones, [&Value::from("north"), &"south".into(), &"north".into()]);
    let found = core.list(SERVER, &object([("from", 3.into())]), 100, true).await.expect_value();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_listing_ends_at_its_limit() {
    let (core, world) = start().await;
    for _ in 0..5 {
        core.lifecycle(SERVER, &[server([])]).await.expect_value();
    }
    for whole in [false, true] {
        world.requests();
        let found = core.list(SERVER, &object([]), 2, whole).await.expect_value();
        assert_eq!(found.len(), 2);
        let looked = world.requests().iter().filter(|one| one.starts_with("LIST")).count();
        assert!(looked <= 4, "{looked} were looked for");
    }
}

#[tokio::test]
async fn what_goes_wrong_in_a_listing_is_said() {
    let (core, world) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let outcome = core.list(SERVER, &object([("zone", "".into())]), 9, false).await;
    assert_eq!(outcome.expect_error().path, Some("zone".into()));
    world.fail(Fault::Update);
    let outcome = core.list(SERVER, &object([]), 9, false).await;
    assert_eq!(outcome.expect_error().summary, "The list is not complete");
    world.fail(Fault::Delete);
    let outcome = core.list(SERVER, &object([]), 9, false).await;
    let error = outcome.expect_error();
    assert!(error.summary.contains("panicked") && !error.to_string().contains("secret"), "{error}");

    // One that cannot be read is there all the same.
    world.fail(Fault::Read);
    let outcome = core.list(SERVER, &object([]), 9, true).await;
    assert_eq!(outcome.warnings().len(), 2, "{}", outcome.complaints());
    let found = outcome.expect_value();
    assert!(found.len() == 1 && found[0].object.is_none());
}

#[tokio::test]
async fn a_configuration_is_made_of_what_was_found() {
    let (core, world) = start().await;
    // As somebody made it by hand, who need not care for what excludes what.
    let plan = core.plan(SERVER, None, &server([("memory", 64.into())])).await.expect_value();
    core.apply(&plan).await.expect_value();
    for (field, value) in [
        ("extra", serde_json::json!("t")),
        ("peers", serde_json::json!([{"name": "a", "port": 4}])),
        ("disks", serde_json::json!({"scsi0": {"size": 8, "cache": "none", "volume": "vol-1"}})),
        ("name_server", serde_json::json!("9.9.9.9")),
    ] {
        world.meddle(field, value);
    }
    let found = core.list(SERVER, &object([]), 9, true).await.expect_value();
    let generated = core.generate(SERVER, found[0].object.as_ref().unwrap()).await;
    assert!(generated.messages.iter().all(|one| one.severity == Severity::Warning));
    let generated = generated.expect_value();
    let get = |name: &str| generated.get(&name.into()).unwrap().clone();
    for left_out in ["id", "address", "password", "name_server", "extra", "attempts"] {
        assert!(get(left_out).is_null(), "{left_out}");
    }
    assert_eq!((get("memory"), get("name")), (64.into(), "web-1".into()));
    let disk = object([("size", 8.into()), ("cache", "none".into()), ("volume", Value::Null)]);
    assert_eq!(get("disks"), Value::map([("scsi0", disk)]));

    // What it was made from is nobody's business any more.
    let by = conformance::ImportBy::Identity(object([("id", 1.into())]));
    let plan = core.adopt(SERVER, &by, &generated).await.expect_value();
    assert_eq!(plan.changes(), [], "an import of what was generated changes nothing");
}

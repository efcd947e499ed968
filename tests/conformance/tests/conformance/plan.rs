//! Plans with values that are not known, replacements, validation.

use conformance::{Action, Block, Core, Nesting, Rule};
use tf_provider::cty::{Number, Path, Refinement, Value};

use super::sample::{SERVER, Sample, list, object, server, start};

#[tokio::test]
async fn unknown_values_of_a_configuration_flow_through() {
    let (core, _) = start().await;
    let prefix = Value::from(Refinement::not_null().with_prefix("hello-"));
    let config = server([
        ("name", prefix.clone()),
        ("memory", Value::unknown()),
        ("tags", Value::set(vec!["a".into(), Value::unknown()])),
        ("dns", Value::List(vec![Value::unknown()])),
        ("aliases", Value::unknown()),
        ("disks", object([("scsi0", object([("size", Value::unknown())]))])),
        ("note", Value::unknown()),
    ]);
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    assert_eq!(plan.get("name"), &prefix, "with what is known about it");
    let known = server([
        ("name", "hello-World".into()),
        ("memory", 64.into()),
        ("tags", list(["a", "b"])),
        ("dns", list(["9.9.9.9"])),
        ("disks", object([("scsi0", object([("size", 4.into())]))])),
    ]);
    let state = core.apply_with(&plan, &known).await.expect_value();
    assert_eq!(state.get("name"), &"hello-World".into());
}

#[tokio::test]
async fn an_unknown_value_may_turn_out_to_be_null() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    let config = server([("memory", Value::unknown()), ("comment", Value::unknown())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    let state = core.apply_with(&plan, &server([])).await.expect_value();
    assert_eq!(state.get("memory"), &512.into());
    core.lifecycle_from(&state, &[server([])]).await.expect_value();
}

#[tokio::test]
async fn a_replacement_is_planned_once_more_as_a_create() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = server([("zone", "south".into()), ("memory", 32.into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::Replace);
    assert_eq!(plan.replace, [Path::from("zone")]);
    assert!(plan.get("id").is_unknown() && plan.get("address").is_unknown());
    let state = core.apply(&plan).await.expect_value();
    assert_eq!(state.get("id"), &2.into());
    assert_eq!(world.only()["zone"], "south", "the old one is gone, by the private state it had");
    core.lifecycle_from(&state, &[config]).await.expect_value();
}

#[tokio::test]
async fn a_resource_may_ask_for_a_replacement_of_its_own() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = server([("note", "replace".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.action, Action::Replace);
    core.apply(&plan).await.expect_value();
}

#[tokio::test]
async fn what_replaces_may_be_unknown_or_unset() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([("firmware", "uefi".into())])]).await;
    let state = state.expect_value();
    let unknown = server([("zone", Value::unknown()), ("firmware", "uefi".into())]);
    let plan = core.plan(SERVER, Some(&state), &unknown).await.expect_value();
    assert_eq!(plan.action, Action::Replace);
    let plan = core.plan(SERVER, Some(&state), &server([])).await.expect_value();
    assert_eq!(plan.action, Action::Replace, "back to the server's default, and that replaces");
    core.apply(&plan).await.expect_value();
}

#[tokio::test]
async fn what_requires_a_replacement_twice_is_named_once() {
    let (core, _) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = server([("note", "replace zone".into()), ("zone", "south".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!(plan.replace, [Path::from("zone")]);
}

/// What was not known when the update was planned turned out to be what there is.
#[tokio::test]
async fn an_update_that_turns_out_to_be_none_is_none() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([("memory", 64.into())])]).await.expect_value();
    world.requests();
    let plan = core.plan(SERVER, Some(&state), &server([("memory", Value::unknown())])).await;
    let plan = plan.expect_value();
    assert_eq!(plan.action, Action::Update);
    let after = core.apply_with(&plan, &server([("memory", 64.into())])).await.expect_value();
    assert_eq!(after, state);
    assert!(world.requests().is_empty());
}

/// What `ignore_changes` names comes with the value of the state, whatever the file says.
#[tokio::test]
async fn an_ignored_change_comes_as_the_value_of_before_and_is_none() {
    let (core, world) = start().await;
    let config = server([("memory", 64.into()), ("note", "a".into())]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    world.meddle("memory", 4096);
    let state = core.refresh(&state).await.expect_value();
    let merged = server([("memory", state.get("memory").clone()), ("note", "a".into())]);
    let plan = core.plan(SERVER, Some(&state), &merged).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
}

#[tokio::test]
async fn a_destroy_is_planned_without_a_configuration() {
    let (core, world) = start().await;
    let state = core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let plan = core.plan_destroy(&state).await.expect_value();
    assert!(plan.planned.is_null());
    core.apply(&plan).await.expect_nothing();
    assert!(world.is_empty());
}

#[tokio::test]
async fn validation_names_the_attribute() {
    let (core, _) = start().await;
    for (config, place) in [
        (server([("name", "no spaces".into())]), Path::from("name")),
        (server([("name", "localhost".into())]), Path::from("name")),
        (server([("name", Value::Null)]), Path::from("name")),
        (server([("memory", 8.into())]), Path::from("memory")),
        (server([("memory", number("16.5"))]), Path::from("memory")),
        (server([("status", "asleep".into())]), Path::from("status")),
        (server([("tags", Value::set(vec![Value::Null]))]), Path::from("tags")),
        (server([("dns", Value::List(vec!["a".into(), Value::Null]))]), Path::from("dns")),
        (server([("aliases", object([("mail", "a b".into())]))]), Path::from("aliases")),
        (server([("disks", object([("scsi0", object([]))]))]), Path::from("disks")),
        (server([("rules", Value::List(vec![object([("port", 0.into())])]))]), Path::from("rules")),
        (server([("timeouts", object([("create", "soon".into())]))]), Path::from("timeouts")),
    ] {
        let outcome = core.validate(SERVER, &config).await;
        assert_eq!(outcome.expect_error().path.as_ref(), Some(&place), "{}", outcome.complaints());
    }
}

#[tokio::test]
async fn validation_needs_no_configured_provider_and_leaves_the_unknown_alone() {
    let core = Core::new::<Sample>().await.expect_value();
    for (name, schema) in core.resource_schemas() {
        core.validate(name, &unknown(&schema.block)).await.expect_value();
    }
}

/// One of every block, with everything unknown that can be configured.
fn unknown(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let open = attribute.required || attribute.optional;
        (name.clone(), if open { Value::unknown() } else { Value::Null })
    });
    let blocks =
        block.blocks.iter().filter(|(_, nested)| !nested.computed).map(|(name, nested)| {
            let one = unknown(&nested.block);
            let value = match nested.nesting {
                Nesting::Single | Nesting::Group => one,
                Nesting::List => Value::List(vec![one]),
                Nesting::Map => Value::map([("a", one)]),
                Nesting::Set => Value::set(vec![one]),
            };
            (name.clone(), value)
        });
    Value::object(attributes.chain(blocks))
}

#[tokio::test]
async fn every_configuration_is_answered_with_messages_and_no_more() {
    let core = Core::new::<Sample>().await.expect_value();
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    for config in conformance::configurations(&schema.block) {
        let outcome = core.validate(SERVER, &config).await;
        assert!(outcome.violations.is_empty(), "{config:?}\n{}", outcome.complaints());
        assert!(!outcome.messages.iter().any(|m| m.summary.contains("panicked")), "{config:?}");
    }
}

#[tokio::test]
async fn a_valid_odd_configuration_is_planned_by_the_rules() {
    let (core, _) = start().await;
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    let mut planned = 0;
    for odd in conformance::configurations(&schema.block) {
        let (Value::Object(least), Value::Object(odd)) = (server([]), odd) else { panic!() };
        let mut config = odd;
        for (name, value) in least {
            config.insert(name, value);
        }
        let plan = core.plan(SERVER, None, &Value::Object(config.clone())).await;
        assert!(plan.violations.is_empty(), "{config:?}\n{}", plan.complaints());
        planned += usize::from(plan.value.is_some());
    }
    assert!(planned > 100, "only {planned} of them are valid");
}

#[tokio::test]
async fn an_unknown_provider_block_is_no_hindrance_to_a_plan() {
    let core = Core::new::<Sample>().await.expect_value();
    core.configure(&object([("endpoint", Value::unknown())])).await.expect_value();
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let outcome = core.apply(&plan).await;
    assert!(outcome.expect_error().summary.contains("not known yet"));
    assert!(outcome.value.is_none());
}

#[tokio::test]
async fn a_system_that_is_not_configured_is_told_in_the_plan() {
    let core = Core::new::<Sample>().await.expect_value();
    core.configure(&object([])).await.expect_value();
    let plan = core.plan(SERVER, None, &server([])).await;
    assert!(plan.expect_error().detail.contains("set `endpoint`"), "{}", plan.complaints());
}

#[tokio::test]
async fn the_final_plan_keeps_to_the_first() {
    let (core, _) = start().await;
    let config = server([("memory", Value::from(Refinement::not_null()))]);
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    let outcome = core.apply_with(&plan, &server([("note", "surprise".into())])).await;
    let rules: Vec<_> = outcome.violations.iter().map(|v| (v.rule, v.path.to_string())).collect();
    assert!(rules.contains(&(Rule::InconsistentFinalPlan, "note".to_owned())), "{rules:?}");
}

fn number(text: &str) -> Value {
    text.parse::<Number>().unwrap().into()
}

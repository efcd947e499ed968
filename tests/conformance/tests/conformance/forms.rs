//! What every provider takes: one value in all its forms, blocks of which nothing is known, a process
//! that is asked for no schema, states of other versions.

use conformance::Core;
use tf_provider::cty::{Refinement, Type, Value};

use super::sample::{SERVER, Sample, list, object, server, start};

/// A number that no double holds.
const LARGE: i64 = 9_007_199_254_740_993;

fn own(ty: Type, value: Value) -> Value {
    Value::Dynamic(Box::new(ty), Box::new(value))
}

#[tokio::test]
async fn json_msgpack_and_nothing_are_read_alike() {
    let (core, _) = start().await;
    let config = server([("memory", 64.into()), ("disks", object([]))]);
    core.accepts(SERVER, &config).await.expect_value();
}

#[tokio::test]
async fn text_is_the_same_composed_or_not() {
    let (core, _) = start().await;
    let config = server([("comment", "caf\u{e9}".into()), ("tags", list(["\u{e9}", "e"]))]);
    core.accepts(SERVER, &config).await.expect_value();
    let plan = core.plan(SERVER, None, &config).await.expect_value();
    assert_eq!(plan.get("comment"), &"cafe\u{301}".into());
}

#[tokio::test]
async fn numbers_may_be_integers_floats_or_text() {
    let (core, _) = start().await;
    let config = server([("password_version", LARGE.into()), ("memory", 64.into())]);
    core.accepts(SERVER, &config).await.expect_value();
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    assert_eq!(state.get("password_version"), &LARGE.into(), "through plan, apply and state");
}

#[tokio::test]
async fn unknown_values_come_in_many_forms() {
    let (core, _) = start().await;
    let length = Refinement { min_length: Some(1), max_length: Some(2), ..Refinement::not_null() };
    for config in [
        server([("memory", Value::unknown()), ("dns", Value::from(length))]),
        server([("name", Value::from(Refinement::not_null().with_prefix("web-")))]),
        server([("tags", Value::set(vec!["a".into(), Value::unknown()]))]),
    ] {
        core.accepts(SERVER, &config).await.expect_value();
    }
}

#[tokio::test]
async fn values_of_dynamic_type_come_in_many_forms() {
    let (core, _) = start().await;
    for extra in [
        Value::Null,
        Value::unknown(),
        own(Type::String, "x".into()),
        own(Type::String, Value::Null),
        own(Type::list(Type::Number), Value::List(vec![LARGE.into()])),
        own(Type::object([("a", Type::Bool)]), object([("a", Value::unknown())])),
    ] {
        core.accepts(SERVER, &server([("extra", extra)])).await.expect_value();
    }
}

#[tokio::test]
async fn a_set_may_come_in_any_order_and_with_duplicates() {
    let (core, _) = start().await;
    let peer = |name: &str| object([("name", name.into()), ("port", 22.into())]);
    let peers = Value::List(vec![peer("a"), peer("b")]);
    let config = server([("tags", list(["a", "b", "c"])), ("peers", peers)]);
    core.accepts(SERVER, &config).await.expect_value();
}

#[tokio::test]
async fn a_block_of_which_nothing_is_known_is_no_mistake() {
    let core = Core::new::<Sample>().await.expect_value();
    for name in ["sample_server", "sample_volume"] {
        core.tolerates(name).await.expect_value();
    }
    core.configure_unknown().await.expect_value();
}

/// Terraform remembers the schemas of the first process; the next one is asked for none.
#[tokio::test]
async fn a_process_that_nobody_asked_for_a_schema_answers_all_the_same() {
    let (core, world) = start().await;
    let service = tf_provider::testing::service::<Sample>();
    let cold = core.cold(service).await.expect_value();
    cold.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    cold.lifecycle(SERVER, &[server([])]).await.expect_value();
    let joined = cold.call("join", &["-".into(), "a".into()]).await.expect_value();
    assert_eq!(joined, Ok("a".into()));
}

#[tokio::test]
async fn an_attribute_that_another_version_stored_is_left_out() {
    let (core, _) = start().await;
    let config = server([("password_version", LARGE.into()), ("tags", list(["a"]))]);
    let state = core.lifecycle(SERVER, &[config]).await.expect_value();
    assert_eq!(core.downgrade(&state).await.expect_value().value, state.value);
}

#[tokio::test]
async fn a_secret_is_kept_from_a_terraform_that_would_store_it() {
    let (core, _) = start().await;
    let config = server([("password", "pa55".into())]);
    let outcome = core.keeps_secrets_from_old_terraform(SERVER, &config).await;
    assert!(outcome.expect_error().summary.contains("requires Terraform 1.11"));
}

#[tokio::test]
async fn a_stop_is_answered_while_what_it_stops_is_under_way() {
    let (core, world) = start().await;
    let hang = object([("id", 1.into()), ("fault", "hang".into())]);
    let (outcome, ()) = tokio::join!(core.invoke("sample_restart", &hang), async {
        world.hanging.cancelled().await;
        core.stop().await.expect_value();
    });
    assert!(outcome.expect_error().summary.starts_with("Stopped"));
}

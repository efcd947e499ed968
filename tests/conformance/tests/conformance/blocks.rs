//! Blocks: of each kind, in each other, configured and computed.

use conformance::{Action, Core, ImportBy, Nesting, configurations};
use tf_provider::cty::{Path, Value};

use super::sample::{Sample, object, start};

const CLUSTER: &str = "sample_cluster";

/// The configuration of a cluster that has no more than it must, and `more`.
fn cluster<const N: usize>(more: [(&str, Value); N]) -> Value {
    let peers = Value::set(vec![object([("name", "west".into())])]);
    let storage = object([("pool", "fast".into())]);
    let least = [("name", "Web".into()), ("peer", peers), ("storage", storage)];
    Value::object(least.into_iter().chain(more))
}

fn rule<const N: usize>(port: i64, host: &str, more: [(&str, Value); N]) -> Value {
    let least = [("port", port.into()), ("host", host.into())];
    Value::object(least.into_iter().chain(more))
}

fn blocks<const N: usize>(elements: [Value; N]) -> Value {
    Value::List(elements.into())
}

/// A cluster with everything.
fn whole() -> Value {
    let hours = blocks([object([("from", 8.into())]), object([("from", 20.into())])]);
    let way = Value::set(vec![object([("through", "Gate".into())])]);
    let peer = object([("name", "East".into()), ("remark", "x".into()), ("way", way)]);
    let console = object([("kind", "vga".into())]);
    let node = object([("memory", 64.into()), ("seed", "s".into()), ("console", console)]);
    cluster([
        ("rule", blocks([rule(22, "Ops", [("hours", hours)]), rule(80, "all", [])])),
        ("node", Value::map([("Node-1", node), ("node-2", object([]))])),
        ("peer", Value::set(vec![peer, object([("name", "west".into())])])),
        ("network", object([("bridge", "vmbr0".into())])),
        ("limits", object([("nodes", 3.into())])),
        ("source", object([("image", "debian".into())])),
    ])
}

#[tokio::test]
async fn the_schema_says_how_often_each_block_may_be_there() {
    let core = Core::new::<Sample>().await.expect_value();
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == CLUSTER).unwrap();
    let blocks = &schema.block.blocks;
    let nesting = |name: &str| blocks[name].nesting;
    assert_eq!(nesting("rule"), Nesting::List);
    assert_eq!(nesting("node"), Nesting::Map);
    assert_eq!(nesting("peer"), Nesting::Set);
    assert_eq!(nesting("network"), Nesting::Single);
    assert_eq!(nesting("storage"), Nesting::Single);
    assert_eq!(nesting("limits"), Nesting::Group);
    assert_eq!(blocks["peer"].block.blocks["way"].nesting, Nesting::Set);
    assert!(blocks["member"].computed && !blocks["rule"].computed);
    assert!(!schema.block.attributes.contains_key("rule"));
}

#[tokio::test]
async fn a_life_with_blocks_keeps_the_rules() {
    let (core, world) = start().await;
    let few = cluster([("rule", blocks([rule(80, "ALL", [("remark", "r".into())])]))]);
    let configs = [cluster([]), whole(), few, whole(), cluster([])];
    let state = core.lifecycle(CLUSTER, &configs).await.expect_value();
    assert_eq!(state.get("rule"), &blocks([]));
    assert_eq!(state.get("network"), &Value::Null);
    assert_eq!(state.at(&Path::from("limits").attribute("nodes")), Some(&8.into()));
    core.destroy(&state).await.expect_nothing();
    assert!(world.is_empty());
}

#[tokio::test]
async fn an_import_finds_the_blocks_and_plans_nothing() {
    let (core, _) = start().await;
    core.lifecycle(CLUSTER, &[cluster([])]).await.expect_value();
    let by = ImportBy::Id("1".to_owned());
    let plan = core.adopt(CLUSTER, &by, &cluster([])).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
}

/// The rule that is first now has the settings, and the key, that it had as the second.
#[tokio::test]
async fn a_block_of_a_list_is_known_by_its_required_attributes() {
    let (core, _) = start().await;
    let first = rule(22, "ops", [("remark", "a".into())]);
    let second = rule(80, "all", [("remark", "b".into())]);
    let state = core.lifecycle(CLUSTER, &[cluster([("rule", blocks([first, second]))])]).await;
    let state = state.expect_value();
    // Its spelling is another one, too, and of that core knows nothing at the new place.
    let config = cluster([("rule", blocks([rule(80, "ALL", [("remark", "b".into())])]))]);
    let plan = core.plan(CLUSTER, Some(&state), &config).await.expect_value();
    let at = |name| Path::from("rule").index(0).attribute(name);
    assert_eq!(plan.planned.get(&at("handle")), Some(&"all".into()), "{:?}", plan.changes());
    core.lifecycle_from(&state, &[config]).await.expect_value();
}

#[tokio::test]
async fn an_unknown_dynamic_block_stays_unknown() {
    let (core, _) = start().await;
    for name in ["rule", "node", "peer"] {
        let plan = core.plan(CLUSTER, None, &cluster([(name, Value::unknown())])).await;
        let plan = plan.expect_value();
        assert!(plan.get(name).is_unknown());
        let known = whole().get(&Path::from(name)).cloned().unwrap();
        core.apply_with(&plan, &cluster([(name, known)])).await.expect_value();
    }
    let inside = |remark: Value, hours: Value| {
        let rule = rule(22, "ops", [("remark", remark), ("hours", hours)]);
        cluster([("rule", blocks([rule]))])
    };
    let unknown = inside(Value::unknown(), Value::unknown());
    let plan = core.plan(CLUSTER, None, &unknown).await.expect_value();
    let known = inside("r".into(), blocks([object([("from", 8.into())])]));
    core.apply_with(&plan, &known).await.expect_value();
}

#[tokio::test]
async fn no_configuration_of_blocks_makes_the_provider_stumble() {
    let (core, _) = start().await;
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == CLUSTER).unwrap();
    for config in configurations(&schema.block) {
        assert_eq!(core.validate(CLUSTER, &config).await.violations, [], "{config:?}");
        assert_eq!(core.plan(CLUSTER, None, &config).await.violations, [], "{config:?}");
    }
}

#[tokio::test]
async fn a_deprecated_block_is_mentioned_where_it_is_used() {
    let (core, _) = start().await;
    assert!(core.validate(CLUSTER, &cluster([])).await.warnings().is_empty());
    let used = core.validate(CLUSTER, &cluster([("balance", object([]))])).await;
    let [warning] = used.warnings()[..] else { panic!("{}", used.complaints()) };
    assert_eq!(warning.detail, "Use `limits`.");
}

/// To a Terraform that counts them against the configuration they are not there.
#[tokio::test]
async fn computed_blocks_are_empty_before_1_16() {
    let (core, _) = start().await;
    let node = ("node", Value::map([("node-1", object([]))]));
    let old = core.clone().before_1_16();
    let configs = [cluster([node.clone()]), cluster([]), cluster([node.clone()])];
    let state = old.lifecycle(CLUSTER, &configs).await.expect_value();
    assert_eq!(state.get("member"), &blocks([]));

    // The newer one fills them when it looks, and they stay while nothing changes.
    let fresh = core.refresh(&state).await.expect_value();
    let member = object([("name", "node-1".into()), ("address", "10.0.0.9".into())]);
    assert_eq!(fresh.get("member"), &blocks([member]));
    let plan = core.plan(CLUSTER, Some(&fresh), &configs[0]).await.expect_value();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.changes());
    let plan = core.plan(CLUSTER, Some(&fresh), &configs[1]).await.expect_value();
    assert!(plan.get("member").is_unknown());

    // And back.
    let state = old.refresh(&fresh).await.expect_value();
    assert_eq!(state.get("member"), &blocks([]));
    core.clone().before_1_16().lifecycle_from(&state, &[cluster([])]).await.expect_value();
}

#[tokio::test]
async fn nobody_configures_a_computed_block() {
    let (core, _) = start().await;
    let member = blocks([object([])]);
    let outcome = core.before_1_16().validate(CLUSTER, &cluster([("member", member)])).await;
    assert_eq!(outcome.expect_error().summary, "`member` cannot be configured");
}

#[tokio::test]
async fn a_data_source_takes_blocks_and_answers_with_them() {
    let (core, _) = start().await;
    let nodes = Value::map([("node-1", object([])), ("node-2", object([]))]);
    core.lifecycle(CLUSTER, &[cluster([("node", nodes)])]).await.expect_value();
    let filter = blocks([object([("cluster", "web".into()), ("limit", 1.into())])]);
    let asked = object([("filter", filter.clone())]);
    // No Terraform counts what a data source answers.
    for core in [core.clone(), core.before_1_16()] {
        let found = core.read_data("sample_members", &asked).await;
        let [warning] = found.warnings()[..] else { panic!("{}", found.complaints()) };
        assert_eq!(warning.summary, "sample_members is deprecated");
        let found = found.expect_value();
        assert_eq!(found.get(&"filter".into()), Some(&filter));
        let member = blocks([object([("name", "node-1".into())])]);
        assert_eq!(found.get(&"member".into()), Some(&member));
    }
}

#[tokio::test]
async fn an_ephemeral_resource_has_computed_blocks_where_they_are_known() {
    let (core, _) = start().await;
    let purpose = object([("name", "backup".into())]);
    let config = object([("purpose", purpose)]);
    let opened = core.open("sample_key", &config).await.expect_value();
    let part = blocks([object([("text", "backup".into())])]);
    assert_eq!(opened.value.get(&"part".into()), Some(&part));
    let opened = core.before_1_16().open("sample_key", &config).await.expect_value();
    assert_eq!(opened.value.get(&"part".into()), Some(&blocks([])));
    assert_eq!(opened.value.get(&"value".into()), Some(&"backup".into()));
}

#[tokio::test]
async fn lists_and_actions_take_blocks() {
    let (core, world) = start().await;
    core.lifecycle(CLUSTER, &[cluster([])]).await.expect_value();
    let only = |name: &str| Value::set(vec![object([("name", name.into())])]);
    for (name, count) in [("web", 1), ("nobody", 0)] {
        let config = object([("only", only(name))]);
        let listed = core.list(CLUSTER, &config, 9, true).await.expect_value();
        assert_eq!(listed.len(), count);
    }
    world.requests();
    let step = |node: &str| object([("node", node.into())]);
    let config = object([("step", blocks([step("b"), step("a")]))]);
    core.invoke("sample_drain", &config).await.expect_value();
    assert_eq!(world.requests(), ["DRAIN b", "DRAIN a"]);
}

#[tokio::test]
async fn a_provider_block_has_blocks() {
    let core = Core::new::<Sample>().await.expect_value();
    let proxy = |url: &str| object([("proxy", blocks([object([("url", url.into())])]))]);
    core.configure(&proxy("open")).await.expect_value();
    let refused = core.configure(&proxy("closed")).await;
    assert_eq!(refused.expect_error().summary, "The proxy lets nobody through");
}

/// What an import finds is written down as blocks, without what nobody may write.
#[tokio::test]
async fn a_generated_configuration_has_the_blocks() {
    let (core, _) = start().await;
    let state = core.lifecycle(CLUSTER, &[whole()]).await.expect_value();
    let config = core.generate(CLUSTER, &state.value).await.expect_value();
    let at = |path: Path| config.get(&path).cloned();
    assert_eq!(at("member".into()), Some(blocks([])));
    assert_eq!(at(Path::from("rule").index(0).attribute("handle")), Some(Value::Null));
    assert_eq!(at(Path::from("rule").index(1).attribute("port")), Some(80.into()));
    assert_eq!(at(Path::from("network").attribute("bridge")), Some("vmbr0".into()));
    let plan = core.plan(CLUSTER, Some(&state), &config).await.expect_value();
    assert!(plan.replace.is_empty());
}

/// A state of before there were these blocks has none of them.
#[tokio::test]
async fn a_stored_state_without_the_blocks_is_read() {
    let core = Core::new::<Sample>().await.expect_value();
    let state = core.upgrade(CLUSTER, 0, r#"{"id": 1, "name": "a"}"#).await.expect_value();
    assert_eq!(state.get("rule"), &blocks([]));
    assert_eq!(state.get("node"), &Value::map::<String>([]));
    assert_eq!(state.get("network"), &Value::Null);
    assert!(state.at(&Path::from("limits").attribute("hours")).is_some());
}

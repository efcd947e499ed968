//! Everything that the real provider has, judged as far as there is no server: states, imports, generated
//! configurations, forms of values, functions. What takes a server is applied by the acceptance tests.

use std::collections::BTreeMap;
use std::path::Path;

use conformance::{Block, Core, ImportBy, Nesting, Outcome, Schema, State, configurations};
use onprem_provider::OnPrem;
use tf_provider::cty::{Type, Value};

/// The real provider, of whose systems nothing is known yet: there is nobody to ask.
async fn core() -> Core {
    let core = Core::new::<OnPrem>().await.expect_value();
    core.configure_unknown().await.expect_value();
    core
}

/// The value of an operation that may have ended with messages, and broke no rule.
#[track_caller]
fn lawful<T>(what: &str, outcome: Outcome<T>) -> Option<T> {
    let bug = outcome.messages.iter().any(|m| m.summary.starts_with("Bug in the provider"));
    assert!(!bug && outcome.violations.is_empty(), "{what}\n{}", outcome.complaints());
    outcome.value
}

#[tokio::test]
async fn no_block_of_which_nothing_is_known_is_a_mistake() {
    let core = Core::new::<OnPrem>().await.expect_value();
    for (name, _) in core.resource_schemas() {
        core.tolerates(name).await.expect_value();
    }
    for (name, schema) in core.data_source_schemas() {
        core.validate_data(name, &unknown(&schema.block)).await.expect_value();
    }
    for (name, schema) in core.list_schemas() {
        core.validate_list(name, &unknown(&schema.block)).await.expect_value();
    }
    for (name, schema) in core.action_schemas() {
        core.validate_action(name, &unknown(&schema.block)).await.expect_value();
    }
    for (name, schema) in core.ephemeral_schemas() {
        core.validate_ephemeral(name, &unknown(&schema.block)).await.expect_value();
    }
    core.configure_unknown().await.expect_value();
    for (name, schema) in core.action_schemas() {
        lawful(name, core.plan_action(name, &unknown(&schema.block)).await);
    }
    core.cold(tf_provider::testing::service::<OnPrem>()).await.expect_value();
}

fn unknown(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let open = attribute.required || attribute.optional;
        (name.clone(), if open { Value::unknown() } else { Value::Null })
    });
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let value = match nested.nesting {
            Nesting::Single => Value::Null,
            Nesting::Group => unknown(&nested.block),
            _ => Value::unknown(),
        };
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks))
}

#[tokio::test]
async fn every_form_of_a_configuration_is_read_alike() {
    let core = core().await;
    for (name, schema) in core.resource_schemas() {
        // All attributes at once, in every other round.
        for config in configurations(&schema.block).iter().take(24).step_by(2) {
            let outcome = core.accepts(name, config).await;
            assert!(outcome.is_sound(), "{name}\n{}\n{config:?}", outcome.complaints());
        }
    }
}

/// Objects of a resource, each as a create might have left it, and its configuration.
async fn objects(core: &Core, name: &str, schema: &Schema) -> Vec<(State, Value)> {
    let mut objects = vec![];
    for config in configurations(&schema.block).iter().step_by(5) {
        if core.plan(name, None, config).await.value.is_none() {
            continue;
        }
        let Some(config) = known(core, name, schema, config).await else { continue };
        let Some(plan) = core.plan(name, None, &config).await.value else { continue };
        for text in ["a", "local:iso/a.iso"] {
            let attributes = schema.block.attributes.iter().map(|(name, attribute)| {
                let (value, ty) = (plan.get(name), attribute.kind.ty());
                // What a server might choose is not there, as after an import.
                let text = (!attribute.optional && ty == Type::String).then_some(text);
                (name.clone(), settled(value, &ty, text))
            });
            let json = Value::object(attributes).to_json(&schema.ty()).unwrap();
            let what = format!("{name}: {json}");
            let state = lawful(&what, core.upgrade(name, schema.version, &json).await);
            objects.extend(state.map(|state| (state, config.clone())));
        }
        if objects.len() == OBJECTS {
            break;
        }
    }
    objects
}

/// As many as show whatever there is to see.
const OBJECTS: usize = 6;

/// The configuration with something valid in place of whatever is unknown in it.
async fn known(core: &Core, name: &str, schema: &Schema, config: &Value) -> Option<Value> {
    let Value::Object(mut parts) = config.clone() else { return None };
    for (part, attribute) in &schema.block.attributes {
        if parts[part].is_wholly_known() {
            continue;
        }
        let (unknown, ty) = (parts[part].clone(), attribute.kind.ty());
        let texts = TEXTS.map(Some).into_iter().chain([None]);
        let values = texts.map(|text| settled(&unknown, &ty, text)).chain([Value::Null]);
        let mut found = false;
        for value in values {
            parts.insert(part.clone(), value);
            found = core.validate(name, &Value::Object(parts.clone())).await.errors().is_empty();
            if found {
                break;
            }
        }
        if !found {
            return None;
        }
    }
    Some(Value::Object(parts))
}

/// Text of which something takes at least one.
const TEXTS: [&str; 19] = [
    "group",
    "cluster",
    "virtualization.virtualmachine",
    "a",
    "10.0.0.5/24",
    "10.0.0.1/24",
    "10.0.0.0/8",
    "02:00:00:00:00:01",
    "local:iso/a.iso",
    "pve1",
    "text",
    "active",
    "5m",
    "tcp",
    "in",
    "ACCEPT",
    "iso",
    "a.iso",
    "https://a.example/a.iso",
];

/// The value with something in place of whatever is unknown; text only where there is some.
fn settled(value: &Value, ty: &Type, text: Option<&str>) -> Value {
    match (value, ty) {
        (Value::Unknown(known), Type::String) => {
            known.prefix.as_deref().or(text).map(str::to_owned).into()
        }
        (Value::Unknown(_), Type::Number) => 100.into(),
        (Value::Unknown(_), Type::Bool) => true.into(),
        (Value::Unknown(_), Type::List(_)) if text.is_none() => Value::List(vec![]),
        (Value::Unknown(_), Type::Set(_)) if text.is_none() => Value::set(vec![]),
        // What takes some seldom takes none.
        (Value::Unknown(_), Type::List(ty)) => Value::List(vec![settled(value, ty, text)]),
        (Value::Unknown(_), Type::Set(ty)) => Value::set(vec![settled(value, ty, text)]),
        (Value::Unknown(_), Type::Map(_)) => Value::map::<String>([]),
        (Value::Unknown(_), Type::Object(types)) if text.is_some() => Value::object(
            types.iter().map(|(name, ty)| (name.clone(), settled(&Value::unknown(), ty, text))),
        ),
        (Value::Object(parts), Type::Object(types)) => Value::object(
            parts.iter().map(|(name, value)| (name.clone(), settled(value, &types[name], text))),
        ),
        (Value::Map(parts), Type::Map(ty)) => {
            Value::map(parts.iter().map(|(key, value)| (key.clone(), settled(value, ty, text))))
        }
        (Value::List(all), Type::List(ty)) => {
            Value::List(all.iter().map(|value| settled(value, ty, text)).collect())
        }
        (Value::Set(all), Type::Set(ty)) => {
            Value::set(all.iter().map(|value| settled(value, ty, text)).collect())
        }
        (Value::Dynamic(own, value), _) => {
            Value::Dynamic(own.clone(), Box::new(settled(value, own, text)))
        }
        (Value::Unknown(_), _) => Value::Null,
        (other, _) => other.clone(),
    }
}

#[tokio::test]
async fn every_state_is_upgraded_planned_and_destroyed_by_the_rules() {
    let core = core().await;
    let mut idle = vec![];
    for (name, schema) in core.resource_schemas() {
        let (mut updated, mut identified, mut generated) = (0, 0, 0);
        let objects = objects(&core, name, schema).await;
        for (at, (state, config)) in objects.iter().enumerate() {
            let what = format!("{name}: {:?}", state.value);
            // Nobody can be asked: what there is stays, whatever the message.
            let kept = lawful(&what, core.refresh(state).await);
            assert_eq!(kept.as_ref(), Some(state), "{name}");
            core.downgrade(state).await.expect_value();
            let (_, other) = &objects[(at + 1) % objects.len()];
            for config in [config, other] {
                let update = lawful(&what, core.plan(name, Some(state), config).await);
                updated += usize::from(update.is_some());
                identified += usize::from(update.is_some_and(|plan| plan.identity.is_some()));
            }
            let destroy = lawful(&what, core.plan_destroy(state).await);
            assert!(destroy.is_none_or(|plan| plan.planned.is_null()));
            generated +=
                usize::from(lawful(&what, core.generate(name, &state.value).await).is_some());
        }
        if updated == 0 || identified == 0 || generated == 0 {
            idle.push(format!(
                "{name}: {updated} updates, {identified} with an identity, {generated} \
                 configurations, of {} objects",
                objects.len()
            ));
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
}

#[tokio::test]
async fn every_identity_can_be_imported() {
    let core = core().await;
    for (name, schema) in core.resource_schemas() {
        let mut imported = 0;
        for (state, config) in objects(&core, name, schema).await {
            let update = core.plan(name, Some(&state), &config).await.value;
            let Some(identity) = update.and_then(|plan| plan.identity) else { continue };
            // It can be taken up; that there is nobody to read it from is another matter.
            lawful(name, core.import(name, &ImportBy::Identity(identity)).await);
            imported += 1;
        }
        assert!(imported > 0, "{name}: nothing could be imported");
    }
}

#[tokio::test]
async fn every_function_is_pure() {
    let core = Core::new::<OnPrem>().await.expect_value();
    for (name, function) in core.functions() {
        let mut called = 0;
        for text in ["a", "1.2.3", "web-1", "10.0.0.5/24", ""] {
            for number in [0, 1, 100, 9000] {
                let parameters = function.parameters.iter().chain(&function.variadic);
                let arguments: Vec<Value> =
                    parameters.map(|one| argument(&one.ty, text, number)).collect();
                let result = core.call(name, &arguments).await.expect_value();
                called += usize::from(result.is_ok());
            }
        }
        assert!(called > 0, "{name} refuses everything");
    }
}

fn argument(ty: &Type, text: &str, number: i64) -> Value {
    match ty {
        Type::Number => number.into(),
        Type::Object(types) => Value::object(types.iter().map(|(name, ty)| {
            let number = if name == "max" { number + 100 } else { number };
            (name.clone(), argument(ty, text, number))
        })),
        Type::List(ty) => {
            Value::List(vec![argument(ty, text, number), argument(ty, text, number + 100)])
        }
        Type::Tuple(types) => {
            Value::Tuple(types.iter().map(|ty| argument(ty, text, number)).collect())
        }
        other => settled(&Value::unknown(), other, Some(text)),
    }
}

/// What takes a server is applied there, changed, imported and destroyed, beside the lab.
#[test]
fn every_resource_is_applied_in_the_acceptance_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../acceptance/tests/acceptance");
    let sources: BTreeMap<_, _> = std::fs::read_dir(tests)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let core = runtime.block_on(async { Core::new::<OnPrem>().await.expect_value() });
    let mut idle = vec![];
    for (name, _) in core.resource_schemas() {
        let kind = name.splitn(3, '_').nth(2).unwrap();
        // Where tests share their course, the type is put together of its system and its kind.
        let mentions = [format!("\"{name}\""), format!("{name}."), format!("\"{kind}\"")];
        let mut sources = sources.values();
        if !sources.any(|source| mentions.iter().any(|mention| source.contains(mention))) {
            idle.push(name);
        }
    }
    assert!(idle.is_empty(), "no acceptance test applies {idle:?}");
}

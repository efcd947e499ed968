//! The sample with one value of an object changed, at every place of it and in every way, and what the harness says of
//! each. An object is called after its stage and its change, `plan-7`, so that one command meets them all.

use std::sync::OnceLock;

use conformance::{Core, State};
use serde_json::{Value as Json, json};
use tf_provider::cty::{Named, Path, Type, Value};
use tf_provider_protocol::proto::DynamicValue;
use tonic::Status;

use super::tampered::{Answer, Tampered};
use crate::sample::{SERVER, Sample, World, object};

static TYPE: OnceLock<Type> = OnceLock::new();

/// Remembers of what type the objects are.
pub(super) async fn remember_type() {
    let core = Core::new::<Sample>().await.expect_value();
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    TYPE.get_or_init(|| schema.ty());
}

/// Changes what the name of the object says.
pub(super) fn tamper(answer: &mut Answer<'_>, _: usize) -> Option<Status> {
    let (stages, state) = match answer {
        Answer::Plan(answer) => (["plan", "update"], &mut answer.planned_state),
        Answer::Apply(answer) => (["apply", "apply"], &mut answer.new_state),
        Answer::Read(answer) => (["read", "read"], &mut answer.new_state),
        _ => return None,
    };
    let ty = TYPE.get()?;
    let object = DynamicValue::decode_field(state.as_ref(), ty).unwrap();
    let (stage, number) = object.get(&"name".into())?.as_str()?.split_once('-')?;
    // An update begins with a create.
    let early = stage == "update" && object.get(&"memory".into()) != Some(&UPDATED.into());
    if stages.contains(&stage) && !early {
        let (_, changed) =
            changes(&object, ty, &Path::root()).into_iter().nth(number.parse().ok()?)?;
        *state = Some(DynamicValue::encode_value(&changed, ty).unwrap());
    }
    None
}

/// The configuration that all objects have, and each change with the rules that the harness sees broken.
pub(crate) async fn judged() -> Json {
    remember_type().await;
    let service = Tampered::new(tf_provider::testing::service::<Sample>(), tamper);
    let core = Core::load(service).await.expect_value();
    let world = World::create();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    let mut probes = vec![];
    for stage in ["plan", "apply", "read", "update"] {
        let honest = format!("{stage}-none");
        let created = create(&core, &honest).await;
        let subject = match stage {
            "plan" => core.plan(SERVER, None, &config(&honest, 64)).await.expect_value().planned,
            "update" => {
                let config = config(&honest, UPDATED);
                core.plan(SERVER, Some(&created), &config).await.expect_value().planned
            }
            _ => created.value,
        };
        for (number, (place, _)) in
            changes(&subject, TYPE.get().unwrap(), &Path::root()).into_iter().enumerate()
        {
            let name = format!("{stage}-{number}");
            let violations = match stage {
                "plan" => core.plan(SERVER, None, &config(&name, 64)).await.violations,
                "apply" => {
                    let plan = core.plan(SERVER, None, &config(&name, 64)).await.expect_value();
                    core.apply(&plan).await.violations
                }
                "read" => core.refresh(&create(&core, &name).await).await.violations,
                _ => {
                    let created = create(&core, &name).await;
                    core.plan(SERVER, Some(&created), &config(&name, UPDATED)).await.violations
                }
            };
            let broken: Vec<_> = violations.iter().map(ToString::to_string).collect();
            probes.push(json!({ "name": name, "place": place, "broken": broken }));
        }
    }
    json!({ "configuration": configuration("", 64), "updated": UPDATED, "probes": probes })
}

async fn create(core: &Core, name: &str) -> State {
    let plan = core.plan(SERVER, None, &config(name, 64)).await.expect_value();
    core.apply(&plan).await.expect_value()
}

/// The memory after an update.
const UPDATED: i64 = 65;

fn config(name: &str, memory: i64) -> Value {
    let text = configuration(name, memory).to_string();
    Value::from_json_lenient(text.as_bytes(), TYPE.get().unwrap()).unwrap()
}

fn configuration(name: &str, memory: i64) -> Json {
    json!({
        "name": name,
        "zone": "north",
        "image": "debian",
        "memory": memory,
        "password": "pa55",
        "tags": ["blue", "green"],
        "dns": ["10.0.0.1", "10.0.0.2"],
        "aliases": { "www": "Web" },
        "disks": { "scsi0": { "size": 8 }, "scsi1": { "size": 9, "cache": "none" } },
        "peers": [{ "name": "app", "port": 1 }, { "name": "db", "port": 2 }],
        "rules": [{ "port": 80 }, { "port": 81, "remark": "plain" }],
        "cpu": { "sockets": 2 },
        "agent": { "enabled": true, "secret": "hush" },
        "note": "mine",
    })
}

/// A value with each of its parts changed in each way, and where and how.
fn changes(value: &Value, ty: &Type, path: &Path) -> Vec<(String, Value)> {
    let mut changes = vec![];
    let mut here = |how: &str, changed: Value| {
        if changed != *value {
            changes.push((format!("{path}: {how}"), changed));
        }
    };
    here("null", Value::Null);
    // Nobody would find the object again.
    if !path.is_root() {
        here("unknown", Value::unknown());
        here("another", another(value, ty));
    }
    match value {
        Value::List(all) | Value::Set(all) => {
            here("one more", rebuilt(value, [all.clone(), all[..1].to_vec()].concat()));
            here("one less", rebuilt(value, all[1..].to_vec()));
            here("turned", rebuilt(value, all.iter().rev().cloned().collect()));
        }
        Value::Map(all) => {
            let (key, element) = all.iter().next().unwrap();
            let mut more = all.clone();
            more.insert("zzz".to_owned(), element.clone());
            here("one more", Value::Map(more));
            let mut less = all.clone();
            less.remove(key);
            here("one less", Value::Map(less));
        }
        _ => {}
    }
    changes.extend(inner_changes(value, ty, path));
    changes
}

fn inner_changes(value: &Value, ty: &Type, path: &Path) -> Vec<(String, Value)> {
    let mut found = vec![];
    match (value, ty) {
        (Value::Object(all), Type::Object(types)) => {
            for (name, part) in all {
                let path = path.clone().attribute(name);
                let changed = changes(part, &types[name], &path).into_iter();
                found.extend(
                    changed.map(|(place, part)| (place, Value::Object(with(all, name, part)))),
                );
            }
        }
        (Value::Map(all), Type::Map(element)) => {
            for (key, part) in all {
                let changed = changes(part, element, &path.clone().key(key)).into_iter();
                found
                    .extend(changed.map(|(place, part)| (place, Value::Map(with(all, key, part)))));
            }
        }
        (Value::List(all) | Value::Set(all), Type::List(element) | Type::Set(element)) => {
            for (at, part) in all.iter().enumerate() {
                let path = path.clone().index(i64::try_from(at).unwrap());
                for (place, part) in changes(part, element, &path) {
                    let mut all = all.clone();
                    all[at] = part;
                    found.push((place, rebuilt(value, all)));
                }
            }
        }
        _ => {}
    }
    found
}

fn with(all: &Named<Value>, name: &str, part: Value) -> Named<Value> {
    let mut all = all.clone();
    all.insert(name.to_owned(), part);
    all
}

/// A list or set of other elements.
fn rebuilt(like: &Value, elements: Vec<Value>) -> Value {
    if matches!(like, Value::Set(_)) { Value::set(elements) } else { Value::List(elements) }
}

/// Another value of a type.
fn another(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Bool(it), _) => Value::Bool(!it),
        (_, Type::Bool) => Value::Bool(true),
        // Never the same, or the changes after it would be numbered otherwise.
        (_, Type::Number) => if *value == 7.into() { 8 } else { 7 }.into(),
        (_, Type::String) => "other".into(),
        (_, Type::Dynamic) => Value::Dynamic(Box::new(Type::String), Box::new("other".into())),
        (_, Type::List(_)) => Value::List(vec![]),
        (_, Type::Set(_)) => Value::set(vec![]),
        (_, Type::Map(_)) => Value::Map(Named::default()),
        (_, Type::Object(types)) => {
            Value::object(types.keys().map(|name| (name.clone(), Value::Null)))
        }
        (_, Type::Tuple(types)) => Value::Tuple(vec![Value::Null; types.len()]),
    }
}

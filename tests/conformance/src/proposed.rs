//! The merge of prior state and configuration that core sends as proposed new state.

use std::collections::BTreeMap;

use tf_provider::cty::{Named, Value};

use crate::schema::{Attribute, Block, Kind, Nesting};

type Attributes = BTreeMap<String, Attribute>;

/// The configuration, with what the provider computed before where the configuration says nothing.
pub(crate) fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.as_object().is_none() {
        return config.clone();
    }
    let mut object = attributes(&block.attributes, prior, config);
    for (name, nested) in &block.blocks {
        let merge = |prior: &Value, config: &Value| proposed_new(&nested.block, prior, config);
        let (prior, config) = (part(prior, name), part(config, name));
        if nested.computed && *config == crate::client::none(nested) && !prior.is_null() {
            object.insert(name.clone(), prior.clone());
            continue;
        }
        object.insert(name.clone(), merged(nested.nesting, prior, config, &merge));
    }
    Value::Object(object)
}

fn attributes(of: &Attributes, prior: &Value, config: &Value) -> Named<Value> {
    let merge = |(name, attribute): (&String, &Attribute)| {
        (name.clone(), value(attribute, part(prior, name), part(config, name)))
    };
    of.iter().map(merge).collect()
}

fn value(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    match &attribute.kind {
        // What only a configuration can have put there shows that the configuration had it then.
        Kind::Nested(_, nested)
            if attribute.computed
                && config.is_null()
                && attribute.optional
                && configured(nested, prior) =>
        {
            Value::Null
        }
        _ if attribute.computed && config.is_null() => prior.clone(),
        Kind::Nested(nesting, nested) => {
            let merge =
                |prior: &Value, config: &Value| Value::Object(attributes(nested, prior, config));
            merged(*nesting, prior, config, &merge)
        }
        Kind::Plain(_) => config.clone(),
    }
}

fn merged(
    nesting: Nesting,
    prior: &Value,
    config: &Value,
    merge: &dyn Fn(&Value, &Value) -> Value,
) -> Value {
    let element = |prior: Option<&Value>, config: &Value| match config {
        Value::Object(_) => merge(prior.unwrap_or(&Value::Null), config),
        other => other.clone(),
    };
    match (nesting, config) {
        (Nesting::Single | Nesting::Group, config) => element(Some(prior), config),
        (Nesting::List, Value::List(elements)) => {
            let before = prior.as_list().unwrap_or_default();
            let merged = elements.iter().enumerate().map(|(i, e)| element(before.get(i), e));
            Value::List(merged.collect())
        }
        (Nesting::Map, Value::Map(elements)) => {
            let before = prior.as_map();
            let merged = elements.iter().map(|(key, e)| {
                (key.clone(), element(before.and_then(|before| before.get(key)), e))
            });
            Value::Map(merged.collect())
        }
        (Nesting::Set, Value::Set(elements)) => {
            let mut before: Vec<&Value> = prior.as_list().unwrap_or_default().iter().collect();
            let merged = elements.iter().map(|config| {
                // An element has no key: the one that it came from is the one that it agrees with.
                let found = before.iter().position(|prior| agrees(prior, config));
                element(found.map(|at| before.swap_remove(at)), config)
            });
            Value::set(merged.collect())
        }
        (_, other) => other.clone(),
    }
}

/// Whether everything that `config` says is so in `prior`.
fn agrees(prior: &Value, config: &Value) -> bool {
    match (prior, config) {
        (_, Value::Null) => true,
        (Value::Object(prior), Value::Object(config)) => config
            .iter()
            .all(|(name, config)| prior.get(name).is_some_and(|prior| agrees(prior, config))),
        (prior, config) => prior == config,
    }
}

/// Whether a value has a part that no provider computes.
fn configured(nested: &Attributes, value: &Value) -> bool {
    match value {
        Value::Object(object) => nested.iter().any(|(name, attribute)| {
            let value = object.get(name).unwrap_or(&Value::Null);
            match &attribute.kind {
                _ if value.is_null() => false,
                _ if !attribute.computed => true,
                Kind::Nested(_, nested) => configured(nested, value),
                Kind::Plain(_) => false,
            }
        }),
        Value::List(elements) | Value::Set(elements) => {
            elements.iter().any(|element| configured(nested, element))
        }
        Value::Map(elements) => elements.values().any(|element| configured(nested, element)),
        _ => false,
    }
}

/// The attribute or block `name` of an object; null where there is none.
pub(crate) fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.as_object().and_then(|object| object.get(name)).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use tf_provider::cty::Type;

    use super::*;

    fn attribute(kind: Kind, optional: bool, computed: bool) -> Attribute {
        Attribute {
            description: String::new(),
            kind,
            required: !optional && !computed,
            optional,
            computed,
            sensitive: false,
            write_only: false,
            deprecated: false,
        }
    }

    fn text(optional: bool, computed: bool) -> Attribute {
        attribute(Kind::Plain(Type::String), optional, computed)
    }

    /// An element with a name, a setting and something computed.
    fn element() -> Attributes {
        BTreeMap::from([
            ("id".to_owned(), text(false, true)),
            ("mode".to_owned(), text(true, true)),
            ("name".to_owned(), text(false, false)),
        ])
    }

    fn block(kind: Kind, computed: bool) -> Block {
        let attributes = [
            ("id".to_owned(), text(false, true)),
            ("note".to_owned(), text(true, false)),
            ("parts".to_owned(), attribute(kind, true, computed)),
        ];
        Block { attributes: attributes.into(), blocks: BTreeMap::new() }
    }

    fn part_of(id: &str, mode: &str, name: &str) -> Value {
        let known = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        Value::object([("id", known(id)), ("mode", known(mode)), ("name", name.into())])
    }

    fn whole(id: &str, note: Value, parts: Value) -> Value {
        Value::object([("id", id.into()), ("note", note), ("parts", parts)])
    }

    fn merged(nesting: Nesting, prior: Value, config: Value) -> Value {
        let block = block(Kind::Nested(nesting, element()), false);
        let prior = whole("7", "old".into(), prior);
        let Value::Object(mut config) = whole("", Value::Null, config) else { panic!() };
        config.insert("id".to_owned(), Value::Null);
        let Value::Object(mut merged) = proposed_new(&block, &prior, &Value::Object(config)) else {
            panic!()
        };
        assert_eq!(merged["id"], "7".into(), "what is computed is as it was");
        assert_eq!(merged["note"], Value::Null, "what is not is as configured");
        merged.remove("parts").unwrap()
    }

    #[test]
    fn elements_keep_what_was_computed_for_them() {
        let (a, b) = (part_of("1", "rw", "a"), part_of("2", "ro", "b"));
        let bare = |name: &str| part_of("", "", name);
        assert_eq!(merged(Nesting::Single, a.clone(), bare("z")), part_of("1", "rw", "z"));
        let list = |all: &[Value]| Value::List(all.to_vec());
        assert_eq!(
            merged(Nesting::List, list(&[a.clone(), b.clone()]), list(&[bare("b")])),
            list(&[part_of("1", "rw", "b")]),
            "in a list by position"
        );
        assert_eq!(
            merged(
                Nesting::Map,
                Value::map([("x", a.clone()), ("y", b.clone())]),
                Value::map([("y", bare("b")), ("z", bare("c"))]),
            ),
            Value::map([("y", b.clone()), ("z", bare("c"))]),
            "in a map by key"
        );
        assert_eq!(
            merged(Nesting::Set, Value::set(vec![a, b.clone()]), Value::set(vec![bare("b")])),
            Value::set(vec![b]),
            "in a set by what the configuration says"
        );
    }

    #[test]
    fn what_has_left_the_configuration_is_not_computed() {
        let parts = Kind::Nested(Nesting::List, element());
        let block = block(parts, true);
        let config = whole("", Value::Null, Value::Null);
        let named = whole("7", Value::Null, Value::List(vec![part_of("1", "rw", "a")]));
        let proposed = proposed_new(&block, &named, &config);
        assert!(part(&proposed, "parts").is_null(), "only a configuration gives it a name");
        let prior = whole("7", Value::Null, Value::List(vec![]));
        let proposed = proposed_new(&block, &prior, &config);
        assert_eq!(part(&proposed, "parts"), &Value::List(vec![]));
        assert!(proposed_new(&block, &prior, &Value::Null).is_null(), "a destroy proposes nothing");
    }
}

//! Bodies of writes: every known field is read and checked, unknown ones are dropped without a word.

mod values;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::custom_fields;
use super::rules::{ALL, Errors, error};
use super::store::{Object, Store};
use super::types::{self, Field, Kind, Type, Unique};
use values::read;

/// What a body is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Create,
    /// Changes what is given.
    Patch,
    /// Wants every required field.
    Put,
}

/// Reads a body into a new object or over a stored one, and checks every rule.
pub(super) fn decode(
    store: &Store,
    kind: &'static Type,
    body: &Value,
    old: Option<&Object>,
    mode: Mode,
    unchecked: bool,
) -> Result<Object, Errors> {
    let Value::Object(body) = body else {
        let key = if store.minor >= 7 { ALL } else { "non_field_errors" };
        let text = format!("Invalid data. Expected a dictionary, but got {}.", class(body));
        return Err(error(key, text));
    };
    let mut object = old.cloned().unwrap_or_else(|| Object {
        id: 0,
        created: String::new(),
        updated: String::new(),
        values: kind.fields().map(|field| (field.name, field.default())).collect(),
    });
    let mut errors = Errors::new();
    for field in kind.fields_of(store.minor).filter(|field| field.writable()) {
        if field.name == "mac_address" && is_read_only_mac(store, kind) {
            continue;
        }
        let read = match (body.get(field.name), field.kind) {
            (given, Kind::Tags) => tags(store, given, body, old, mode),
            (Some(given), Kind::CustomFields) => {
                custom_fields::read(store, kind, given, old).map(Some)
            }
            (Some(given), _) => read(store, field, given).map(Some),
            (None, _) if field.required && mode != Mode::Patch => {
                Err(json!(["This field is required."]))
            }
            (None, _) if field.put_clears && mode == Mode::Put => Ok(Some(Value::Null)),
            (None, _) => Ok(None),
        };
        match read {
            Ok(Some(value)) => {
                object.values.insert(field.name, value);
            }
            Ok(None) => {}
            Err(messages) if field.kind_is_tags() => {
                errors.extend(messages.as_object().cloned().unwrap_or_default());
            }
            Err(messages) => {
                errors.insert(field.name.to_owned(), messages);
            }
        }
    }
    ports(store, kind, body, &mut object, &mut errors);
    for rule in kind.unique.iter().filter(|rule| rule.text.is_empty()) {
        let [field] = rule.fields else { continue };
        if !errors.contains_key(*field) && taken(store, kind, &object, rule) {
            let shown = if *field == "rd" {
                "route distinguisher".to_owned()
            } else {
                field.replace('_', " ")
            };
            let text = format!("{} with this {shown} already exists.", kind.name);
            errors.extend(error(field, text));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if mode == Mode::Create && kind.field("custom_fields", store.minor).is_some() {
        custom_fields::fill(store, kind, &mut object);
    }
    generic(store, kind, &object)?;
    let mut checks = custom_fields::check(store, kind, &object);
    if let Some(clean) = kind.clean.filter(|_| checks.is_empty() && !unchecked) {
        checks = clean(store, &object, old);
    }
    let broken = kind.unique.iter().filter(|rule| !rule.text.is_empty());
    let broken: Vec<Value> = broken
        .filter(|rule| taken(store, kind, &object, rule))
        .map(|rule| rule.text.into())
        .collect();
    if checks.is_empty() && !broken.is_empty() {
        checks.insert(ALL.to_owned(), broken.into());
    }
    if checks.is_empty() { Ok(object) } else { Err(checks) }
}

/// Between 4.2 and 4.6 an interface shows its MAC address, which is an object of its own.
fn is_read_only_mac(store: &Store, kind: &'static Type) -> bool {
    store.minor < 7 && kind.field("primary_mac_address", store.minor).is_some()
}

impl Field {
    fn kind_is_tags(&self) -> bool {
        matches!(self.kind, Kind::Tags)
    }
}
/// Number of an object that is named by number or by its attributes.
pub(super) fn reference(store: &Store, model: &str, given: &Value) -> Result<u64, String> {
    let id = match given {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Object(attributes) => {
            let found = by_attributes(store, model, attributes)?;
            return match found[..] {
                [id] => Ok(id),
                [] => {
                    let text = "Related object not found using the provided attributes";
                    Err(format!("{text}: {}", python(given)))
                }
                _ => {
                    let text = "Multiple objects match the provided attributes";
                    Err(format!("{text}: {}", python(given)))
                }
            };
        }
        _ => None,
    };
    let Some(id) = id else {
        let shown = match given {
            Value::String(text) => text.clone(),
            other => python(other),
        };
        let text = "Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized value";
        return Err(format!("{text}: {shown}"));
    };
    match store.get(model, id) {
        Some(_) => Ok(id),
        None => Err(format!("Related object not found using the provided numeric ID: {id}")),
    }
}

fn by_attributes(
    store: &Store,
    model: &str,
    attributes: &Map<String, Value>,
) -> Result<Vec<u64>, String> {
    let Some(kind) = types::of(model) else { return Ok(Vec::new()) };
    for name in attributes.keys() {
        let plain = name.strip_suffix("_id").unwrap_or(name);
        if name != "id" && kind.field(plain, store.minor).is_none() {
            return Err(format!("Cannot resolve keyword '{name}' into field."));
        }
    }
    let matches = |object: &&Arc<Object>| {
        attributes.iter().all(|(name, wanted)| {
            let stored = match name.as_str() {
                "id" => return wanted.as_u64() == Some(object.id),
                name => object.get(name.strip_suffix("_id").unwrap_or(name)),
            };
            let related = kind.field(name, store.minor).map(|field| field.kind);
            match (wanted, related) {
                (Value::Object(_), Some(Kind::Foreign { model, .. })) => {
                    reference(store, model, wanted).ok() == stored.as_u64()
                }
                (Value::String(text), _) if stored.is_number() => {
                    text.parse::<u64>().ok() == stored.as_u64()
                }
                _ => wanted == stored,
            }
        })
    };
    Ok(store.all(kind).filter(matches).map(|object| object.id).collect())
}

/// `tags` replaces all; from 4.6 on `add_tags` and `remove_tags` change some.
fn tags(
    store: &Store,
    given: Option<&Value>,
    body: &Map<String, Value>,
    old: Option<&Object>,
    mode: Mode,
) -> Result<Option<Value>, Value> {
    let read = |name: &str, given: &Value| {
        let ids: Result<Vec<u64>, Value> = match given {
            Value::Null => Err(json!(["This field may not be null."])),
            Value::Array(given) => {
                let ids = given.iter().map(|one| reference(store, "extras.tag", one));
                ids.collect::<Result<_, _>>().map_err(|text| json!([text]))
            }
            other => {
                let key = if store.minor >= 7 { ALL } else { "non_field_errors" };
                let text = format!("Expected a list of items but got type \"{}\".", class(other));
                Err(json!({ key: [text] }))
            }
        };
        ids.map_err(|messages| json!({ name: messages }))
    };
    let by_part = |name: &str| body.get(name).filter(|_| store.minor >= 6);
    let (add, remove) = (by_part("add_tags"), by_part("remove_tags"));
    if given.is_some() && (add.is_some() || remove.is_some()) {
        let text = "Cannot specify \"tags\" together with \"add_tags\" or \"remove_tags\".";
        return Err(json!({ "tags": [text] }));
    }
    if mode == Mode::Create && remove.is_some() {
        let text = "Cannot use \"remove_tags\" when creating a new object.";
        return Err(json!({ "remove_tags": [text] }));
    }
    let mut ids: Vec<u64> = match given {
        Some(given) => read("tags", given)?,
        None => old.into_iter().flat_map(|old| old.ids("tags")).collect(),
    };
    ids.extend(add.map(|given| read("add_tags", given)).transpose()?.unwrap_or_default());
    let gone = remove.map(|given| read("remove_tags", given)).transpose()?.unwrap_or_default();
    ids.retain(|id| !gone.contains(id));
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(json!(ids)))
}

/// A service has its ports in two spellings from 4.7 on; either sets both.
fn ports(
    store: &Store,
    kind: &'static Type,
    body: &Map<String, Value>,
    object: &mut Object,
    errors: &mut Errors,
) {
    if kind.model != "ipam.service" || store.minor < 7 {
        return;
    }
    if let Some(Value::Array(mappings)) = body.get("port_mappings") {
        let mut protocols = Vec::new();
        let mut ports = Vec::new();
        for mapping in mappings {
            let text = mapping.as_str().unwrap_or_default();
            let (protocol, port) = text.split_once('/').unwrap_or((text, ""));
            if !["tcp", "udp", "sctp"].contains(&protocol) {
                errors.extend(error("port_mappings", format!("Invalid protocol: {protocol}")));
                return;
            }
            protocols.push(protocol);
            ports.push(Value::from(port.parse::<u64>().unwrap_or_default()));
        }
        let protocol = protocols.first().copied().unwrap_or_default();
        object.values.insert("protocol", protocol.into());
        object.values.insert("ports", ports.into());
    } else if body.contains_key("protocol") || body.contains_key("ports") {
        let mappings = types::port_mappings(object.text("protocol"), object.get("ports"));
        object.values.insert("port_mappings", mappings);
    }
}

/// A generic reference is whole and points to something.
fn generic(store: &Store, kind: &'static Type, object: &Object) -> Result<(), Errors> {
    for field in kind.fields_of(store.minor) {
        let Kind::ObjectId { object_type, .. } = field.kind else { continue };
        let model = object.text(object_type);
        match object.number(field.name) {
            None if model.is_empty() => {}
            None if object_type == "scope_type" => {
                let (_, name) = model.split_once('.').unwrap_or(("", model));
                return Err(error(ALL, format!("Please select a {name}.")));
            }
            None => return Err(error(field.name, "This field cannot be null.")),
            Some(_) if model.is_empty() => {
                return Err(error(object_type, "This field cannot be null."));
            }
            Some(id) if store.get(model, id).is_none() => {
                let text = format!("Related object not found using the provided value: {id}.");
                return Err(error(field.name, text));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether another object has the same values in the fields of a rule.
fn taken(store: &Store, kind: &'static Type, object: &Object, rule: &Unique) -> bool {
    let empty = |field: &str| object.get(field).is_null() || object.get(field) == "";
    if rule.void.iter().any(|field| empty(field)) {
        return false;
    }
    let mut others = store.all(kind).filter(|other| other.id != object.id);
    others.any(|other| rule.fields.iter().all(|field| other.get(field) == object.get(field)))
}

/// Python's name for the type of a value, as it stands in the server's texts.
pub(super) fn class(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// A value as Python prints it inside others; a text at the top stands without quotes.
pub(super) fn python(value: &Value) -> String {
    fn inner(value: &Value) -> String {
        match value {
            Value::Null => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::String(text) => format!("'{text}'"),
            Value::Number(number) => number.to_string(),
            Value::Array(values) => {
                format!("[{}]", values.iter().map(inner).collect::<Vec<_>>().join(", "))
            }
            Value::Object(values) => {
                let pairs =
                    values.iter().map(|(name, value)| format!("'{name}': {}", inner(value)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }
    match value {
        Value::String(text) => text.clone(),
        other => inner(other),
    }
}

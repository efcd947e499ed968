//! Custom fields: their values in objects, checked by their definitions.

use std::sync::Arc;

use regex_lite::Regex;
use serde_json::{Map, Value, json};

use super::decode::{self, python};
use super::render::View;
use super::rules::{ALL, Errors, error};
use super::store::{Object, Store};
use super::types::{self, Form, Type};

/// Definitions for one type of object.
pub(super) fn definitions<'a>(
    store: &'a Store,
    kind: &'static Type,
) -> impl Iterator<Item = &'a Arc<Object>> {
    store.of_model("extras.customfield").filter(|definition| {
        let types = definition.get("object_types").as_array().into_iter().flatten();
        types.into_iter().any(|name| name == kind.model)
    })
}

/// The values of an object, null for those that are not set.
pub(super) fn show(view: &View<'_>, kind: &'static Type, object: &Object) -> Value {
    let stored = object.get("custom_fields");
    let shown = definitions(view.store, kind).map(|definition| {
        let name = definition.text("name");
        (name.to_owned(), show_value(view, definition, &stored[name]))
    });
    shown.collect::<Map<_, _>>().into()
}

fn show_value(view: &View<'_>, definition: &Object, value: &Value) -> Value {
    let reference = |id: &Value| {
        let id = id.as_u64().unwrap_or_default();
        view.reference(definition.text("related_object_type"), id, Form::Brief)
    };
    let choice = |value: &Value| match view.store.minor {
        7.. => json!({ "value": value, "label": label(view.store, definition, value) }),
        _ => value.clone(),
    };
    match (definition.text("type"), value) {
        (_, Value::Null) => Value::Null,
        ("object", id) => reference(id),
        ("multiobject", Value::Array(ids)) => ids.iter().map(reference).collect(),
        ("select", value) => choice(value),
        ("multiselect", Value::Array(values)) => values.iter().map(choice).collect(),
        _ => value.clone(),
    }
}

/// Reads the values of a request and merges them into what is stored.
pub(super) fn read(
    store: &Store,
    kind: &'static Type,
    given: &Value,
    old: Option<&Object>,
) -> Result<Value, Value> {
    let Value::Object(given) = given else {
        let text = "Invalid data format. Custom field data must be passed as a dictionary mapping field names to their values.";
        return Err(match given {
            Value::Null => json!(["This field may not be null."]),
            _ => json!([text]),
        });
    };
    let known: Vec<_> = definitions(store, kind).collect();
    let unknown: Map<String, Value> = given
        .keys()
        .filter(|name| !known.iter().any(|definition| definition.text("name") == *name))
        .map(|name| {
            let text = format!("Custom field '{name}' does not exist for this object type.");
            (name.clone(), text.into())
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown.into());
    }
    let mut values = match old.map(|old| old.get("custom_fields")) {
        Some(Value::Object(values)) => values.clone(),
        _ => Map::new(),
    };
    for (name, value) in given {
        let definition = known.iter().find(|definition| definition.text("name") == name);
        let related = definition.map_or("", |definition| definition.text("related_object_type"));
        let read = match definition.map_or("", |definition| definition.text("type")) {
            "object" if !value.is_null() => {
                decode::reference(store, related, value).map_err(|text| json!([text]))?.into()
            }
            "multiobject" if value.is_array() => {
                let ids = value.as_array().into_iter().flatten();
                let ids = ids.map(|one| decode::reference(store, related, one));
                let ids: Result<Vec<u64>, String> = ids.collect();
                json!(ids.map_err(|text| json!([text]))?)
            }
            // From 4.7 on a URL without a scheme gets one.
            "url" if store.minor >= 7 => match value.as_str() {
                Some(text) if !text.is_empty() && !text.contains(':') => {
                    format!("https://{text}").into()
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        values.insert(name.clone(), read);
    }
    Ok(values.into())
}

/// Fills in what a new object has by default.
pub(super) fn fill(store: &Store, kind: &'static Type, object: &mut Object) {
    let mut values = object.get("custom_fields").as_object().cloned().unwrap_or_default();
    for definition in definitions(store, kind) {
        let name = definition.text("name");
        if !values.contains_key(name) {
            values.insert(name.to_owned(), definition.get("default").clone());
        }
    }
    object.values.insert("custom_fields", values.into());
}

/// Checks the values of an object.
pub(super) fn check(store: &Store, kind: &'static Type, object: &Object) -> Errors {
    let values = object.get("custom_fields");
    for definition in definitions(store, kind) {
        let name = definition.text("name");
        let value = &values[name];
        if let Err(text) = check_value(store, definition, value) {
            return error(ALL, format!("Invalid value for custom field '{name}': {text}"));
        }
        let twin = definition.flag("unique") && !value.is_null() && {
            let mut others = store.all(kind).filter(|other| other.id != object.id);
            others.any(|other| &other.get("custom_fields")[name] == value)
        };
        if twin {
            return error(ALL, format!("Custom field '{name}' must have a unique value."));
        }
    }
    Errors::new()
}

fn check_value(store: &Store, definition: &Object, value: &Value) -> Result<(), String> {
    if value.is_null() || value == "" {
        return match definition.flag("required") {
            true => Err("Required field cannot be empty.".to_owned()),
            false => Ok(()),
        };
    }
    let matches = |text: &str| match definition.text("validation_regex") {
        "" => Ok(()),
        // Python's match looks at the start alone.
        pattern => match Regex::new(&format!("^(?:{pattern})")) {
            Ok(regex) if regex.is_match(text) => Ok(()),
            _ => Err(format!("Value must match regex '{pattern}'")),
        },
    };
    let bounded = |number: f64| {
        let bound = |field: &str| definition.get(field).as_f64();
        if let Some(minimum) = bound("validation_minimum").filter(|minimum| number < *minimum) {
            return Err(format!("Value must be at least {minimum:.4}"));
        }
        match bound("validation_maximum").filter(|maximum| number > *maximum) {
            Some(maximum) => Err(format!("Value must not exceed {maximum:.4}")),
            None => Ok(()),
        }
    };
    let known = |value: &Value| choices(store, definition).iter().any(|(name, _)| name == value);
    let set = || {
        let set = definition.number("choice_set");
        let set = set.and_then(|id| store.get("extras.customfieldchoiceset", id));
        set.map_or_else(String::new, |set| set.text("name").to_owned())
    };
    match (definition.text("type"), value) {
        ("text" | "longtext" | "url", Value::String(text)) => matches(text),
        ("text" | "longtext" | "url", _) => Err("Value must be a string.".to_owned()),
        ("integer", Value::Number(number)) if !number.is_f64() => {
            bounded(number.as_f64().unwrap_or_default())
        }
        ("integer", _) => Err("Value must be an integer.".to_owned()),
        ("decimal", Value::Number(number)) => bounded(number.as_f64().unwrap_or_default()),
        ("decimal", Value::String(text)) => match text.parse::<f64>() {
            Ok(number) => bounded(number),
            Err(_) => Err("Value must be a decimal.".to_owned()),
        },
        ("boolean", Value::Bool(_)) => Ok(()),
        ("boolean", Value::Number(number)) if matches!(number.as_u64(), Some(0 | 1)) => Ok(()),
        ("boolean", _) => Err("Value must be true or false.".to_owned()),
        ("date", Value::String(text)) if is_date(text) => Ok(()),
        ("date", _) => Err("Date values must be in ISO 8601 format (YYYY-MM-DD).".to_owned()),
        ("datetime", Value::String(text)) if text.get(..10).is_some_and(is_date) => Ok(()),
        ("datetime", _) => {
            Err("Date and time values must be in ISO 8601 format (YYYY-MM-DD HH:MM:SS).".to_owned())
        }
        ("select", value) if !known(value) => {
            Err(format!("Invalid choice ({}) for choice set {}.", python(value), set()))
        }
        ("multiselect", Value::Array(values)) if values.iter().all(known) => Ok(()),
        ("multiselect", value) => {
            Err(format!("Invalid choice(s) ({}) for choice set {}.", python(value), set()))
        }
        _ => Ok(()),
    }
}

/// Rules of definitions themselves.
pub(super) fn clean_definition(_: &Store, new: &Object, old: Option<&Object>) -> Errors {
    let kind = new.text("type");
    if old.is_some_and(|old| old.text("type") != kind) {
        return error("type", "Changing the type of custom fields is not supported.");
    }
    let selects = matches!(kind, "select" | "multiselect");
    if selects && new.number("choice_set").is_none() {
        return error("choice_set", "Selection fields must specify a set of choices.");
    }
    if !selects && new.number("choice_set").is_some() {
        return error("choice_set", "Choices may be set only on selection fields.");
    }
    let relates = matches!(kind, "object" | "multiobject");
    let related = !new.text("related_object_type").is_empty();
    if relates && !related {
        return error("related_object_type", "Object fields must define an object type.");
    }
    if !relates && related {
        let text = format!("{kind} fields may not define an object type.");
        return error("related_object_type", text);
    }
    let plain =
        new.text("name").chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !plain {
        return error("name", "Only alphanumeric characters and underscores are allowed.");
    }
    Errors::new()
}

/// Gives existing objects the default of a new definition.
pub(super) fn populate(store: &mut Store, definition: &Object) {
    let name = definition.text("name").to_owned();
    let types = definition.get("object_types").as_array().cloned().unwrap_or_default();
    for kind in types.iter().filter_map(|model| types::of(model.as_str()?)) {
        let objects: Vec<Object> = store.all(kind).map(|object| (**object).clone()).collect();
        for mut object in objects {
            let mut values = object.get("custom_fields").as_object().cloned().unwrap_or_default();
            values.insert(name.clone(), definition.get("default").clone());
            object.values.insert("custom_fields", values.into());
            store.put(kind, object);
        }
    }
}

fn choices(store: &Store, definition: &Object) -> Vec<(Value, Value)> {
    let set = definition.number("choice_set");
    let set = set.and_then(|id| store.get("extras.customfieldchoiceset", id));
    let pairs = set.and_then(|set| set.get("extra_choices").as_array().cloned());
    let pairs = pairs.unwrap_or_default().into_iter();
    pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

fn label(store: &Store, definition: &Object, value: &Value) -> Value {
    let choices = choices(store, definition).into_iter();
    let mut found = choices.filter(|(name, _)| name == value);
    found.next().map_or_else(|| value.clone(), |(_, label)| label)
}

/// Whether a text is a date, `2026-01-31`.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |part: &str| part.parse::<u8>().unwrap_or_default();
    year.len() == 4
        && year.parse::<u16>().is_ok()
        && month.len() == 2
        && (1..=12).contains(&number(month))
        && day.len() == 2
        && (1..=31).contains(&number(day))
}

//! Checks values against their rules, with the server's own order and texts.

use std::collections::BTreeMap;

use regex_lite::Regex;

use super::formats::check_named;
use super::{Format, Method, Properties, Property, Schema, lookup};
use crate::proxmox::params::{Param, Params};

const UNKNOWN: &str =
    "property is not defined in schema and the schema does not allow additional properties";
const MISSING: &str = "property is missing and it is not optional";

/// Checks all parameters of a call; lists of list formats are joined on the way.
///
/// # Errors
/// The text for each refused parameter, by its name.
pub(crate) fn check(method: &Method, params: &mut Params) -> Result<(), BTreeMap<String, String>> {
    let mut errors = BTreeMap::new();
    for (name, param) in &mut params.0 {
        let Some((_, property)) = lookup(&method.parameters, name) else {
            if !method.open {
                let name = if name.is_empty() { "_root" } else { name };
                errors.insert(name.to_owned(), UNKNOWN.to_owned());
            }
            continue;
        };
        join_list(property, param);
        match param {
            Param::Text(text) => {
                if let Err(error) = check_value(property, name, text) {
                    errors.insert(name.clone(), error);
                }
            }
            Param::List(_) if property.kind() == "array" => {}
            Param::List(_) | Param::Object => {
                let shape = if matches!(param, Param::Object) { "HASH" } else { "ARRAY" };
                let text = format!("type check ('{}') failed - got {shape}", property.kind());
                errors.insert(name.clone(), text);
            }
            Param::Undefined => {}
        }
    }
    for (name, property) in &method.parameters {
        if !property.optional && !params.0.contains_key(name) {
            errors.insert(name.clone(), MISSING.to_owned());
        }
        if let Some(required) = property.requires.as_ref().filter(|required| {
            params.0.contains_key(name) && !params.0.contains_key(required.as_str())
        }) {
            errors.insert(required.clone(), format!("missing property required by '{name}'"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn join_list(property: &Property, param: &mut Param) {
    let Some(Format::Named(format)) = &property.format else { return };
    if let (true, Param::List(items)) = (format.ends_with("-list"), &*param) {
        *param = Param::Text(items.join(","));
    }
}

/// Checks one value.
fn check_value(property: &Property, path: &str, text: &str) -> Result<(), String> {
    check_type(property.kind(), text)?;
    match &property.format {
        Some(Format::Named(format)) => {
            check_format(format, path, text)
                .map_err(|error| format!("invalid format - {error}"))?;
        }
        Some(Format::Keys(keys)) => {
            parse_keys(keys, path, text).map_err(|error| format!("invalid format - {error}"))?;
        }
        None => {}
    }
    if let Some(pattern) = &property.pattern
        && !matches_pattern(pattern, text)
    {
        return Err("value does not match the regex pattern".to_owned());
    }
    let length = text.chars().count();
    if let Some(maximum) = property.max_length.filter(|maximum| length > *maximum) {
        return Err(format!("value may only be {maximum} characters long"));
    }
    if let Some(minimum) = property.min_length.filter(|minimum| length < *minimum) {
        return Err(format!("value must be at least {minimum} characters long"));
    }
    if matches!(property.kind(), "integer" | "number")
        && let Ok(number) = text.parse::<f64>()
    {
        if let Some(minimum) = property.minimum.filter(|minimum| number < *minimum) {
            return Err(format!("value must have a minimum value of {minimum}"));
        }
        if let Some(maximum) = property.maximum.filter(|maximum| number > *maximum) {
            return Err(format!("value must have a maximum value of {maximum}"));
        }
    }
    match &property.values {
        Some(values) if !values.iter().any(|value| value == text) => Err(format!(
            "value '{text}' does not have a value in the enumeration '{}'",
            values.join(", ")
        )),
        Some(_) | None => Ok(()),
    }
}

fn check_type(kind: &str, text: &str) -> Result<(), String> {
    let fits = match kind {
        "integer" => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        "number" => {
            !text.is_empty()
                && text.bytes().all(|byte| {
                    byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b'e' | b'E')
                })
                && text.parse::<f64>().is_ok()
        }
        "boolean" => matches!(text, "0" | "1"),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("type check ('{kind}') failed - got '{text}'")) }
}

/// Checks a value of a format known by name; a list format checks each item.
fn check_format(format: &str, path: &str, text: &str) -> Result<(), String> {
    if let Some(keys) = Schema::get().keys(format) {
        let values = parse_keys(keys, path, text);
        return match format {
            "pve-vm-cpu-conf" => super::formats::check_cpu(text, &values?),
            _ => values.map(drop),
        };
    }
    match format.strip_suffix("-list") {
        Some(item) => split_words(text).into_iter().try_for_each(|value| check_named(item, value)),
        None => check_named(format, text),
    }
}

pub(super) fn split_words(text: &str) -> Vec<&str> {
    text.split([',', ';', ' ', '\t', '\n', '\0']).filter(|item| !item.is_empty()).collect()
}

/// Splits a property string into its keys and checks each; `path` is the option's name.
///
/// # Errors
/// The server's text, ending in a newline.
pub(crate) fn parse_property_string(
    property: &Property,
    path: &str,
    text: &str,
) -> Result<BTreeMap<String, String>, String> {
    match &property.format {
        Some(Format::Keys(keys)) => parse_keys(keys, path, text),
        Some(Format::Named(format)) => match Schema::get().keys(format) {
            Some(keys) => parse_keys(keys, path, text),
            None => Ok(BTreeMap::new()),
        },
        None => Ok(BTreeMap::new()),
    }
}

fn parse_keys(
    keys: &Properties,
    path: &str,
    text: &str,
) -> Result<BTreeMap<String, String>, String> {
    let default_key = keys.iter().find(|(_, key)| key.default_key).map(|(name, _)| name.as_str());
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for part in text.split(',').filter(|part| !part.trim().is_empty()) {
        match part.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                if values.contains_key(name) {
                    return Err(format!(
                        "duplicate key in comma-separated list property: {name}\n"
                    ));
                }
                let mut target = name;
                if let Some(alias) = keys.get(name).and_then(|key| key.alias.as_deref()) {
                    if let Some(key_alias) = &keys[name].key_alias {
                        if values.contains_key(key_alias) {
                            return Err(format!("key alias '{key_alias}' is already defined\n"));
                        }
                        values.insert(key_alias.clone(), name.to_owned());
                    }
                    target = alias;
                }
                let boolean = keys.get(target).is_some_and(|key| key.kind() == "boolean");
                let value = if boolean { boolean_value(value) } else { value };
                values.insert(target.to_owned(), value.to_owned());
            }
            None => {
                let Some(name) = default_key else {
                    return Err(
                        "value without key, but schema does not define a default key\n".to_owned()
                    );
                };
                if values.contains_key(name) {
                    return Err(format!(
                        "duplicate key in comma-separated list property: {name}\n"
                    ));
                }
                let boolean = keys[name].kind() == "boolean";
                let value = if boolean { boolean_value(part) } else { part };
                values.insert(name.to_owned(), value.to_owned());
            }
            Some(_) => return Err("missing key in comma-separated list property\n".to_owned()),
        }
    }
    let mut errors = BTreeMap::new();
    for (name, value) in &values {
        let Some(key) = keys.get(name) else {
            errors.insert(name.clone(), UNKNOWN.to_owned());
            continue;
        };
        if let Err(error) = check_value(key, &format!("{path}.{name}"), value) {
            errors.insert(name.clone(), error);
        }
    }
    for (name, key) in keys {
        if !key.optional && key.alias.is_none() && !values.contains_key(name) {
            errors.insert(name.clone(), MISSING.to_owned());
        }
        if let Some(required) = &key.requires
            && values.contains_key(name)
            && !values.contains_key(required)
        {
            let text = format!("missing property required by '{path}.{name}'");
            errors.insert(required.clone(), text);
        }
    }
    if errors.is_empty() {
        return Ok(values);
    }
    let lines: Vec<String> =
        errors.into_iter().map(|(name, error)| format!("{path}.{name}: {error}\n")).collect();
    Err(format!("format error\n{}", lines.concat()))
}

fn boolean_value(text: &str) -> &str {
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => "1",
        "0" | "off" | "no" | "false" => "0",
        _ => text,
    }
}

/// Turns a stored text into the JSON type that the schema gives it.
pub(crate) fn property_value(property: Option<&Property>, text: &str) -> serde_json::Value {
    match property.map(Property::kind) {
        Some("integer" | "boolean") => {
            text.parse::<i64>().map_or_else(|_| text.into(), serde_json::Value::from)
        }
        _ => text.into(),
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    // Perl writes a compiled pattern as (?^flags:…), which only Perl reads.
    let translated = pattern
        .replace("(?^:", "(?:")
        .replace("(?^u:", "(?:")
        .replace("(?^i:", "(?i:")
        .replace("{,", "{0,")
        .replace(r"[\(\)-_.", r"[\(\)\-_.");
    if translated == "code" {
        return true;
    }
    // A pattern that this engine cannot read must not refuse what the server may accept.
    Regex::new(&format!("^(?:{translated})$")).is_ok_and(|regex| regex.is_match(text))
        || Regex::new(&translated).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str, pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let found = Schema::get().find("POST", path).unwrap();
        let mut params = Params::default();
        for (name, value) in found.variables {
            params.set(name, value);
        }
        for (name, value) in pairs {
            params.set(*name, *value);
        }
        check(found.method, &mut params).err().unwrap_or_default()
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let errors =
            refused("/nodes/pve1/qemu", &[("vmid", "99"), ("memroy", "1"), ("cores", "0")]);
        assert_eq!(errors.len(), 3);
        assert_eq!(errors["vmid"], "invalid format - value does not look like a valid VM ID\n");
        assert_eq!(errors["memroy"], UNKNOWN);
        assert_eq!(errors["cores"], "value must have a minimum value of 1");
    }

    #[test]
    fn property_strings_are_checked_inside() {
        let errors = refused("/nodes/pve1/qemu", &[("vmid", "100"), ("net0", "virtio,brdge=x")]);
        assert_eq!(
            errors["net0"],
            format!("invalid format - format error\nnet0.brdge: {UNKNOWN}\n")
        );
        let errors = refused("/nodes/pve1/qemu", &[("vmid", "100"), ("boot", "order=")]);
        assert_eq!(
            errors["boot"],
            "invalid format - missing key in comma-separated list property\n"
        );
        assert!(refused("/nodes/pve1/qemu", &[("vmid", "100"), ("agent", "on")]).is_empty());
    }

    #[test]
    fn required_companions_are_asked_for() {
        let errors = refused("/nodes/pve1/qemu", &[("vmid", "100"), ("force", "1")]);
        assert_eq!(errors["archive"], "missing property required by 'force'");
    }
}

//! Values as JSON: states that Terraform stored, and rarely values on the wire.
//!
//! Numbers are read and written as text and so stay exact. Where the type is dynamic, the value is
//! an object of `type` and `value`. Unknown values have no JSON.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::error::Within;
use super::value::normalised;
use super::{DecodeError, EncodeError, MAX_DEPTH, Number, Path, Type, Value};

impl Value {
    /// Reads a value of type `ty`. Objects must have exactly the attributes of their type; a number
    /// may also be decimal text.
    ///
    /// # Errors
    /// When the bytes are not JSON, not of that type, or nest too deep.
    pub fn from_json(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        read(parse(bytes)?, ty, Strictness::Exact, 0)
    }

    /// Reads a value of type `ty` from a state that an older or newer schema wrote: attributes that
    /// the type does not have are ignored, those that are missing are null, and text, numbers and
    /// truth values are converted where that loses nothing.
    ///
    /// # Errors
    /// When the bytes are not JSON, cannot be made that type, or nest too deep.
    pub fn from_json_lenient(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        read(parse(bytes)?, ty, Strictness::Lenient, 0)
    }

    /// Writes the value as one of type `ty`.
    ///
    /// # Errors
    /// When the value is not of that type, is not wholly known, or nests too deep.
    pub fn to_json(&self, ty: &Type) -> Result<String, EncodeError> {
        let mut text = String::new();
        write(&mut text, self, ty, 0)?;
        Ok(text)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Strictness {
    Exact,
    Lenient,
}

fn parse(bytes: &[u8]) -> Result<&RawValue, DecodeError> {
    serde_json::from_slice(bytes).map_err(|_| DecodeError::new("JSON", "something else"))
}

fn read(
    raw: &RawValue,
    ty: &Type,
    strictness: Strictness,
    depth: usize,
) -> Result<Value, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::new(format!("at most {MAX_DEPTH} levels"), "more"));
    }
    let json = raw.get();
    if json == "null" {
        return Ok(Value::Null);
    }
    let mismatch = || DecodeError::new(ty.friendly_name(), describe(json));
    let inner = |raw: &RawValue, ty: &Type| read(raw, ty, strictness, depth + 1);
    match ty {
        Type::Bool => match json {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            r#""true""# if strictness == Strictness::Lenient => Ok(Value::Bool(true)),
            r#""false""# if strictness == Strictness::Lenient => Ok(Value::Bool(false)),
            _ => Err(mismatch()),
        },
        Type::Number => {
            let number = match json.as_bytes().first() {
                Some(b'"') => string(json)?.parse::<Number>(),
                Some(b'-' | b'0'..=b'9') => json.parse(),
                _ => return Err(mismatch()),
            };
            number.map(Value::Number).map_err(|error| DecodeError::new("number", error.to_string()))
        }
        Type::String => match json.as_bytes().first() {
            Some(b'"') => Ok(Value::string(string(json)?)),
            Some(b'-' | b'0'..=b'9') if strictness == Strictness::Lenient => {
                let number: Number = json.parse().map_err(|_| mismatch())?;
                Ok(Value::string(number.to_string()))
            }
            Some(b't' | b'f') if strictness == Strictness::Lenient => Ok(Value::string(json)),
            _ => Err(mismatch()),
        },
        Type::Dynamic => {
            let parts = fields(json).ok_or_else(mismatch)?;
            let (Some(own), Some(value)) = (parts.get("type"), parts.get("value")) else {
                return Err(DecodeError::new("an object of `type` and `value`", "an object"));
            };
            let own = Type::from_json_bytes(own.get().as_bytes()).map_err(|error| {
                DecodeError::new("the description of a type", error.to_string())
            })?;
            let value = inner(value, &own)?;
            Ok(Value::Dynamic(Box::new(own), Box::new(value)))
        }
        Type::List(element) => {
            let values = (0..).zip(elements(json).ok_or_else(mismatch)?).map(|(index, raw)| {
                inner(raw, element).map_err(|error| error.within(Path::root().index(index)))
            });
            Ok(Value::List(values.collect::<Result<_, _>>()?))
        }
        Type::Set(element) => {
            let values = elements(json).ok_or_else(mismatch)?;
            let values = values.into_iter().map(|raw| inner(raw, element).map_err(Within::cut));
            Ok(Value::set(values.collect::<Result<_, _>>()?))
        }
        Type::Tuple(types) => {
            let values = elements(json).ok_or_else(mismatch)?;
            if values.len() != types.len() {
                return Err(DecodeError::new(
                    format!("a tuple of {}", types.len()),
                    format!("one of {}", values.len()),
                ));
            }
            let values = (0..).zip(values).zip(types).map(|((index, raw), ty)| {
                inner(raw, ty).map_err(|error| error.within(Path::root().index(index)))
            });
            Ok(Value::Tuple(values.collect::<Result<_, _>>()?))
        }
        Type::Map(element) => {
            let values = fields(json).ok_or_else(mismatch)?.into_iter().map(|(key, raw)| {
                let key = normalised(key);
                match inner(raw, element) {
                    Ok(value) => Ok((key, value)),
                    Err(error) => Err(error.within(Path::root().key(key))),
                }
            });
            Ok(Value::Map(values.collect::<Result<_, _>>()?))
        }
        Type::Object(types) => {
            let fields = fields(json).ok_or_else(mismatch)?;
            if strictness == Strictness::Exact
                && let Some(name) = fields.keys().find(|name| !types.contains_key(*name))
            {
                return Err(DecodeError::new(
                    "only attributes of the schema",
                    format!("the attribute {name:?}"),
                ));
            }
            let attributes = types.iter().map(|(name, ty)| match fields.get(name) {
                Some(raw) => match inner(raw, ty) {
                    Ok(value) => Ok((name.clone(), value)),
                    Err(error) => Err(error.within(Path::root().attribute(name.as_str()))),
                },
                None if strictness == Strictness::Lenient => Ok((name.clone(), Value::Null)),
                None => Err(DecodeError::new(format!("the attribute {name:?}"), "none")),
            });
            Ok(Value::Object(attributes.collect::<Result<_, _>>()?))
        }
    }
}

fn fields(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

fn elements(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

fn string(json: &str) -> Result<String, DecodeError> {
    serde_json::from_str(json).map_err(|_| DecodeError::new("text", "malformed text"))
}

fn describe(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        Some(_) | None => "number",
    }
}

fn write(text: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::new("the value nests too deep"));
    }
    match (value, ty) {
        (Value::Null, _) => text.push_str("null"),
        (Value::Unknown(_), _) => {
            return Err(EncodeError::new("an unknown value cannot be written as JSON"));
        }
        (Value::Bool(truth), Type::Bool) => text.push_str(if *truth { "true" } else { "false" }),
        (Value::Number(number), Type::Number) => text.push_str(&number.to_string()),
        (Value::String(string), Type::String) => push_string(text, string),
        (Value::List(elements), Type::List(element)) => {
            array(text, elements.iter().map(|value| (value, &**element)), depth, true)?;
        }
        (Value::Set(elements), Type::Set(element)) => {
            array(text, elements.iter().map(|value| (value, &**element)), depth, false)?;
        }
        (Value::Tuple(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            array(text, elements.iter().zip(types), depth, true)?;
        }
        (Value::Map(elements), Type::Map(element)) => {
            text.push('{');
            for (position, (key, value)) in elements.iter().enumerate() {
                push_key(text, position, key);
                write(text, value, element, depth + 1)
                    .map_err(|error| error.within(Path::root().key(key.as_str())))?;
            }
            text.push('}');
        }
        (Value::Object(attributes), Type::Object(types)) => {
            if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
                return Err(EncodeError::new(format!("attribute {name:?} is not expected")));
            }
            text.push('{');
            for (position, (name, ty)) in types.iter().enumerate() {
                let value = attributes
                    .get(name)
                    .ok_or_else(|| EncodeError::new(format!("attribute {name:?} is missing")))?;
                push_key(text, position, name);
                write(text, value, ty, depth + 1)
                    .map_err(|error| error.within(Path::root().attribute(name.as_str())))?;
            }
            text.push('}');
        }
        (Value::Dynamic(own, value), Type::Dynamic) => {
            push_key_after(text, "{", "type");
            text.push_str(&own.to_json().to_string());
            push_key_after(text, ",", "value");
            write(text, value, own, depth + 1)?;
            text.push('}');
        }
        _ => return Err(EncodeError::mismatch(&ty.friendly_name(), value.kind())),
    }
    Ok(())
}

fn array<'a>(
    text: &mut String,
    elements: impl Iterator<Item = (&'a Value, &'a Type)>,
    depth: usize,
    addressable: bool,
) -> Result<(), EncodeError> {
    text.push('[');
    for (index, (value, ty)) in (0..).zip(elements) {
        if index > 0 {
            text.push(',');
        }
        write(text, value, ty, depth + 1).map_err(|error| {
            if addressable { error.within(Path::root().index(index)) } else { error.cut() }
        })?;
    }
    text.push(']');
    Ok(())
}

fn push_key(text: &mut String, position: usize, key: &str) {
    if position > 0 {
        text.push(',');
    }
    push_string(text, key);
    text.push(':');
}

fn push_key_after(text: &mut String, before: &str, key: &str) {
    text.push_str(before);
    push_key(text, 0, key);
}

fn push_string(text: &mut String, string: &str) {
    text.push_str(&serde_json::Value::from(string).to_string());
}

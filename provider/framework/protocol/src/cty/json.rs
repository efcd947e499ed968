//! Values as JSON: states that Terraform stored, and rarely values on the wire.
//!
//! Numbers are read and written as text and so stay exact. Where the type is dynamic, the value is
//! an object of `type` and `value`. Unknown values have no JSON.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::{Within, same_names};
use super::value::normalised_name;
use super::{DecodeError, EncodeError, MAX_DEPTH, Named, Number, Path, Type, Value};

impl Value {
    /// Reads a value of type `ty`. Objects must have exactly the attributes of their type; a number
    /// may also be decimal text.
    ///
    /// # Errors
    /// When the bytes are not JSON, not of that type, or nest too deep.
    pub fn from_json(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        whole(bytes, ty, Strictness::Exact)
    }

    /// Reads a value of type `ty` from a state that an older or newer schema wrote: attributes that
    /// the type does not have are ignored, those that are missing are null, and text, numbers and
    /// truth values are converted where that loses nothing.
    ///
    /// # Errors
    /// When the bytes are not JSON, cannot be made that type, or nest too deep.
    pub fn from_json_lenient(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        whole(bytes, ty, Strictness::Lenient)
    }

    /// Writes the value as one of type `ty`.
    ///
    /// # Errors
    /// When the value is not of that type, is not wholly known, or nests too deep.
    pub fn to_json(&self, ty: &Type) -> Result<String, EncodeError> {
        let mut text = Vec::new();
        write(&mut text, self, ty, 0)?;
        String::from_utf8(text).map_err(|_| EncodeError::new("the value cannot be written"))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Strictness {
    Exact,
    Lenient,
}

/// Reads the one value that the bytes are, in one pass.
fn whole(bytes: &[u8], ty: &Type, strictness: Strictness) -> Result<Value, DecodeError> {
    match str::from_utf8(bytes) {
        Ok(text) => read(text, ty, strictness, 0),
        Err(_) => Err(malformed()),
    }
}

fn read(text: &str, ty: &Type, strictness: Strictness, depth: usize) -> Result<Value, DecodeError> {
    let error = Cell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    Reader { ty, strictness, depth, error: &error }
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|_| error.take().unwrap_or_else(malformed))
}

/// Reads a value of a type. What serde calls an error has no place for a path and the like, and so
/// the error proper is put aside.
#[derive(Clone, Copy)]
struct Reader<'t> {
    ty: &'t Type,
    strictness: Strictness,
    depth: usize,
    error: &'t Cell<Option<DecodeError>>,
}

impl<'t> Reader<'t> {
    fn inner(self, ty: &'t Type) -> Self {
        Self { ty, depth: self.depth + 1, ..self }
    }

    fn fail<E: de::Error>(self, error: DecodeError) -> E {
        self.error.set(Some(error));
        E::custom("")
    }

    fn mismatch<E: de::Error>(self, found: &'static str) -> E {
        self.fail(DecodeError::new(self.ty.friendly_name(), found))
    }

    /// Says where an error of a part is.
    fn place<T, E>(
        self,
        part: Result<T, E>,
        place: impl FnOnce(DecodeError) -> DecodeError,
    ) -> Result<T, E> {
        part.inspect_err(|_| self.error.set(self.error.take().map(place)))
    }

    fn elements<'de, A: SeqAccess<'de>>(
        self,
        mut elements: A,
        element: &'t Type,
        place: impl Fn(DecodeError, i64) -> DecodeError,
    ) -> Result<Vec<Value>, A::Error> {
        let mut values = vec![];
        for index in 0.. {
            let value = elements.next_element_seed(self.inner(element));
            match self.place(value, |error| place(error, index))? {
                Some(value) => values.push(value),
                None => break,
            }
        }
        Ok(values)
    }

    fn tuple<'de, A: SeqAccess<'de>>(
        self,
        mut elements: A,
        types: &'t [Type],
    ) -> Result<Value, A::Error> {
        let mut values = Vec::with_capacity(types.len());
        for (index, ty) in (0..).zip(types) {
            let value = elements.next_element_seed(self.inner(ty));
            let value = self.place(value, |error| error.within(Path::root().index(index)))?;
            values.extend(value);
        }
        let mut count = values.len();
        while count >= types.len() && elements.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        if count == types.len() {
            return Ok(Value::Tuple(values));
        }
        let expected = format!("a tuple of {}", types.len());
        Err(self.fail(DecodeError::new(expected, format!("one of {count}"))))
    }

    fn map<'de, A: MapAccess<'de>>(
        self,
        mut fields: A,
        element: &'t Type,
    ) -> Result<Value, A::Error> {
        let mut values = vec![];
        while let Some(key) = fields.next_key_seed(Key)? {
            let key = normalised_name(&*key);
            let value = fields.next_value_seed(self.inner(element));
            let value = self.place(value, |error| error.within(Path::root().key(&key)))?;
            values.push((key, value));
        }
        Ok(Value::Map(values.into_iter().collect()))
    }

    fn object<'de, A: MapAccess<'de>>(
        self,
        mut fields: A,
        types: &'t Named<Type>,
    ) -> Result<Value, A::Error> {
        let mut attributes = Vec::with_capacity(types.len());
        // Terraform writes them in the order of the type, and then nothing has to be looked up.
        let mut expected = types.iter();
        while let Some(key) = fields.next_key_seed(Key)? {
            let next = expected.next().filter(|(next, _)| **next == *key);
            let Some((name, ty)) = next.or_else(|| types.get_key_value(&key)) else {
                if self.strictness == Strictness::Exact {
                    let found = format!("the attribute {key:?}");
                    return Err(self.fail(DecodeError::new("only attributes of the schema", found)));
                }
                fields.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = fields.next_value_seed(self.inner(ty));
            let value = self.place(value, |error| error.within(Path::root().attribute(name)))?;
            attributes.push((name.clone(), value));
        }
        let mut attributes: Named<Value> = attributes.into_iter().collect();
        if attributes.len() < types.len() {
            let missing = || types.keys().filter(|name| !attributes.contains_key(name));
            if self.strictness == Strictness::Exact {
                let expected = missing().map(|name| format!("the attribute {name:?}")).next();
                let expected = expected.unwrap_or_default();
                return Err(self.fail(DecodeError::new(expected, "none")));
            }
            let missing: Vec<_> = missing().map(|name| (name.clone(), Value::Null)).collect();
            attributes.extend(missing);
        }
        Ok(Value::Object(attributes))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            let expected = format!("at most {MAX_DEPTH} levels");
            return Err(self.fail(DecodeError::new(expected, "more")));
        }
        match self.ty {
            // As they are written: serde_json would round numbers.
            Type::Bool | Type::Number | Type::String | Type::Dynamic => {
                let raw = <&RawValue>::deserialize(json)?;
                scalar(raw.get(), self.ty, self.strictness, self.depth)
                    .map_err(|error| self.fail(error))
            }
            Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Map(_) | Type::Object(_) => {
                json.deserialize_any(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ty.friendly_name())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Value, E> {
        Err(self.mismatch("bool"))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Value, E> {
        Err(self.mismatch("number"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Value, E> {
        Err(self.mismatch("number"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.mismatch("number"))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Value, E> {
        Err(self.mismatch("string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Value, A::Error> {
        match self.ty {
            Type::List(element) => {
                let within = |error: DecodeError, index| error.within(Path::root().index(index));
                self.elements(elements, element, within).map(Value::List)
            }
            Type::Set(element) => {
                self.elements(elements, element, |error, _| error.cut()).map(Value::set)
            }
            Type::Tuple(types) => self.tuple(elements, types),
            _ => Err(self.mismatch("an array")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Value, A::Error> {
        match self.ty {
            Type::Map(element) => self.map(fields, element),
            Type::Object(types) => self.object(fields, types),
            _ => Err(self.mismatch("an object")),
        }
    }
}

/// Reads a name, which is copied only where it is written with escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Reads what has no parts, or a type of its own.
fn scalar(
    json: &str,
    ty: &Type,
    strictness: Strictness,
    depth: usize,
) -> Result<Value, DecodeError> {
    let mismatch = || DecodeError::new(ty.friendly_name(), describe(json));
    match (ty, json.as_bytes().first()) {
        (_, Some(b'n')) => Ok(Value::Null),
        (Type::Bool, _) => match json {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            r#""true""# if strictness == Strictness::Lenient => Ok(Value::Bool(true)),
            r#""false""# if strictness == Strictness::Lenient => Ok(Value::Bool(false)),
            _ => Err(mismatch()),
        },
        (Type::Number, first) => {
            let number = match first {
                Some(b'"') => string(json)?.parse::<Number>(),
                Some(b'-' | b'0'..=b'9') => json.parse(),
                _ => return Err(mismatch()),
            };
            number.map(Value::Number).map_err(|error| DecodeError::new("number", error.to_string()))
        }
        (Type::String, Some(b'"')) => Ok(Value::string(string(json)?)),
        (Type::String, Some(b'-' | b'0'..=b'9')) if strictness == Strictness::Lenient => {
            let number: Number = json.parse().map_err(|_| mismatch())?;
            Ok(Value::string(number.to_string()))
        }
        (Type::String, Some(b't' | b'f')) if strictness == Strictness::Lenient => {
            Ok(Value::string(json))
        }
        (Type::Dynamic, Some(b'{')) => {
            let parts: BTreeMap<String, &RawValue> =
                serde_json::from_str(json).map_err(|_| malformed())?;
            let (Some(own), Some(value)) = (parts.get("type"), parts.get("value")) else {
                return Err(DecodeError::new("an object of `type` and `value`", "an object"));
            };
            let own = Type::from_json_bytes(own.get().as_bytes()).map_err(|error| {
                DecodeError::new("the description of a type", error.to_string())
            })?;
            let value = read(value.get(), &own, strictness, depth + 1)?;
            Ok(Value::Dynamic(Box::new(own), Box::new(value)))
        }
        _ => Err(mismatch()),
    }
}

fn string(json: &str) -> Result<Cow<'_, str>, DecodeError> {
    let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain.filter(|text| !text.contains('\\')) {
        Some(text) => Ok(Cow::Borrowed(text)),
        None => serde_json::from_str(json)
            .map(Cow::Owned)
            .map_err(|_| DecodeError::new("text", "malformed text")),
    }
}

fn malformed() -> DecodeError {
    DecodeError::new("JSON", "something else")
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

fn write(text: &mut Vec<u8>, value: &Value, ty: &Type, depth: usize) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::new("the value nests too deep"));
    }
    match (value, ty) {
        (Value::Null, _) => text.extend_from_slice(b"null"),
        (Value::Unknown(_), _) => {
            return Err(EncodeError::new("an unknown value cannot be written as JSON"));
        }
        (Value::Bool(truth), Type::Bool) => written(write!(text, "{truth}"))?,
        (Value::Number(number), Type::Number) => written(write!(text, "{number}"))?,
        (Value::String(string), Type::String) => push_string(text, string)?,
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
            text.push(b'{');
            for (position, (key, value)) in elements.iter().enumerate() {
                push_key(text, position, key)?;
                write(text, value, element, depth + 1)
                    .map_err(|error| error.within(Path::root().key(key)))?;
            }
            text.push(b'}');
        }
        (Value::Object(attributes), Type::Object(types)) => {
            same_names(attributes, types)?;
            text.push(b'{');
            for (position, ((name, value), ty)) in attributes.iter().zip(types.values()).enumerate()
            {
                push_key(text, position, name)?;
                write(text, value, ty, depth + 1)
                    .map_err(|error| error.within(Path::root().attribute(name)))?;
            }
            text.push(b'}');
        }
        (Value::Dynamic(own, value), Type::Dynamic) => {
            text.extend_from_slice(br#"{"type":"#);
            text.extend_from_slice(&own.to_json_bytes());
            text.extend_from_slice(br#","value":"#);
            write(text, value, own, depth + 1)?;
            text.push(b'}');
        }
        _ => return Err(EncodeError::mismatch(&ty.friendly_name(), value.kind())),
    }
    Ok(())
}

fn array<'a>(
    text: &mut Vec<u8>,
    elements: impl Iterator<Item = (&'a Value, &'a Type)>,
    depth: usize,
    addressable: bool,
) -> Result<(), EncodeError> {
    text.push(b'[');
    for (index, (value, ty)) in (0..).zip(elements) {
        if index > 0 {
            text.push(b',');
        }
        write(text, value, ty, depth + 1).map_err(|error| {
            if addressable { error.within(Path::root().index(index)) } else { error.cut() }
        })?;
    }
    text.push(b']');
    Ok(())
}

fn push_key(text: &mut Vec<u8>, position: usize, key: &str) -> Result<(), EncodeError> {
    if position > 0 {
        text.push(b',');
    }
    push_string(text, key)?;
    text.push(b':');
    Ok(())
}

fn push_string(text: &mut Vec<u8>, string: &str) -> Result<(), EncodeError> {
    written(serde_json::to_writer(text, string))
}

/// Writing to memory does not fail; should it, it is an error and not a panic.
fn written<E>(result: Result<(), E>) -> Result<(), EncodeError> {
    result.map_err(|_| EncodeError::new("the value cannot be written"))
}

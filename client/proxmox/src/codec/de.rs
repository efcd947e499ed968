//! The lenient deserializer.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::CodecError;
use crate::property_string::split;

/// A value that takes the form its reader asks for
#[derive(Clone, Copy)]
pub(super) struct Lenient<'a>(Input<'a>);

#[derive(Clone, Copy)]
enum Input<'a> {
    Json(&'a Value),
    Text(&'a str),
}

impl<'a> Lenient<'a> {
    pub(super) fn json(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self(Input::Text(text)),
            value => Self(Input::Json(value)),
        }
    }

    pub(super) fn text(text: &'a str) -> Self {
        Self(Input::Text(text))
    }

    fn unexpected(&self) -> Unexpected<'a> {
        match self.0 {
            Input::Text(text) => Unexpected::Str(text),
            Input::Json(Value::Null) => Unexpected::Unit,
            Input::Json(Value::Bool(value)) => Unexpected::Bool(*value),
            Input::Json(Value::Number(number)) => {
                number.as_f64().map_or(Unexpected::Other("number"), Unexpected::Float)
            }
            Input::Json(Value::String(text)) => Unexpected::Str(text),
            Input::Json(Value::Array(_)) => Unexpected::Seq,
            Input::Json(Value::Object(_)) => Unexpected::Map,
        }
    }

    fn wrong(&self, expected: &str) -> CodecError {
        CodecError::invalid_type(self.unexpected(), &expected)
    }

    fn integer(&self, expected: &str) -> Result<i128, CodecError> {
        let from_float = |float: f64| {
            // Beyond 2^63 a float no longer names one integer; no value of Proxmox goes there.
            (float.fract() == 0.0 && float.abs() < 9.3e18).then_some(float as i128)
        };
        let found = match self.0 {
            Input::Json(Value::Number(number)) => number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from))
                .or_else(|| number.as_f64().and_then(from_float)),
            Input::Json(Value::Bool(value)) => Some(i128::from(*value)),
            Input::Text(text) => {
                let text = text.trim();
                let float = || text.parse().ok().and_then(from_float);
                text.parse().ok().or_else(float)
            }
            Input::Json(_) => None,
        };
        found.ok_or_else(|| self.wrong(expected))
    }

    fn float(&self) -> Result<f64, CodecError> {
        let found = match self.0 {
            Input::Json(Value::Number(number)) => number.as_f64(),
            Input::Text(text) => text.trim().parse().ok(),
            Input::Json(_) => None,
        };
        // Rust reads `nan` and `inf`, and makes infinity of what is too large; none is a number there.
        found.filter(|number| number.is_finite()).ok_or_else(|| self.wrong("a number"))
    }

    /// The object or property string, whose bare value belongs to `default_key`
    fn map<'de, V: Visitor<'de>>(
        self,
        default_key: Option<&'static str>,
        visitor: V,
    ) -> Result<V::Value, CodecError>
    where
        'a: 'de,
    {
        match self.0 {
            Input::Json(Value::Object(object)) => visitor.visit_map(Pairs {
                rest: object.iter().map(|(key, value)| (key.as_str(), Lenient::json(value))),
                current: None,
            }),
            Input::Text(text) => {
                let mut pairs = Vec::new();
                for (key, value) in split(text).map_err(CodecError::custom)? {
                    let key = key
                        .or(default_key)
                        .ok_or_else(|| CodecError::custom(format_args!("{value:?} has no key")))?;
                    pairs.push((key, Self::text(value)));
                }
                visitor.visit_map(Pairs { rest: pairs.into_iter(), current: None })
            }
            Input::Json(_) => Err(self.wrong("an object or a property string")),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            let number = self.integer("a whole number")?;
            let number = <$type>::try_from(number).map_err(|_| {
                CodecError::custom(format_args!("the number {number} is out of range"))
            })?;
            visitor.$visit(number)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient<'de> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            Input::Text(text) => visitor.visit_borrowed_str(text),
            Input::Json(Value::Null) => visitor.visit_unit(),
            Input::Json(Value::Bool(value)) => visitor.visit_bool(*value),
            Input::Json(Value::Number(number)) => {
                if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else {
                    visitor.visit_f64(self.float()?)
                }
            }
            Input::Json(Value::String(text)) => visitor.visit_borrowed_str(text),
            Input::Json(Value::Array(_)) => self.deserialize_seq(visitor),
            Input::Json(Value::Object(_)) => self.map(None, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        let value = match self.0 {
            Input::Json(Value::Bool(value)) => Some(*value),
            Input::Json(Value::Number(number)) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            Input::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Some(true),
                "0" | "false" | "no" | "off" => Some(false),
                _ => None,
            },
            Input::Json(_) => None,
        };
        visitor.visit_bool(value.ok_or_else(|| self.wrong("a boolean (0 or 1)"))?)
    }

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        let float = self.float()?;
        // Narrowing makes infinity of what is too large.
        match (float as f32).is_finite() {
            true => visitor.visit_f64(float),
            false => Err(self.wrong("a number of 32 bits")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            Input::Text(text) => visitor.visit_borrowed_str(text),
            Input::Json(Value::Number(number)) => visitor.visit_string(number.to_string()),
            Input::Json(Value::Bool(value)) => visitor.visit_str(if *value { "1" } else { "0" }),
            Input::Json(_) => Err(self.wrong("a string")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            Input::Json(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            Input::Json(Value::Array(elements)) => {
                visitor.visit_seq(Elements { rest: elements.iter().map(Lenient::json), index: 0 })
            }
            Input::Json(Value::Null) => {
                visitor.visit_seq(Elements { rest: std::iter::empty(), index: 0 })
            }
            Input::Json(Value::Number(_)) => {
                visitor.visit_seq(Elements { rest: std::iter::once(self), index: 0 })
            }
            Input::Text(text) => {
                let separator = |character: char| {
                    matches!(character, ',' | ';' | '\0') || character.is_whitespace()
                };
                let parts = text.split(separator).filter(|part| !part.is_empty());
                visitor.visit_seq(Elements { rest: parts.map(Lenient::text), index: 0 })
            }
            Input::Json(_) => Err(self.wrong("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.map(fields.first().copied(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        match self.0 {
            Input::Text(text) => {
                let text: StrDeserializer<'_, CodecError> = text.into_deserializer();
                visitor.visit_enum(text)
            }
            Input::Json(Value::Number(number)) => {
                visitor.visit_enum(number.to_string().into_deserializer())
            }
            Input::Json(Value::Object(object)) => {
                visitor.visit_enum(MapAccessDeserializer::new(Pairs {
                    rest: object.iter().map(|(key, value)| (key.as_str(), Lenient::json(value))),
                    current: None,
                }))
            }
            Input::Json(_) => Err(self.wrong("a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit_struct identifier
    }
}

struct Elements<I> {
    rest: I,
    index: usize,
}

impl<'de, I: Iterator<Item = Lenient<'de>>> SeqAccess<'de> for Elements<I> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, CodecError> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(element).map(Some).map_err(|error| error.at(index.to_string()))
    }
}

/// The pairs of an object or a property string
struct Pairs<'de, I> {
    rest: I,
    current: Option<(&'de str, Lenient<'de>)>,
}

impl<'de, I: Iterator<Item = (&'de str, Lenient<'de>)>> MapAccess<'de> for Pairs<'de, I> {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, CodecError> {
        self.current = self.rest.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        // Keys may be numbers in a map, so that they are as lenient as values.
        seed.deserialize(Lenient::text(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, CodecError> {
        let Some((key, value)) = self.current.take() else {
            return Err(CodecError::new("a value was asked for before its key"));
        };
        seed.deserialize(value).map_err(|error| error.at(key))
    }
}

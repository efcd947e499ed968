//! Values as msgpack, the form in which Terraform sends them and wants them back.
//!
//! The input is not trusted: nothing is allocated by a length it claims, nesting is limited, and what
//! is malformed is an error. An unknown value is an extension: code 12 holds a map of refinements,
//! every other code says nothing more.

use std::collections::BTreeMap;

use rmp::{Marker, encode};

use super::error::Within;
use super::value::normalised;
use super::{Bound, DecodeError, EncodeError, MAX_DEPTH, Number, Path, Refinement, Type, Value};

impl Value {
    /// Reads a value of type `ty`. Objects must have exactly the attributes of their type.
    ///
    /// # Errors
    /// When the bytes are not msgpack, not of that type, nest too deep, or go on after the value.
    pub fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(ty, 0)?;
        if reader.rest.is_empty() {
            Ok(value)
        } else {
            Err(DecodeError::new("the end of the value", "more bytes"))
        }
    }

    /// Writes the value as one of type `ty`. Whole numbers become integers, those that a double
    /// holds exactly become doubles, and all others decimal text, as Terraform does it.
    ///
    /// # Errors
    /// When the value is not of that type, or nests too deep.
    pub fn to_msgpack(&self, ty: &Type) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        write(&mut bytes, self, ty, 0)?;
        Ok(bytes)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let start = self.rest;
        let marker = self.marker()?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some((code, body)) = self.extension(marker)? {
            return unknown(code, body, ty);
        }
        let mismatch = || DecodeError::new(ty.friendly_name(), describe(marker));
        match ty {
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(mismatch()),
            },
            Type::Number => {
                self.rest = start;
                self.number().map(Value::Number)
            }
            Type::String => {
                let bytes = self.string(marker)?.ok_or_else(mismatch)?;
                Ok(Value::string(text(bytes)?))
            }
            Type::Dynamic => {
                let length = self.array_length(marker)?.ok_or_else(mismatch)?;
                if length != 2 {
                    return Err(DecodeError::new(
                        "a type and a value",
                        format!("an array of {length}"),
                    ));
                }
                let marker = self.marker()?;
                let json = match self.binary(marker)? {
                    Some(bytes) => bytes,
                    None => self.string(marker)?.ok_or_else(|| {
                        DecodeError::new("the description of a type", describe(marker))
                    })?,
                };
                let own = Type::from_json_bytes(json)
                    .map_err(|_| DecodeError::new("the description of a type", "something else"))?;
                let value = self.value(&own, depth + 1)?;
                Ok(Value::Dynamic(Box::new(own), Box::new(value)))
            }
            Type::List(element) => {
                let length = self.array_length(marker)?.ok_or_else(mismatch)?;
                let values = self.elements(length, |reader, index| {
                    let value = reader.value(element, depth + 1);
                    value.map_err(|error| error.within(Path::root().index(index)))
                });
                Ok(Value::List(values?))
            }
            Type::Set(element) => {
                let length = self.array_length(marker)?.ok_or_else(mismatch)?;
                let values = self.elements(length, |reader, _| {
                    reader.value(element, depth + 1).map_err(Within::cut)
                });
                Ok(Value::set(values?))
            }
            Type::Tuple(types) => {
                let length = self.array_length(marker)?.ok_or_else(mismatch)?;
                if length != types.len() {
                    return Err(DecodeError::new(
                        format!("a tuple of {}", types.len()),
                        format!("one of {length}"),
                    ));
                }
                let mut types = types.iter();
                let values = self.elements(length, |reader, index| {
                    let ty = types.next().unwrap_or(&Type::Dynamic);
                    let value = reader.value(ty, depth + 1);
                    value.map_err(|error| error.within(Path::root().index(index)))
                });
                Ok(Value::Tuple(values?))
            }
            Type::Map(element) => {
                let length = self.map_length(marker)?.ok_or_else(mismatch)?;
                let mut elements = BTreeMap::new();
                for _ in 0..length {
                    let key = normalised(self.key()?.to_owned());
                    let value = self
                        .value(element, depth + 1)
                        .map_err(|error| error.within(Path::root().key(key.as_str())))?;
                    elements.insert(key, value);
                }
                Ok(Value::Map(elements))
            }
            Type::Object(types) => {
                let length = self.map_length(marker)?.ok_or_else(mismatch)?;
                self.object(types, length, depth)
            }
        }
    }

    fn object(
        &mut self,
        types: &BTreeMap<String, Type>,
        length: usize,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let mut attributes = BTreeMap::new();
        for _ in 0..length {
            let name = self.key()?;
            let Some((name, ty)) = types.get_key_value(name) else {
                return Err(DecodeError::new(
                    "only attributes of the schema",
                    format!("the attribute {name:?}"),
                ));
            };
            let value = self
                .value(ty, depth + 1)
                .map_err(|error| error.within(Path::root().attribute(name.as_str())))?;
            if attributes.insert(name.clone(), value).is_some() {
                return Err(DecodeError::new("each attribute once", format!("{name:?} twice")));
            }
        }
        match types.keys().find(|name| !attributes.contains_key(*name)) {
            Some(name) => Err(DecodeError::new(format!("the attribute {name:?}"), "none")),
            None => Ok(Value::Object(attributes)),
        }
    }

    fn elements(
        &mut self,
        length: usize,
        mut read: impl FnMut(&mut Self, i64) -> Result<Value, DecodeError>,
    ) -> Result<Vec<Value>, DecodeError> {
        let mut values = Vec::with_capacity(length.min(self.rest.len()).min(1024));
        for index in (0..).take(length) {
            values.push(read(self, index)?);
        }
        Ok(values)
    }

    fn number(&mut self) -> Result<Number, DecodeError> {
        let marker = self.marker()?;
        let not_finite = |_| DecodeError::new("number", "one that is not finite");
        Ok(match marker {
            Marker::FixPos(value) => value.into(),
            Marker::FixNeg(value) => value.into(),
            Marker::U8 => u8::from_be_bytes(self.array()?).into(),
            Marker::U16 => u16::from_be_bytes(self.array()?).into(),
            Marker::U32 => u32::from_be_bytes(self.array()?).into(),
            Marker::U64 => u64::from_be_bytes(self.array()?).into(),
            Marker::I8 => i8::from_be_bytes(self.array()?).into(),
            Marker::I16 => i16::from_be_bytes(self.array()?).into(),
            Marker::I32 => i32::from_be_bytes(self.array()?).into(),
            Marker::I64 => i64::from_be_bytes(self.array()?).into(),
            Marker::F32 => {
                let float = f32::from_be_bytes(self.array()?);
                Number::from_exact_f64(float.into()).map_err(not_finite)?
            }
            Marker::F64 => {
                let float = f64::from_be_bytes(self.array()?);
                Number::from_exact_f64(float).map_err(not_finite)?
            }
            _ => {
                let bytes = self
                    .string(marker)?
                    .ok_or_else(|| DecodeError::new("number", describe(marker)))?;
                text(bytes)?
                    .parse()
                    .map_err(|_| DecodeError::new("number", "text that is no number"))?
            }
        })
    }

    fn key(&mut self) -> Result<&'a str, DecodeError> {
        let marker = self.marker()?;
        let bytes =
            self.string(marker)?.ok_or_else(|| DecodeError::new("a key", describe(marker)))?;
        text(bytes)
    }

    fn marker(&mut self) -> Result<Marker, DecodeError> {
        let [byte] = self.array()?;
        Ok(Marker::from_u8(byte))
    }

    fn extension(&mut self, marker: Marker) -> Result<Option<(i8, &'a [u8])>, DecodeError> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length8()?,
            Marker::Ext16 => self.length16()?,
            Marker::Ext32 => self.length32()?,
            _ => return Ok(None),
        };
        let code = i8::from_be_bytes(self.array()?);
        Ok(Some((code, self.take(length)?)))
    }

    fn string(&mut self, marker: Marker) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = match marker {
            Marker::FixStr(length) => length.into(),
            Marker::Str8 => self.length8()?,
            Marker::Str16 => self.length16()?,
            Marker::Str32 => self.length32()?,
            _ => return Ok(None),
        };
        self.take(length).map(Some)
    }

    fn binary(&mut self, marker: Marker) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = match marker {
            Marker::Bin8 => self.length8()?,
            Marker::Bin16 => self.length16()?,
            Marker::Bin32 => self.length32()?,
            _ => return Ok(None),
        };
        self.take(length).map(Some)
    }

    fn array_length(&mut self, marker: Marker) -> Result<Option<usize>, DecodeError> {
        Ok(Some(match marker {
            Marker::FixArray(length) => length.into(),
            Marker::Array16 => self.length16()?,
            Marker::Array32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    fn map_length(&mut self, marker: Marker) -> Result<Option<usize>, DecodeError> {
        Ok(Some(match marker {
            Marker::FixMap(length) => length.into(),
            Marker::Map16 => self.length16()?,
            Marker::Map32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    fn length8(&mut self) -> Result<usize, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn length16(&mut self) -> Result<usize, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn length32(&mut self) -> Result<usize, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?) as usize)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Steps over one value of any kind, whatever it holds.
    fn skip(&mut self, depth: usize) -> Result<(), DecodeError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let marker = self.marker()?;
        if self.extension(marker)?.is_some()
            || self.string(marker)?.is_some()
            || self.binary(marker)?.is_some()
        {
            return Ok(());
        }
        let inside = match self.array_length(marker)? {
            Some(length) => length,
            None => self.map_length(marker)?.unwrap_or(0).saturating_mul(2),
        };
        for _ in 0..inside {
            self.skip(depth + 1)?;
        }
        match marker {
            Marker::U8 | Marker::I8 => self.take(1)?,
            Marker::U16 | Marker::I16 => self.take(2)?,
            Marker::U32 | Marker::I32 | Marker::F32 => self.take(4)?,
            Marker::U64 | Marker::I64 | Marker::F64 => self.take(8)?,
            Marker::Reserved => return Err(DecodeError::new("msgpack", "a reserved byte")),
            _ => &[],
        };
        Ok(())
    }
}

fn unknown(code: i8, body: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    if code != REFINED || *ty == Type::Dynamic {
        return Ok(Value::unknown());
    }
    let refinement = refinement(&mut Reader { rest: body })?;
    Ok(match refinement.nullness {
        Some(true) => Value::Null,
        Some(false) | None => Value::Unknown(refinement),
    })
}

fn refinement(reader: &mut Reader<'_>) -> Result<Refinement, DecodeError> {
    let expected = |found| DecodeError::new("refinements of an unknown value", found);
    let marker = reader.marker()?;
    let length = reader.map_length(marker)?.ok_or_else(|| expected(describe(marker)))?;
    let mut refinement = Refinement::default();
    for _ in 0..length {
        let key = reader.number()?.as_i64();
        match key {
            Some(NULLNESS) => {
                refinement.nullness = match reader.marker()? {
                    Marker::True => Some(true),
                    Marker::False => Some(false),
                    other => return Err(expected(describe(other))),
                };
            }
            Some(PREFIX) => {
                let prefix = reader.key()?;
                refinement.prefix = Some(normalised(prefix.to_owned()));
            }
            Some(MINIMUM) => refinement.minimum = Some(bound(reader)?),
            Some(MAXIMUM) => refinement.maximum = Some(bound(reader)?),
            // A negative length is nonsense, but harmless: it bounds nothing.
            Some(MIN_LENGTH) => refinement.min_length = reader.number()?.as_u64(),
            Some(MAX_LENGTH) => refinement.max_length = reader.number()?.as_u64(),
            // Terraform may learn new ones; what is not understood only refines less.
            _ => reader.skip(0)?,
        }
    }
    Ok(refinement)
}

fn bound(reader: &mut Reader<'_>) -> Result<Bound, DecodeError> {
    let marker = reader.marker()?;
    if reader.array_length(marker)? != Some(2) {
        return Err(DecodeError::new("a bound", describe(marker)));
    }
    let value = reader.number()?;
    let inclusive = match reader.marker()? {
        Marker::True => true,
        Marker::False => false,
        other => return Err(DecodeError::new("a bound", describe(other))),
    };
    Ok(Bound { value, inclusive })
}

fn write(bytes: &mut Vec<u8>, value: &Value, ty: &Type, depth: usize) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::new("the value nests too deep"));
    }
    match (value, ty) {
        (Value::Null, _) => nil(bytes),
        (Value::Unknown(refinement), _) => write_unknown(bytes, refinement, ty),
        (Value::Bool(truth), Type::Bool) => written(encode::write_bool(bytes, *truth)),
        (Value::Number(number), Type::Number) => write_number(bytes, number),
        (Value::String(text), Type::String) => written(encode::write_str(bytes, text)),
        (Value::List(elements), Type::List(element)) => {
            array_header(bytes, elements.len())?;
            (0..).zip(elements).try_for_each(|(index, value)| {
                write(bytes, value, element, depth + 1)
                    .map_err(|error| error.within(Path::root().index(index)))
            })
        }
        (Value::Set(elements), Type::Set(element)) => {
            array_header(bytes, elements.len())?;
            elements
                .iter()
                .try_for_each(|value| write(bytes, value, element, depth + 1).map_err(Within::cut))
        }
        (Value::Tuple(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            array_header(bytes, elements.len())?;
            (0..).zip(elements).zip(types).try_for_each(|((index, value), ty)| {
                write(bytes, value, ty, depth + 1)
                    .map_err(|error| error.within(Path::root().index(index)))
            })
        }
        (Value::Map(elements), Type::Map(element)) => {
            map_header(bytes, elements.len())?;
            elements.iter().try_for_each(|(key, value)| {
                written(encode::write_str(bytes, key))?;
                write(bytes, value, element, depth + 1)
                    .map_err(|error| error.within(Path::root().key(key.as_str())))
            })
        }
        (Value::Object(attributes), Type::Object(types)) => {
            if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
                return Err(EncodeError::new(format!("attribute {name:?} is not expected")));
            }
            map_header(bytes, types.len())?;
            types.iter().try_for_each(|(name, ty)| {
                let value = attributes
                    .get(name)
                    .ok_or_else(|| EncodeError::new(format!("attribute {name:?} is missing")))?;
                written(encode::write_str(bytes, name))?;
                write(bytes, value, ty, depth + 1)
                    .map_err(|error| error.within(Path::root().attribute(name.as_str())))
            })
        }
        (Value::Dynamic(own, value), Type::Dynamic) => {
            array_header(bytes, 2)?;
            written(encode::write_bin(bytes, &own.to_json_bytes()))?;
            write(bytes, value, own, depth + 1)
        }
        _ => Err(EncodeError::mismatch(&ty.friendly_name(), value.kind())),
    }
}

fn write_number(bytes: &mut Vec<u8>, number: &Number) -> Result<(), EncodeError> {
    if let Some(integer) = number.as_i64() {
        written(encode::write_sint(bytes, integer))
    } else if let Some(integer) = number.as_u64() {
        written(encode::write_uint(bytes, integer))
    } else if let Some(float) = number.as_exact_f64() {
        written(encode::write_f64(bytes, float))
    } else {
        written(encode::write_str(bytes, &number.to_string()))
    }
}

fn write_unknown(
    bytes: &mut Vec<u8>,
    refinement: &Refinement,
    ty: &Type,
) -> Result<(), EncodeError> {
    if refinement.nullness == Some(true) {
        return nil(bytes);
    }
    // Terraform refuses facts that do not belong to the type, so only those that do are written.
    let mut count = 0;
    let mut body = Vec::new();
    let mut fact = |write: &dyn Fn(&mut Vec<u8>) -> Result<(), EncodeError>, key: i64| {
        count += 1;
        written(encode::write_sint(&mut body, key))?;
        write(&mut body)
    };
    if *ty != Type::Dynamic && refinement.nullness == Some(false) {
        fact(&|body| written(encode::write_bool(body, false)), NULLNESS)?;
    }
    match ty {
        Type::String => {
            if let Some(prefix) = refinement.prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
                let prefix = cut_prefix(prefix);
                fact(&|body| written(encode::write_str(body, prefix)), PREFIX)?;
            }
        }
        Type::Number => {
            for (bound, key) in [(&refinement.minimum, MINIMUM), (&refinement.maximum, MAXIMUM)] {
                let Some(bound) = bound else { continue };
                let write = |body: &mut Vec<u8>| {
                    array_header(body, 2)?;
                    write_number(body, &bound.value)?;
                    written(encode::write_bool(body, bound.inclusive))
                };
                fact(&write, key)?;
            }
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            let lengths =
                [(refinement.min_length, MIN_LENGTH), (refinement.max_length, MAX_LENGTH)];
            for (length, key) in lengths {
                let Some(length) = length else { continue };
                fact(&|body| written(encode::write_uint(body, length)), key)?;
            }
        }
        Type::Bool | Type::Dynamic | Type::Object(_) | Type::Tuple(_) => {}
    }
    if count == 0 {
        // An empty map of refinements would be refused.
        bytes.extend_from_slice(&UNREFINED);
        return Ok(());
    }
    let mut payload = Vec::new();
    map_header(&mut payload, count)?;
    payload.extend_from_slice(&body);
    written(encode::write_ext_meta(bytes, length32(payload.len())?, REFINED))?;
    bytes.extend_from_slice(&payload);
    Ok(())
}

/// The start of a long prefix, which is as true as all of it: Terraform limits how much it takes.
fn cut_prefix(prefix: &str) -> &str {
    &prefix[..prefix.floor_char_boundary(MAX_PREFIX)]
}

fn nil(bytes: &mut Vec<u8>) -> Result<(), EncodeError> {
    bytes.push(Marker::Null.to_u8());
    Ok(())
}

fn array_header(bytes: &mut Vec<u8>, length: usize) -> Result<(), EncodeError> {
    written(encode::write_array_len(bytes, length32(length)?))
}

fn map_header(bytes: &mut Vec<u8>, length: usize) -> Result<(), EncodeError> {
    written(encode::write_map_len(bytes, length32(length)?))
}

fn length32(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError::new("the value is too long"))
}

/// Writing to memory does not fail; should it, it is an error and not a panic.
fn written<T, E>(result: Result<T, E>) -> Result<(), EncodeError> {
    result.map(drop).map_err(|_| EncodeError::new("the value cannot be written"))
}

fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(bytes).map_err(|_| DecodeError::new("text", "bytes that are not UTF-8"))
}

fn truncated() -> DecodeError {
    DecodeError::new("more bytes", "the end")
}

fn too_deep() -> DecodeError {
    DecodeError::new(format!("at most {MAX_DEPTH} levels"), "more")
}

fn describe(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::True | Marker::False => "bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::Reserved => "a reserved byte",
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => "an extension",
        _ => "number",
    }
}

/// Extension code of an unknown value with refinements.
const REFINED: i8 = 12;
/// An unknown value without: one byte of extension code 0.
const UNREFINED: [u8; 3] = [0xd4, 0, 0];
const NULLNESS: i64 = 1;
const PREFIX: i64 = 2;
const MINIMUM: i64 = 3;
const MAXIMUM: i64 = 4;
const MIN_LENGTH: i64 = 5;
const MAX_LENGTH: i64 = 6;
/// Bytes of a prefix that are worth sending.
const MAX_PREFIX: usize = 256;

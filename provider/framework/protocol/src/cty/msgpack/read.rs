//! Reading values.

use rmp::Marker;

use crate::cty::error::Within;
use crate::cty::value::{normalised, normalised_name};
use crate::cty::{Bound, DecodeError, MAX_DEPTH, Named, Number, Path, Refinement, Type, Value};

use super::write::cut_prefix;
use super::{MAX_LENGTH, MAXIMUM, MIN_LENGTH, MINIMUM, NULLNESS, PREFIX, REFINED};

/// Reads the one value that the bytes are.
pub(super) fn whole(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::new("the end of the value", "more bytes"))
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
                let mut elements = Vec::with_capacity(self.room(length));
                for _ in 0..length {
                    let key = normalised_name(self.key()?);
                    let value = self
                        .value(element, depth + 1)
                        .map_err(|error| error.within(Path::root().key(&key)))?;
                    elements.push((key, value));
                }
                Ok(Value::Map(elements.into_iter().collect()))
            }
            Type::Object(types) => {
                let length = self.map_length(marker)?.ok_or_else(mismatch)?;
                self.object(types, length, depth)
            }
        }
    }

    fn object(
        &mut self,
        types: &Named<Type>,
        length: usize,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let mut attributes = Vec::with_capacity(self.room(length.min(types.len())));
        // Terraform writes them in the order of the type, and then nothing has to be looked up.
        let mut expected = types.iter();
        let mut ordered = true;
        for _ in 0..length {
            let key = self.key()?;
            let found = expected.next().filter(|(next, _)| ordered && **next == *key);
            let (name, ty) = match found {
                Some(found) => found,
                None => {
                    ordered = false;
                    types.get_key_value(key).ok_or_else(|| {
                        let found = format!("the attribute {key:?}");
                        DecodeError::new("only attributes of the schema", found)
                    })?
                }
            };
            let value = self
                .value(ty, depth + 1)
                .map_err(|error| error.within(Path::root().attribute(name)))?;
            if !ordered && attributes.iter().any(|(before, _)| before == name) {
                return Err(DecodeError::new("each attribute once", format!("{name:?} twice")));
            }
            attributes.push((name.clone(), value));
        }
        let attributes =
            if ordered { Named::sorted(attributes) } else { attributes.into_iter().collect() };
        if attributes.len() == types.len() {
            return Ok(Value::Object(attributes));
        }
        let missing = types.keys().find(|name| !attributes.contains_key(name));
        let missing = missing.map_or("", |name| name.as_str());
        Err(DecodeError::new(format!("the attribute {missing:?}"), "none"))
    }

    /// For how many elements to reserve memory: each is at least a byte, whatever length is claimed.
    fn room(&self, length: usize) -> usize {
        length.min(self.rest.len()).min(1024)
    }

    fn elements(
        &mut self,
        length: usize,
        mut read: impl FnMut(&mut Self, i64) -> Result<Value, DecodeError>,
    ) -> Result<Vec<Value>, DecodeError> {
        let mut values = Vec::with_capacity(self.room(length));
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
        Some(false) | None => of_type(refinement, ty).into(),
    })
}

/// The facts that belong to the type, which are those that are written too.
fn of_type(facts: Refinement, ty: &Type) -> Refinement {
    let Refinement { nullness, prefix, minimum, maximum, min_length, max_length } = facts;
    let nothing = Refinement { nullness, ..Refinement::default() };
    match ty {
        Type::String => {
            let prefix = prefix.filter(|prefix| !prefix.is_empty());
            Refinement { prefix: prefix.map(|prefix| cut_prefix(&prefix).to_owned()), ..nothing }
        }
        Type::Number => Refinement { minimum, maximum, ..nothing },
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            Refinement { min_length, max_length, ..nothing }
        }
        Type::Bool | Type::Dynamic | Type::Object(_) | Type::Tuple(_) => nothing,
    }
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

//! Writing values.

use rmp::{Marker, encode};

use crate::cty::error::{Within, same_names};
use crate::cty::{EncodeError, MAX_DEPTH, Number, Path, Refinement, Type, Value};

use super::{MAX_LENGTH, MAXIMUM, MIN_LENGTH, MINIMUM, NULLNESS, PREFIX, REFINED};

/// Writes a value that lies `depth` levels inside another.
pub(super) fn write(
    bytes: &mut Vec<u8>,
    value: &Value,
    ty: &Type,
    depth: usize,
) -> Result<(), EncodeError> {
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
                    .map_err(|error| error.within(Path::root().key(key)))
            })
        }
        (Value::Object(attributes), Type::Object(types)) => {
            same_names(attributes, types)?;
            map_header(bytes, types.len())?;
            attributes.iter().zip(types.values()).try_for_each(|((name, value), ty)| {
                written(encode::write_str(bytes, name))?;
                write(bytes, value, ty, depth + 1)
                    .map_err(|error| error.within(Path::root().attribute(name)))
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
pub(super) fn cut_prefix(prefix: &str) -> &str {
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

/// An unknown value without: one byte of extension code 0.
const UNREFINED: [u8; 3] = [0xd4, 0, 0];
/// Bytes of a prefix that are worth sending.
const MAX_PREFIX: usize = 256;

//! Types and values made of the bytes that the fuzzer varies.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use tf_provider_protocol::cty::{Bound, Number, Refinement, Type, Value};

/// A type of at most `depth` levels
///
/// # Errors
/// When the bytes end.
pub fn ty(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Type> {
    let kinds = if depth == 0 { 3 } else { 8 };
    Ok(match bytes.int_in_range(0..=kinds)? {
        0 => Type::Bool,
        1 => Type::Number,
        2 => Type::String,
        3 => Type::Dynamic,
        4 => Type::list(ty(bytes, depth - 1)?),
        5 => Type::set(ty(bytes, depth - 1)?),
        6 => Type::map(ty(bytes, depth - 1)?),
        7 => {
            let names = ["a", "b", "é", "type", "value"].iter().take(bytes.int_in_range(0..=5)?);
            let attributes = names.map(|name| Ok((*name, ty(bytes, depth - 1)?)));
            Type::object(attributes.collect::<Result<Vec<_>>>()?)
        }
        _ => {
            let length = bytes.int_in_range(0..=3)?;
            Type::Tuple((0..length).map(|_| ty(bytes, depth - 1)).collect::<Result<_>>()?)
        }
    })
}

/// A value of a type
///
/// # Errors
/// When the bytes end.
pub fn value(bytes: &mut Unstructured<'_>, of: &Type, unknowns: bool) -> Result<Value> {
    value_at(bytes, of, unknowns, 0)
}

fn value_at(
    bytes: &mut Unstructured<'_>,
    of: &Type,
    unknowns: bool,
    depth: usize,
) -> Result<Value> {
    // Dynamic values could hold each other for ever, and what is too deep cannot be written.
    if depth > 20 {
        return Ok(Value::Null);
    }
    let inner = |bytes: &mut Unstructured<'_>, of: &Type| value_at(bytes, of, unknowns, depth + 1);
    let length = |bytes: &mut Unstructured<'_>| bytes.int_in_range(0..=4_usize);
    match bytes.int_in_range(0..=9)? {
        0 => return Ok(Value::Null),
        1 if unknowns => return Ok(Value::unknown()),
        2 if unknowns => return refined(bytes, of),
        _ => {}
    }
    Ok(match of {
        Type::Bool => Value::Bool(bytes.arbitrary()?),
        Type::Number => Value::Number(number(bytes)?),
        Type::String => Value::string(bytes.arbitrary::<&str>()?),
        Type::Dynamic => {
            let own = ty(bytes, 1)?;
            let held = inner(bytes, &own)?;
            Value::Dynamic(Box::new(own), Box::new(held))
        }
        Type::List(element) => {
            let length = length(bytes)?;
            Value::List((0..length).map(|_| inner(bytes, element)).collect::<Result<_>>()?)
        }
        Type::Set(element) => {
            let length = length(bytes)?;
            Value::set((0..length).map(|_| inner(bytes, element)).collect::<Result<_>>()?)
        }
        Type::Map(element) => {
            let pairs = (0..length(bytes)?)
                .map(|_| Ok((bytes.arbitrary::<&str>()?, inner(bytes, element)?)));
            Value::map(pairs.collect::<Result<Vec<_>>>()?)
        }
        Type::Object(types) => {
            let attributes = types.iter().map(|(name, ty)| Ok((name.as_str(), inner(bytes, ty)?)));
            Value::object(attributes.collect::<Result<Vec<_>>>()?)
        }
        Type::Tuple(types) => {
            let elements = types.iter().map(|ty| inner(bytes, ty));
            Value::Tuple(elements.collect::<Result<_>>()?)
        }
    })
}

fn number(bytes: &mut Unstructured<'_>) -> Result<Number> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => bytes.arbitrary::<i64>()?.into(),
        1 => bytes.arbitrary::<u64>()?.into(),
        2 => Number::from_exact_f64(bytes.arbitrary()?).unwrap_or_else(|_| 0.into()),
        _ => {
            let (digits, exponent) = (bytes.arbitrary::<i64>()?, bytes.arbitrary::<i16>()?);
            format!("{digits}e{exponent}").parse().unwrap_or_else(|_| digits.into())
        }
    })
}

/// An unknown value, with facts of its type and no others.
fn refined(bytes: &mut Unstructured<'_>, of: &Type) -> Result<Value> {
    let mut refinement = Refinement::not_null();
    match of {
        Type::Dynamic => return Ok(Value::unknown()),
        Type::String => {
            refinement = refinement.with_prefix("a");
        }
        Type::Number => {
            let value = number(bytes)?;
            refinement.minimum = Some(Bound { value, inclusive: bytes.arbitrary()? });
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            refinement.max_length = bytes.arbitrary()?;
        }
        Type::Bool | Type::Object(_) | Type::Tuple(_) => {}
    }
    Ok(refinement.into())
}

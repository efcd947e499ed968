//! Values as msgpack, the form in which Terraform sends them and wants them back.
//!
//! The input is not trusted: nothing is allocated by a length it claims, nesting is limited, and what
//! is malformed is an error. An unknown value is an extension: code 12 holds a map of refinements,
//! every other code says nothing more.

mod read;
mod write;

use super::{DecodeError, EncodeError, Type, Value};

impl Value {
    /// Reads a value of type `ty`. Objects must have exactly the attributes of their type.
    ///
    /// # Errors
    /// When the bytes are not msgpack, not of that type, nest too deep, or go on after the value.
    pub fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Self, DecodeError> {
        read::whole(bytes, ty)
    }

    /// Writes the value as one of type `ty`. Whole numbers become integers, those that a double
    /// holds exactly become doubles, and all others decimal text, as Terraform does it.
    ///
    /// # Errors
    /// When the value is not of that type, or nests too deep.
    pub fn to_msgpack(&self, ty: &Type) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        write::write(&mut bytes, self, ty, 0)?;
        Ok(bytes)
    }
}

/// Extension code of an unknown value with refinements.
const REFINED: i8 = 12;
const NULLNESS: i64 = 1;
const PREFIX: i64 = 2;
const MINIMUM: i64 = 3;
const MAXIMUM: i64 = 4;
const MIN_LENGTH: i64 = 5;
const MAX_LENGTH: i64 = 6;

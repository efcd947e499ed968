//! The serializer of parameter texts.

use std::fmt::Display;

use serde::{
    Serialize, Serializer,
    ser::{
        Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
        SerializeTupleStruct,
    },
};

use super::CodecError;

/// Writes one value; `None` stands for no value
pub(super) struct Writer;

fn text(value: impl Display) -> Result<Option<String>, CodecError> {
    Ok(Some(value.to_string()))
}

fn unsupported<T>(what: &str) -> Result<T, CodecError> {
    Err(CodecError::new(format!("{what} has no form in a parameter")))
}

impl Serializer for Writer {
    type Ok = Option<String>;
    type Error = CodecError;
    type SerializeSeq = ListWriter;
    type SerializeTuple = ListWriter;
    type SerializeTupleStruct = ListWriter;
    type SerializeTupleVariant = Impossible<Option<String>, CodecError>;
    type SerializeMap = PropertyWriter;
    type SerializeStruct = PropertyWriter;
    type SerializeStructVariant = Impossible<Option<String>, CodecError>;

    fn serialize_bool(self, value: bool) -> Result<Self::Ok, CodecError> {
        text(u8::from(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_f32(self, value: f32) -> Result<Self::Ok, CodecError> {
        if value.is_finite() { text(value) } else { unsupported("a number without end") }
    }

    fn serialize_f64(self, value: f64) -> Result<Self::Ok, CodecError> {
        if value.is_finite() { text(value) } else { unsupported("a number without end") }
    }

    fn serialize_char(self, value: char) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_str(self, value: &str) -> Result<Self::Ok, CodecError> {
        text(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Self::Ok, CodecError> {
        unsupported("a string of bytes")
    }

    fn serialize_none(self) -> Result<Self::Ok, CodecError> {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, CodecError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, CodecError> {
        Ok(None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Self::Ok, CodecError> {
        Ok(None)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, CodecError> {
        text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, CodecError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, CodecError> {
        unsupported("an enum variant with a value")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListWriter, CodecError> {
        Ok(ListWriter { elements: Vec::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<ListWriter, CodecError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListWriter, CodecError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, CodecError> {
        unsupported("an enum variant with values")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<PropertyWriter, CodecError> {
        Ok(PropertyWriter { first: None, key: None, parts: Vec::new() })
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, CodecError> {
        Ok(PropertyWriter { first: Some(true), key: None, parts: Vec::new() })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, CodecError> {
        unsupported("an enum variant with fields")
    }
}

pub(super) struct ListWriter {
    elements: Vec<String>,
}

impl ListWriter {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let index = self.elements.len();
        let Some(element) = value.serialize(Writer).map_err(|error| error.at(index.to_string()))?
        else {
            return Ok(());
        };
        let breaks = |character: char| matches!(character, ',' | ';') || character.is_whitespace();
        if element.is_empty() || element.contains(breaks) {
            let message = format!(
                "{element:?} cannot be an element of a list: it is empty or holds a separator"
            );
            return Err(CodecError::new(message).at(index.to_string()));
        }
        self.elements.push(element);
        Ok(())
    }
}

impl SerializeSeq for ListWriter {
    type Ok = Option<String>;
    type Error = CodecError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Result<Self::Ok, CodecError> {
        Ok(Some(self.elements.join(";")))
    }
}

impl SerializeTuple for ListWriter {
    type Ok = Option<String>;
    type Error = CodecError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Result<Self::Ok, CodecError> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for ListWriter {
    type Ok = Option<String>;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Result<Self::Ok, CodecError> {
        SerializeSeq::end(self)
    }
}

pub(super) struct PropertyWriter {
    /// For a struct: whether the next field is its first, which stands without its key.
    first: Option<bool>,
    key: Option<String>,
    parts: Vec<String>,
}

impl PropertyWriter {
    fn push<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), CodecError> {
        let is_default = self.first.replace(false) == Some(true);
        let written = value.serialize(Writer).map_err(|error| error.at(key))?;
        let Some(written) = written.filter(|written| !written.is_empty()) else { return Ok(()) };
        if written.contains(',') || written.trim() != written {
            let message = format!(
                "{written:?} cannot be a property: it holds a comma, or blanks at its ends"
            );
            return Err(CodecError::new(message).at(key));
        }
        // A `=` inside the bare value would make a key of its beginning.
        if is_default && !written.contains('=') {
            self.parts.push(written);
        } else {
            self.parts.push(format!("{key}={written}"));
        }
        Ok(())
    }
}

impl SerializeStruct for PropertyWriter {
    type Ok = Option<String>;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.push(key, value)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), CodecError> {
        self.first = Some(false);
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, CodecError> {
        Ok(Some(self.parts.join(",")))
    }
}

impl SerializeMap for PropertyWriter {
    type Ok = Option<String>;
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        let key = key.serialize(Writer)?.unwrap_or_default();
        if key.is_empty() || key.contains([',', '=']) || key.trim() != key {
            return Err(CodecError::new(format!("{key:?} cannot be the key of a property")));
        }
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let Some(key) = self.key.take() else {
            return Err(CodecError::new("a value was written before its key"));
        };
        self.push(&key, value)
    }

    fn end(self) -> Result<Self::Ok, CodecError> {
        Ok(Some(self.parts.join(",")))
    }
}

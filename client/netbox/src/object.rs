//! Objects as the API answers them, read without being strict about it.

use serde_json::{Map, Value};

use crate::{Error, ErrorKind};

/// The fields of an object, by their API names
pub type Fields = Map<String, Value>;

/// An object as the server answered it
///
/// What it does not have is null, whatever is unknown is kept, and a choice may be `{value, label}` or
/// the bare value: both change from version to version.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    id: i64,
    fields: Fields,
    etag: Option<String>,
}

impl Object {
    pub(crate) fn new(value: Value, etag: Option<String>) -> Result<Self, Error> {
        let unreadable = |what: &str| Error::new(ErrorKind::Decode, format!("the answer {what}"));
        let Value::Object(fields) = value else { return Err(unreadable("is no object")) };
        let id = fields.get("id").and_then(integer);
        let id = id.ok_or_else(|| unreadable("is an object without an `id`"))?;
        Ok(Self { id, fields, etag })
    }

    /// The number that the server gave it
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The fields
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A field; null where it is absent
    pub fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// A text, a choice's value, or the number of something as text
    pub fn text(&self, field: &str) -> Option<String> {
        text(self.get(field))
    }

    /// A whole number, written as one or as text
    pub fn integer(&self, field: &str) -> Option<i64> {
        integer(self.get(field))
    }

    /// The number of the object that a field refers to
    pub fn reference(&self, field: &str) -> Option<i64> {
        reference(self.get(field))
    }

    /// The names of its tags
    pub fn tags(&self) -> Vec<String> {
        let tags = self.get("tags").as_array().into_iter().flatten();
        tags.filter_map(|tag| text(tag.get("name").unwrap_or(tag))).collect()
    }

    pub(crate) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    pub(crate) fn set(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
    }
}

/// A text, a choice's value, or a number as text
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Object(fields) => text(fields.get("value")?),
        Value::Null | Value::Array(_) => None,
    }
}

/// A whole number, written as one or as text, or as a choice's value
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            let whole = |float: &f64| float.fract() == 0.0 && float.abs() < 9e15;
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            let float = || number.as_f64().filter(whole).map(|float| float as i64);
            number.as_i64().or_else(float)
        }
        Value::String(text) => text.trim().parse().ok(),
        Value::Object(fields) => integer(fields.get("value")?),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// The number of the object that a field refers to: the object itself, or the bare number
pub fn reference(value: &Value) -> Option<i64> {
    match value {
        Value::Object(fields) => integer(fields.get("id")?),
        other => integer(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_of_several_versions_are_read_alike() {
        let read = |value| Object::new(value, None).unwrap();
        let new = read(json!({
            "id": 7, "status": {"value": "active", "label": "Active"}, "vrf": {"id": 3, "name": "x"},
            "family": {"value": 4, "label": "IPv4"}, "tags": [{"id": 1, "name": "a", "slug": "a"}],
        }));
        let old = read(json!({
            "id": "7", "status": "active", "vrf": "3", "family": 4, "tags": ["a"], "new": {"x": 1},
        }));
        for object in [new, old] {
            assert_eq!(object.id(), 7);
            assert_eq!(object.text("status").as_deref(), Some("active"));
            assert_eq!(object.reference("vrf"), Some(3));
            assert_eq!(object.integer("family"), Some(4));
            assert_eq!(object.tags(), ["a"]);
            assert_eq!(object.reference("tenant"), None);
        }
        assert_eq!(integer(&json!(4.0)), Some(4));
        assert_eq!(integer(&json!(4.5)), None);
    }

    #[test]
    fn nothing_is_an_object_without_its_number() {
        assert!(Object::new(json!({"name": "x"}), None).is_err());
        assert!(Object::new(json!([]), None).is_err());
    }
}

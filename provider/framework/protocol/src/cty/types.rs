//! Types of values.

use std::fmt;

use serde_json::{Value as Json, json};

use super::{MAX_DEPTH, Name, Named};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these and no others")]
pub enum Type {
    /// True or false.
    Bool,
    /// An exact number.
    Number,
    /// Unicode text in normalisation form C.
    String,
    /// Decided by each value; such a value carries its own type.
    Dynamic,
    /// Elements of one type in an order.
    List(Box<Self>),
    /// Distinct elements of one type without an order.
    Set(Box<Self>),
    /// Elements of one type by key.
    Map(Box<Self>),
    /// Named attributes, each of its own type.
    Object(Named<Self>),
    /// Positions, each of its own type.
    Tuple(Vec<Self>),
}

impl Type {
    /// The type of lists of `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// The type of sets of `element`.
    #[must_use]
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// The type of maps of `element`.
    #[must_use]
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// The type of objects with these attributes.
    #[must_use]
    pub fn object<N: Into<Name>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(attributes.into_iter().collect())
    }

    /// The type as the protocol writes it in schemas: `"string"`, `["list","number"]`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool => json!("bool"),
            Self::Number => json!("number"),
            Self::String => json!("string"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, ty)| (name.into(), ty.to_json())).collect();
                json!(["object", attributes])
            }
            Self::Tuple(elements) => {
                json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()])
            }
        }
    }

    /// The bytes of [`Type::to_json`], as the `type` fields of the protocol hold them.
    #[must_use]
    pub fn to_json_bytes(&self) -> Vec<u8> {
        self.to_json().to_string().into_bytes()
    }

    /// Reads what [`Type::to_json`] writes.
    ///
    /// # Errors
    /// When it is no type, or nests too deep.
    pub fn from_json(json: &Json) -> Result<Self, ParseTypeError> {
        Self::from_json_at(json, 0)
    }

    /// Reads what [`Type::to_json_bytes`] writes.
    ///
    /// # Errors
    /// When it is no JSON, no type, or nests too deep.
    pub fn from_json_bytes(bytes: &[u8]) -> Result<Self, ParseTypeError> {
        let json = serde_json::from_slice(bytes).map_err(|_| ParseTypeError)?;
        Self::from_json(&json)
    }

    /// What Terraform calls the type in messages: `list of string`, `object`.
    #[must_use]
    pub fn friendly_name(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Number => "number".to_owned(),
            Self::String => "string".to_owned(),
            Self::Dynamic => "dynamic".to_owned(),
            Self::List(element) => format!("list of {}", element.friendly_name()),
            Self::Set(element) => format!("set of {}", element.friendly_name()),
            Self::Map(element) => format!("map of {}", element.friendly_name()),
            Self::Object(_) => "object".to_owned(),
            Self::Tuple(_) => "tuple".to_owned(),
        }
    }

    fn from_json_at(json: &Json, depth: usize) -> Result<Self, ParseTypeError> {
        if depth > MAX_DEPTH {
            return Err(ParseTypeError);
        }
        let inner = |json| Self::from_json_at(json, depth + 1);
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Self::Bool),
                "number" => Ok(Self::Number),
                "string" => Ok(Self::String),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(ParseTypeError),
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), element] if kind == "list" => Ok(Self::list(inner(element)?)),
                [Json::String(kind), element] if kind == "set" => Ok(Self::set(inner(element)?)),
                [Json::String(kind), element] if kind == "map" => Ok(Self::map(inner(element)?)),
                [Json::String(kind), Json::Object(attributes)] if kind == "object" => {
                    let attributes = attributes.iter().map(|(name, ty)| Ok((name, inner(ty)?)));
                    Ok(Self::Object(attributes.collect::<Result<_, _>>()?))
                }
                [Json::String(kind), Json::Array(elements)] if kind == "tuple" => {
                    Ok(Self::Tuple(elements.iter().map(inner).collect::<Result<_, _>>()?))
                }
                _ => Err(ParseTypeError),
            },
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Err(ParseTypeError),
        }
    }
}

/// As a Terraform type constraint: `list(string)`, `object({ name = string })`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Dynamic => f.write_str("dynamic"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Object(attributes) if attributes.is_empty() => f.write_str("object({})"),
            Self::Object(attributes) => {
                for (position, (name, ty)) in attributes.iter().enumerate() {
                    let lead = if position == 0 { "object({ " } else { ", " };
                    write!(f, "{lead}{name} = {ty}")?;
                }
                f.write_str(" })")
            }
            Self::Tuple(elements) => {
                f.write_str("tuple([")?;
                for (position, ty) in elements.iter().enumerate() {
                    let lead = if position == 0 { "" } else { ", " };
                    write!(f, "{lead}{ty}")?;
                }
                f.write_str("])")
            }
        }
    }
}

/// JSON that describes no type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the description of a type")]
pub struct ParseTypeError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_text() {
        let cases = [
            (Type::Bool, r#""bool""#, "bool"),
            (Type::Dynamic, r#""dynamic""#, "dynamic"),
            (Type::list(Type::String), r#"["list","string"]"#, "list(string)"),
            (Type::map(Type::set(Type::Number)), r#"["map",["set","number"]]"#, "map(set(number))"),
            (
                Type::object([("b", Type::Bool), ("a", Type::object::<&str>([]))]),
                r#"["object",{"a":["object",{}],"b":"bool"}]"#,
                "object({ a = object({}), b = bool })",
            ),
            (
                Type::Tuple(vec![Type::String, Type::Number]),
                r#"["tuple",["string","number"]]"#,
                "tuple([string, number])",
            ),
        ];
        for (ty, json, text) in cases {
            assert_eq!(String::from_utf8(ty.to_json_bytes()).unwrap(), json);
            assert_eq!(Type::from_json_bytes(json.as_bytes()), Ok(ty.clone()));
            assert_eq!(ty.to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for json in [
            "",
            "null",
            r#""text""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["object",["string"]]"#,
            r#"["tuple",{}]"#,
            r#"{"list":"string"}"#,
        ] {
            assert_eq!(Type::from_json_bytes(json.as_bytes()), Err(ParseTypeError), "{json}");
        }
        let deep = "[\"list\",".repeat(10_000) + "\"string\"" + &"]".repeat(10_000);
        assert_eq!(Type::from_json_bytes(deep.as_bytes()), Err(ParseTypeError));
    }
}

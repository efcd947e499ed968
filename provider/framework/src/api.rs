//! The plain mapping between attributes and the fields of a system's API.
//!
//! Most attributes are one field of one API object. `#[attr(setting, api = "onboot")]` says which, and
//! the derive writes both directions. What an API does with its scalars (0 and 1 for booleans, lists in
//! a string) is the business of an [`ApiFormat`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::str::FromStr;

use serde_json::Map;
pub use serde_json::Value as Json;

use crate::types::MapKey;
use crate::{AttributeType, Text};

/// Fields of an API object, by their API names.
pub type ApiFields = Map<String, Json>;

/// Changes of an API object, by API name; nothing = back to the server's default.
pub type ApiChanges = BTreeMap<String, Option<Json>>;

/// How an API writes its values. Every method has the plain JSON reading as default.
pub trait ApiFormat {
    /// Whether a value stands for "not set".
    fn absent(value: &Json) -> bool {
        value.is_null()
    }

    /// Reads a boolean.
    fn boolean(value: &Json) -> Option<bool> {
        value.as_bool()
    }

    /// Reads a whole number.
    fn integer(value: &Json) -> Option<i64> {
        value.as_i64()
    }

    /// Reads a number.
    fn float(value: &Json) -> Option<f64> {
        value.as_f64()
    }

    /// Reads a string.
    fn string(value: &Json) -> Option<String> {
        value.as_str().map(str::to_owned)
    }

    /// Reads a list.
    fn list(value: &Json) -> Option<Vec<Json>> {
        value.as_array().cloned()
    }

    /// Reads an object; `default_key` is the key of a value that comes without one.
    fn object(value: &Json, default_key: &str) -> Option<ApiFields> {
        let _ = default_key;
        value.as_object().cloned()
    }
}

/// An API that writes its values as JSON means them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PlainJson;

impl ApiFormat for PlainJson {}

/// A field of an API answer that is not what the attribute takes.
#[derive(Debug)]
pub struct ApiError {
    field: String,
    wanted: String,
}

impl ApiError {
    /// A value that is not `wanted`, a noun phrase.
    pub fn new(wanted: impl Into<String>) -> Self {
        Self { field: String::new(), wanted: wanted.into() }
    }

    /// The same, inside `field`.
    #[must_use]
    pub fn within(mut self, field: &str) -> Self {
        self.field = match self.field.is_empty() {
            true => field.to_owned(),
            false => format!("{field}.{}", self.field),
        };
        self
    }
}

impl Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's answer has `{}`, which is not {}", self.field, self.wanted)
    }
}

impl std::error::Error for ApiError {}

/// An attribute type that an API field can hold.
pub trait ApiType: AttributeType {
    /// The planned value as the API takes it.
    fn to_api(plan: &Self::Plan) -> Json;

    /// Reads a field.
    ///
    /// # Errors
    /// A value that the type does not take.
    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError>;
}

/// A struct whose every stored attribute is a field of one API object.
pub trait FromApi: Sized {
    /// Reads the object. What only the configuration knows is left empty: the framework carries it.
    ///
    /// # Errors
    /// A field that is missing or not what the attribute takes.
    fn from_api<F: ApiFormat>(fields: &ApiFields) -> Result<Self, ApiError>;
}

/// Reads one field, if the answer has it; the derive calls it.
///
/// # Errors
/// As [`ApiType::from_api`].
pub fn field<F: ApiFormat, T: ApiType>(
    fields: &ApiFields,
    name: &str,
) -> Result<Option<T>, ApiError> {
    match fields.get(name) {
        None => Ok(None),
        Some(value) if F::absent(value) => Ok(None),
        Some(value) => T::from_api::<F>(value).map(Some).map_err(|error| error.within(name)),
    }
}

/// Reads one field that the answer must have; the derive calls it.
///
/// # Errors
/// As [`ApiType::from_api`], or when it is missing.
pub fn required_field<F: ApiFormat, T: ApiType>(
    fields: &ApiFields,
    name: &str,
) -> Result<T, ApiError> {
    field::<F, T>(fields, name)?.ok_or_else(|| ApiError::new("there").within(name))
}

macro_rules! scalar {
    ($rust:ty, $read:ident, $wanted:literal) => {
        impl ApiType for $rust {
            fn to_api(plan: &Self) -> Json {
                Json::from(plan.clone())
            }

            fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
                F::$read(value).ok_or_else(|| ApiError::new($wanted))
            }
        }
    };
}

scalar!(bool, boolean, "a boolean");
scalar!(i64, integer, "a whole number");
scalar!(f64, float, "a number");
scalar!(String, string, "a string");

impl<T> ApiType for Text<T>
where
    Self: AttributeType<Plan = Self>,
    T: FromStr<Err: Display> + Display,
{
    fn to_api(plan: &Self) -> Json {
        Json::String(plan.to_string())
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        let text = F::string(value).ok_or_else(|| ApiError::new("a string"))?;
        text.parse().map_err(|error: T::Err| ApiError::new(format!("valid: {error}")))
    }
}

impl<T: ApiType> ApiType for Vec<T> {
    fn to_api(plan: &Self::Plan) -> Json {
        Json::Array(plan.iter().map(T::to_api).collect())
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        let list = F::list(value).ok_or_else(|| ApiError::new("a list"))?;
        list.iter().map(T::from_api::<F>).collect()
    }
}

impl<T: ApiType<Plan = T> + Ord> ApiType for BTreeSet<T> {
    fn to_api(plan: &Self) -> Json {
        Json::Array(plan.iter().map(T::to_api).collect())
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        let list = F::list(value).ok_or_else(|| ApiError::new("a list"))?;
        list.iter().map(T::from_api::<F>).collect()
    }
}

impl<K: MapKey, T: ApiType> ApiType for BTreeMap<K, T> {
    fn to_api(plan: &Self::Plan) -> Json {
        Json::Object(plan.iter().map(|(key, value)| (key.to_string(), T::to_api(value))).collect())
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        let fields = F::object(value, "").ok_or_else(|| ApiError::new("an object"))?;
        fields
            .iter()
            .map(|(key, value)| {
                let parsed = key.parse().map_err(|error: K::Err| {
                    ApiError::new(format!("a valid key: {error}")).within(key)
                })?;
                Ok((parsed, T::from_api::<F>(value).map_err(|error| error.within(key))?))
            })
            .collect()
    }
}

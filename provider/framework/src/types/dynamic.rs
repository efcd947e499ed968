//! Attributes whose type each configuration chooses.

use serde_json::Value as Json;

use super::{AttributeType, mismatch};
use crate::Result;
use crate::api::{ApiError, ApiFormat, ApiType};
use crate::cty::{Number, Path, Type, Value as CtyValue};
use crate::schema::Kind;

/// A value of whatever type it has, such as the custom fields of an object: a string, a number, a list,
/// an object. It never lies in a set or a map; make it an attribute of its own.
///
/// Two of them are equal when they mean the same JSON: a list and a tuple, a map and an object do.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    ty: Type,
    value: CtyValue,
}

impl Dynamic {
    /// The value that a JSON text means.
    pub fn from_json(json: &Json) -> Self {
        let (ty, value) = from_json(json);
        Self { ty, value }
    }

    /// The value as JSON; unknown parts are null.
    pub fn to_json(&self) -> Json {
        to_json(&self.value)
    }

    /// Whether every part of it is known.
    pub fn is_known(&self) -> bool {
        self.value.is_wholly_known()
    }

    /// The value itself.
    pub fn value(&self) -> &CtyValue {
        &self.value
    }
}

impl AttributeType for Dynamic {
    type Values = Self;
    type Plan = Self;

    fn kind() -> Kind {
        Kind::Plain(Type::Dynamic)
    }

    fn canonical(value: &CtyValue) -> CtyValue {
        shape(value)
    }

    fn to_value(&self) -> CtyValue {
        CtyValue::Dynamic(Box::new(self.ty.clone()), Box::new(self.value.clone()))
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self> {
        match value {
            CtyValue::Dynamic(ty, value) => {
                Ok(Self { ty: (**ty).clone(), value: (**value).clone() })
            }
            _ => Err(mismatch("a value with a type", path)),
        }
    }

    fn read_plan(planned: &CtyValue, _config: &CtyValue, path: &Path) -> Result<Self> {
        Self::read_values(planned, path)
    }
}

impl ApiType for Dynamic {
    fn to_api(plan: &Self) -> Json {
        plan.to_json()
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        Ok(Self::from_json(value))
    }
}

fn from_json(json: &Json) -> (Type, CtyValue) {
    match json {
        Json::Null => (Type::Dynamic, CtyValue::Null),
        Json::Bool(truth) => (Type::Bool, CtyValue::Bool(*truth)),
        Json::Number(number) => {
            let number = number.to_string().parse::<Number>();
            (Type::Number, number.map_or(CtyValue::Null, CtyValue::Number))
        }
        Json::String(text) => (Type::String, CtyValue::string(text)),
        Json::Array(elements) => {
            let (types, values) = elements.iter().map(from_json).unzip();
            (Type::Tuple(types), CtyValue::Tuple(values))
        }
        Json::Object(fields) => {
            let parts = fields.iter().map(|(name, json)| {
                let (ty, value) = from_json(json);
                ((name.clone(), ty), (name.clone(), value))
            });
            let (types, values): (_, Vec<_>) = parts.unzip();
            (Type::Object(types), CtyValue::object(values))
        }
    }
}

fn to_json(value: &CtyValue) -> Json {
    match value {
        CtyValue::Null | CtyValue::Unknown(_) => Json::Null,
        CtyValue::Bool(truth) => Json::Bool(*truth),
        CtyValue::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            // JSON knows no infinity: what no double can hold stays as its digits.
            (None, None) => serde_json::Number::from_f64(number.as_f64())
                .map_or_else(|| number.to_string().into(), Json::Number),
        },
        CtyValue::String(text) => text.as_str().into(),
        CtyValue::List(elements) | CtyValue::Set(elements) | CtyValue::Tuple(elements) => {
            elements.iter().map(to_json).collect()
        }
        CtyValue::Map(elements) | CtyValue::Object(elements) => {
            Json::Object(elements.iter().map(|(key, one)| (key.into(), to_json(one))).collect())
        }
        CtyValue::Dynamic(_, value) => to_json(value),
    }
}

/// The value without what JSON does not tell apart.
fn shape(value: &CtyValue) -> CtyValue {
    match value {
        CtyValue::List(elements) | CtyValue::Set(elements) | CtyValue::Tuple(elements) => {
            CtyValue::Tuple(elements.iter().map(shape).collect())
        }
        CtyValue::Map(elements) | CtyValue::Object(elements) => {
            CtyValue::object(elements.iter().map(|(key, value)| (key.as_str(), shape(value))))
        }
        CtyValue::Dynamic(_, value) => shape(value),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_travels_through_it() {
        let json = json!({"a": [1, "x", null, 1.5, true], "b": {"c": u64::MAX}});
        let dynamic = Dynamic::from_json(&json);
        assert_eq!(dynamic.to_json(), json);
        let value = dynamic.to_value();
        assert!(value.conforms(&Type::Dynamic).is_ok());
        assert_eq!(Dynamic::read_values(&value, &Path::root()).unwrap(), dynamic);
    }

    #[test]
    fn a_number_beyond_every_double_became_null() {
        let value = CtyValue::Number("1e400".parse().unwrap());
        let digits = format!("1{}", "0".repeat(400));
        assert_eq!(to_json(&value), json!(digits));
    }

    #[test]
    fn a_list_of_a_configuration_is_the_array_of_an_answer() {
        let list = CtyValue::List(vec!["a".into(), "b".into()]);
        let configured = CtyValue::Dynamic(Box::new(Type::list(Type::String)), Box::new(list));
        let answered = Dynamic::from_json(&json!(["a", "b"])).to_value();
        assert_ne!(configured, answered);
        assert_eq!(Dynamic::canonical(&configured), Dynamic::canonical(&answered));
    }
}

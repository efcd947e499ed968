//! Sets of objects.

use serde_json::Value as Json;

use super::{AttributeType, collection, element_plan, mismatch, validate_element, value_at};
use crate::api::{ApiError, ApiFormat, ApiType};
use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Constraint, Kind, Nesting};
use crate::{Diagnostics, Result, Value};

/// A struct that may be an element of an [`ObjectSet`]; the derive says so where it is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in a set",
    label = "something in it is not the configuration's alone",
    note = "an element of a set has no address, so nothing in it can be planned: every attribute must be \
            `required`, or `optional` without a `default`; make it a map, or a list"
)]
pub trait SetElement: AttributeType {}

/// Objects without order. Everything in them is the configuration's: an element of a set has no
/// address, and so nothing in it can be computed or defaulted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectSet<T>(pub Vec<T>);

impl<T> FromIterator<T> for ObjectSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

/// Compiles for a struct that may be in a set, and for no other; the derive calls it.
pub const fn assert_set_element<T: SetElement>() {}

impl<T: AttributeType> AttributeType for ObjectSet<T> {
    type Values = Vec<Value<T::Values>>;
    type Plan = Vec<T::Plan>;

    fn kind() -> Kind {
        collection::<T>(Nesting::Set, crate::cty::Type::Set)
    }

    fn constraint() -> Constraint {
        T::constraint()
    }

    // What is wrong with an element is said of the set.
    fn validate(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
        for element in value.as_list().unwrap_or_default() {
            validate_element::<T>(element, path.clone(), diagnostics);
        }
    }

    fn canonical(value: &CtyValue) -> CtyValue {
        let Kind::Nested(_, attributes) = T::kind() else { return value.clone() };
        let Some(elements) = value.as_list() else { return value.clone() };
        let one = |element: &CtyValue| {
            let Some(object) = element.as_object() else { return element.clone() };
            let mut object = object.clone();
            for attribute in &attributes {
                if let Some(value) = object.get_mut(attribute.name) {
                    *value = (attribute.canonical)(value);
                }
            }
            CtyValue::Object(object)
        };
        CtyValue::set(elements.iter().map(one).collect())
    }

    fn to_value(&self) -> CtyValue {
        CtyValue::set(self.0.iter().map(T::to_value).collect())
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self::Values> {
        let elements = value.as_list().ok_or_else(|| mismatch("a set", path))?;
        elements.iter().map(|element| value_at::<T>(element, path)).collect()
    }

    fn read_plan(planned: &CtyValue, _config: &CtyValue, path: &Path) -> Result<Self::Plan> {
        let elements = planned.as_list().ok_or_else(|| mismatch("a set", path))?;
        elements.iter().map(|element| element_plan::<T>(element, None, path)).collect()
    }
}

impl<T: ApiType> ApiType for ObjectSet<T> {
    fn to_api(plan: &Self::Plan) -> Json {
        Json::Array(plan.iter().map(T::to_api).collect())
    }

    fn from_api<F: ApiFormat>(value: &Json) -> Result<Self, ApiError> {
        let list = F::list(value).ok_or_else(|| ApiError::new("a list"))?;
        list.iter().map(T::from_api::<F>).collect()
    }
}

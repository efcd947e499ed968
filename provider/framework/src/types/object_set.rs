//! Sets of objects.

use serde_json::Value as Json;

use super::{AttributeType, collection, element_plan, mismatch, validate_element, value_at};
use crate::api::{ApiError, ApiFormat, ApiType};
use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Attribute, Constraint, Kind, Nesting, Shape};
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
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectSet<T>(pub Vec<T>);

impl<T> Default for ObjectSet<T> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<T> FromIterator<T> for ObjectSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

/// Compiles for a struct that may be in a set, and for no other; the derive calls it.
///
/// # Panics
/// At compile time, when something deeper in it may not be there.
pub const fn assert_set_element<T: SetElement>() {
    T::SHAPE.assert_in_set();
}

/// The one spelling of an object, attribute by attribute; `#[derive(Attributes)]` calls it.
pub fn canonical_object(attributes: &[Attribute], value: &CtyValue) -> CtyValue {
    let Some(object) = value.as_object() else { return value.clone() };
    let mut object = object.clone();
    for attribute in attributes {
        if let Some(value) = object.get_mut(attribute.name) {
            *value = (attribute.canonical)(value);
        }
    }
    CtyValue::Object(object)
}

impl<T: AttributeType> AttributeType for ObjectSet<T> {
    type Values = Vec<Value<T::Values>>;
    type Plan = Vec<T::Plan>;

    const SHAPE: Shape = T::SHAPE;

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
        let Some(elements) = value.as_list() else { return value.clone() };
        CtyValue::set(elements.iter().map(T::canonical).collect())
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

//! Rust types that an attribute may have.
//!
//! A type is a validator, too: [`Text<T>`] takes what `T` parses, and two texts that parse to the same
//! value are the same value. Nested structs and enumerations get their implementation from
//! `#[derive(Attributes)]` and `#[derive(Choice)]`.

mod dynamic;
mod object_set;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Display};
use std::ops::Deref;
use std::str::FromStr;

use crate::cty::{Name, Number, Path, Type, Value as CtyValue};
use crate::schema::{Constraint, Kind, Nesting, Object, Shape};
use crate::{Diagnostic, Diagnostics, Result, Value};

pub use dynamic::Dynamic;
pub use object_set::{ObjectSet, SetElement, assert_set_element, canonical_object};

/// A type that an attribute may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of an attribute",
    note = "derive `Attributes` for a struct, `Choice` for an enumeration; take `Text<T>` for what is \
            written as a string, `ObjectSet<T>` for a set of structs"
)]
pub trait AttributeType: Clone + Debug + Send + Sync + 'static {
    /// What it is in a configuration, where parts of it may be unknown.
    type Values: Clone + Debug + Send + Sync + 'static;
    /// What it is at apply, where the server still decides what the configuration leaves open.
    type Plan: Clone + Debug + Send + Sync + 'static;

    /// What the compiler has to know of the attributes in it.
    const SHAPE: Shape = Shape::PLAIN;

    /// Its type in Terraform.
    fn kind() -> Kind;

    /// What values it takes, for the documentation.
    fn constraint() -> Constraint {
        Constraint::none()
    }

    /// Reports what is wrong with a known value.
    fn validate(_value: &CtyValue, _path: &Path, _diagnostics: &mut Diagnostics) {}

    /// The one spelling of a known value that may be spelt in several ways.
    fn canonical(value: &CtyValue) -> CtyValue {
        value.clone()
    }

    /// The one spelling of a key of a map that may be spelt in several ways.
    fn canonical_key(key: &str) -> Cow<'_, str> {
        Cow::Borrowed(key)
    }

    /// The value as Terraform stores it.
    fn to_value(&self) -> CtyValue;

    /// Reads a value that is neither null nor unknown.
    ///
    /// # Errors
    /// A value of another type, or one that the type does not take.
    fn read_values(value: &CtyValue, path: &Path) -> Result<Self::Values>;

    /// Reads a planned value that is neither null nor unknown; what is write-only inside it comes from
    /// the value at the same place of the configuration.
    ///
    /// # Errors
    /// A value of another type, or one that the type does not take.
    fn read_plan(planned: &CtyValue, config: &CtyValue, path: &Path) -> Result<Self::Plan>;
}

/// Reads an attribute of a configuration.
///
/// # Errors
/// As [`AttributeType::read_values`].
pub fn values_of<T: AttributeType>(
    object: &Object,
    name: &str,
    path: &Path,
) -> Result<Value<T::Values>> {
    value_at::<T>(object.get(name).unwrap_or(&CtyValue::Null), &path.clone().attribute(name))
}

fn value_at<T: AttributeType>(value: &CtyValue, path: &Path) -> Result<Value<T::Values>> {
    match value {
        null if null.is_null() => Ok(Value::Null),
        unknown if unknown.is_unknown() => Ok(Value::Unknown),
        known => T::read_values(known, path).map(Value::Known),
    }
}

/// Reads an attribute of a plan; nothing when it is null, or when the server decides.
///
/// # Errors
/// As [`AttributeType::read_plan`].
pub fn plan_of<T: AttributeType>(
    planned: &Object,
    config: &Object,
    name: &str,
    path: &Path,
) -> Result<Option<T::Plan>> {
    let config = config.get(name).unwrap_or(&CtyValue::Null);
    match planned.get(name).filter(|value| !value.is_null() && value.is_known()) {
        None => Ok(None),
        Some(known) => T::read_plan(known, config, &path.clone().attribute(name)).map(Some),
    }
}

/// Reads an attribute of a plan that must have a value.
///
/// # Errors
/// As [`plan_of`], or when there is none.
pub fn required_of<T: AttributeType>(
    planned: &Object,
    config: &Object,
    name: &str,
    path: &Path,
) -> Result<T::Plan> {
    plan_of::<T>(planned, config, name, path)?.ok_or_else(|| {
        let path = path.clone().attribute(name);
        Diagnostic::error(format!("`{path}` has no value")).at(path)
    })
}

/// An error for a value of another type than the schema's; only a bug makes one.
pub fn mismatch(wanted: &str, path: &Path) -> Diagnostic {
    Diagnostic::error(format!("`{path}` is not {wanted}")).at(path.clone())
}

macro_rules! scalar {
    ($rust:ty, $ty:ident, $wanted:literal, $read:expr, $write:expr) => {
        impl AttributeType for $rust {
            type Values = Self;
            type Plan = Self;

            fn kind() -> Kind {
                Kind::Plain(Type::$ty)
            }

            fn validate(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
                if let Err(error) = Self::read_values(value, path) {
                    diagnostics.push(error);
                }
            }

            fn to_value(&self) -> CtyValue {
                $write(self)
            }

            fn read_values(value: &CtyValue, path: &Path) -> Result<Self> {
                $read(value).ok_or_else(|| mismatch($wanted, path))
            }

            fn read_plan(planned: &CtyValue, _config: &CtyValue, path: &Path) -> Result<Self> {
                Self::read_values(planned, path)
            }
        }
    };
}

scalar!(bool, Bool, "true or false", CtyValue::as_bool, |value: &bool| CtyValue::Bool(*value));
scalar!(
    i64,
    Number,
    "a whole number",
    |value: &CtyValue| value.as_number().and_then(Number::as_i64),
    |value: &i64| CtyValue::Number((*value).into())
);
scalar!(
    f64,
    Number,
    "a number that a double can hold",
    // Terraform's numbers go further, and infinity is none of them.
    |value: &CtyValue| value.as_number().map(Number::as_f64).filter(|float| float.is_finite()),
    |value: &f64| Number::try_from(*value).map_or(CtyValue::Null, CtyValue::Number)
);
scalar!(
    String,
    String,
    "a string",
    |value: &CtyValue| value.as_str().map(str::to_owned),
    |value: &String| CtyValue::string(value.as_str())
);

/// Reports a word that is not in the list; `#[derive(Choice)]` calls it.
pub fn check_choice(
    value: &CtyValue,
    allowed: &[&str],
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let Some(word) = value.as_str() else { return };
    if !allowed.contains(&word) {
        let list = allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        diagnostics.push(
            Diagnostic::error(format!("`{word}` is not a value of `{path}`"))
                .detail(format!("It takes one of {list}."))
                .at(path.clone()),
        );
    }
}

/// A string that `T` parses; equal when what it parses to is equal, kept in the user's spelling.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Text<T>(T);

impl<T> Text<T> {
    /// What the string means.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Text<T> {
    fn from(inner: T) -> Self {
        Self(inner)
    }
}

impl<T> Deref for Text<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: FromStr> FromStr for Text<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        text.parse().map(Self)
    }
}

impl<T> AttributeType for Text<T>
where
    T: FromStr<Err: Display> + Display + Clone + Debug + Send + Sync + 'static,
{
    type Values = Self;
    type Plan = Self;

    fn kind() -> Kind {
        Kind::Plain(Type::String)
    }

    fn validate(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
        if let Err(error) = Self::read_values(value, path) {
            diagnostics.push(error);
        }
    }

    fn canonical(value: &CtyValue) -> CtyValue {
        let parsed = value.as_str().and_then(|text| text.parse::<T>().ok());
        parsed.map_or_else(|| value.clone(), |parsed| CtyValue::string(parsed.to_string()))
    }

    fn to_value(&self) -> CtyValue {
        CtyValue::string(self.0.to_string())
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self> {
        let text = value.as_str().ok_or_else(|| mismatch("a string", path))?;
        text.parse().map(Self).map_err(|error: T::Err| {
            Diagnostic::error(format!("`{path}` is not valid"))
                .detail(error.to_string())
                .at(path.clone())
        })
    }

    fn read_plan(planned: &CtyValue, _config: &CtyValue, path: &Path) -> Result<Self> {
        Self::read_values(planned, path)
    }
}

/// A type that keys a map: a string, or something that is written as one.
pub trait MapKey:
    Clone + Debug + Display + FromStr<Err: Display> + Ord + Send + Sync + 'static
{
}

impl<T: Clone + Debug + Display + FromStr<Err: Display> + Ord + Send + Sync + 'static> MapKey
    for T
{
}

fn read_key<K: MapKey>(key: &str, path: &Path) -> Result<K> {
    key.parse().map_err(|error: K::Err| {
        Diagnostic::error(format!("`{key}` is not a valid key of `{path}`"))
            .detail(error.to_string())
            .at(path.clone())
    })
}

/// The kind of a collection of `T`.
fn collection<T: AttributeType>(nesting: Nesting, ty: fn(Box<Type>) -> Type) -> Kind {
    match T::kind() {
        Kind::Plain(inner) => Kind::Plain(ty(Box::new(inner))),
        Kind::Nested(Nesting::Single, attributes) => Kind::Nested(nesting, attributes),
        // A collection of a nested collection has no attributes of its own to plan.
        nested @ Kind::Nested(..) => Kind::Plain(ty(Box::new(nested.ty()))),
    }
}

fn validate_element<T: AttributeType>(value: &CtyValue, path: Path, out: &mut Diagnostics) {
    match value {
        CtyValue::Unknown(_) => {}
        CtyValue::Null => out.push(
            Diagnostic::error(format!("`{path}` must not be null"))
                .hint("leave the element out instead")
                .at(path),
        ),
        known => T::validate(known, &path, out),
    }
}

fn element_plan<T: AttributeType>(
    planned: &CtyValue,
    config: Option<&CtyValue>,
    path: &Path,
) -> Result<T::Plan> {
    match planned {
        CtyValue::Null | CtyValue::Unknown(_) => Err(mismatch("known", path)),
        known => T::read_plan(known, config.unwrap_or(&CtyValue::Null), path),
    }
}

impl<T: AttributeType> AttributeType for Vec<T> {
    type Values = Vec<Value<T::Values>>;
    type Plan = Vec<T::Plan>;

    const SHAPE: Shape = T::SHAPE;

    fn kind() -> Kind {
        collection::<T>(Nesting::List, Type::List)
    }

    fn constraint() -> Constraint {
        T::constraint()
    }

    fn validate(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
        for (index, element) in (0..).zip(value.as_list().unwrap_or_default()) {
            validate_element::<T>(element, path.clone().index(index), diagnostics);
        }
    }

    fn canonical(value: &CtyValue) -> CtyValue {
        let Some(list) = value.as_list() else { return value.clone() };
        CtyValue::List(list.iter().map(T::canonical).collect())
    }

    fn to_value(&self) -> CtyValue {
        CtyValue::List(self.iter().map(T::to_value).collect())
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self::Values> {
        let list = value.as_list().ok_or_else(|| mismatch("a list", path))?;
        (0..).zip(list).map(|(i, element)| value_at::<T>(element, &path.clone().index(i))).collect()
    }

    fn read_plan(planned: &CtyValue, config: &CtyValue, path: &Path) -> Result<Self::Plan> {
        let list = planned.as_list().ok_or_else(|| mismatch("a list", path))?;
        let config = config.as_list().unwrap_or_default();
        let elements = list.iter().enumerate();
        elements
            .map(|(i, element)| {
                let index = i64::try_from(i).unwrap_or(i64::MAX);
                element_plan::<T>(element, config.get(i), &path.clone().index(index))
            })
            .collect()
    }
}

impl<T: AttributeType<Plan = T> + Ord> AttributeType for BTreeSet<T> {
    type Values = Vec<Value<T::Values>>;
    type Plan = Self;

    const SHAPE: Shape = T::SHAPE;

    fn kind() -> Kind {
        collection::<T>(Nesting::Set, Type::Set)
    }

    fn constraint() -> Constraint {
        T::constraint()
    }

    // An element of a set has no address, so what is wrong with it is said of the set.
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
        CtyValue::set(self.iter().map(T::to_value).collect())
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self::Values> {
        let elements = value.as_list().ok_or_else(|| mismatch("a set", path))?;
        elements.iter().map(|element| value_at::<T>(element, path)).collect()
    }

    fn read_plan(planned: &CtyValue, _config: &CtyValue, path: &Path) -> Result<Self> {
        let elements = planned.as_list().ok_or_else(|| mismatch("a set", path))?;
        elements.iter().map(|element| element_plan::<T>(element, None, path)).collect()
    }
}

impl<K: MapKey, T: AttributeType> AttributeType for BTreeMap<K, T> {
    type Values = BTreeMap<K, Value<T::Values>>;
    type Plan = BTreeMap<K, T::Plan>;

    const SHAPE: Shape = T::SHAPE;

    fn kind() -> Kind {
        collection::<T>(Nesting::Map, Type::Map)
    }

    fn constraint() -> Constraint {
        T::constraint()
    }

    fn validate(value: &CtyValue, path: &Path, diagnostics: &mut Diagnostics) {
        let mut keys = BTreeMap::new();
        for (key, element) in value.as_map().into_iter().flatten() {
            match read_key::<K>(key, path) {
                Ok(known) => {
                    if let Some(twin) = keys.insert(known, key) {
                        diagnostics.push(
                            Diagnostic::error(format!("`{twin}` and `{key}` are the same key"))
                                .detail(format!("`{path}` has one element for each."))
                                .at(path.clone().key(key)),
                        );
                    }
                }
                Err(error) => diagnostics.push(error),
            }
            validate_element::<T>(element, path.clone().key(key), diagnostics);
        }
    }

    fn canonical(value: &CtyValue) -> CtyValue {
        let Some(map) = value.as_map() else { return value.clone() };
        let entry = |(key, value): (&Name, &CtyValue)| {
            (Self::canonical_key(key).into_owned(), T::canonical(value))
        };
        CtyValue::Map(map.iter().map(entry).collect())
    }

    fn canonical_key(key: &str) -> Cow<'_, str> {
        key.parse::<K>().map_or(Cow::Borrowed(key), |known| Cow::Owned(known.to_string()))
    }

    fn to_value(&self) -> CtyValue {
        CtyValue::Map(self.iter().map(|(key, value)| (key.to_string(), value.to_value())).collect())
    }

    fn read_values(value: &CtyValue, path: &Path) -> Result<Self::Values> {
        let map = value.as_map().ok_or_else(|| mismatch("a map", path))?;
        map.iter()
            .map(|(key, value)| {
                Ok((read_key(key, path)?, value_at::<T>(value, &path.clone().key(key))?))
            })
            .collect()
    }

    fn read_plan(planned: &CtyValue, config: &CtyValue, path: &Path) -> Result<Self::Plan> {
        let map = planned.as_map().ok_or_else(|| mismatch("a map", path))?;
        let config = config.as_map();
        map.iter()
            .map(|(key, value)| {
                let config = config.and_then(|config| config.get(key));
                let plan = element_plan::<T>(value, config, &path.clone().key(key))?;
                Ok((read_key(key, path)?, plan))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_every_double_was_read_as_infinity() {
        for (text, fits) in
            [("1.5e308", true), ("-1.5e308", true), ("1e400", false), ("-1e400", false)]
        {
            let value = CtyValue::Number(text.parse().unwrap());
            let mut diagnostics = Diagnostics::default();
            f64::validate(&value, &Path::from("weight"), &mut diagnostics);
            assert_eq!(diagnostics.is_empty(), fits, "{text}: {diagnostics:?}");
        }
    }
}

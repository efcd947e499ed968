//! Values.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{Name, Named, Number, Path, Refinement, Step, Type};

/// A value of Terraform's type system: null, not known yet, or something.
///
/// Equality and order are structural and exact; sets are kept sorted (see [`Value::set`]), so that
/// two sets with the same elements are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these and no others")]
pub enum Value {
    /// Absent.
    Null,
    /// Not known before apply, with what is known about it all the same.
    Unknown(Box<Refinement>),
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Text; build it with [`Value::string`], which normalises it.
    String(String),
    /// Elements in order.
    List(Vec<Self>),
    /// Distinct elements; build it with [`Value::set`], which sorts them.
    Set(Vec<Self>),
    /// Elements by key.
    Map(Named<Self>),
    /// Attributes by name.
    Object(Named<Self>),
    /// Elements by position, each of its own type.
    Tuple(Vec<Self>),
    /// A value where the schema leaves the type open, with the type that it has.
    Dynamic(Box<Type>, Box<Self>),
}

impl Value {
    /// Text in normalisation form C, the form in which Terraform compares and stores it.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(normalised(text.into()))
    }

    /// A set: sorted, and without duplicates. Elements that are not wholly known are all kept, since
    /// they may turn out to differ.
    #[must_use]
    pub fn set(mut elements: Vec<Self>) -> Self {
        elements.sort_unstable();
        elements.dedup_by(|left, right| left == right && left.is_wholly_known());
        Self::Set(elements)
    }

    /// An object with these attributes.
    #[must_use]
    pub fn object<N: Into<Name>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(attributes.into_iter().collect())
    }

    /// A map with these elements; the keys are normalised like text.
    #[must_use]
    pub fn map<K: Into<Name>>(elements: impl IntoIterator<Item = (K, Self)>) -> Self {
        let normal = |(key, value): (K, Self)| (normalised_name(key.into()), value);
        Self::Map(elements.into_iter().map(normal).collect())
    }

    /// Not known, and nothing known about it.
    #[must_use]
    pub fn unknown() -> Self {
        Refinement::default().into()
    }

    /// Whether the value is null, also where its type is dynamic.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.undynamic(), Self::Null)
    }

    /// Whether the value itself is unknown, also where its type is dynamic.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.undynamic(), Self::Unknown(_))
    }

    /// Whether the value itself is known; parts of it may not be. Null is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether the value and every part of it is known.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Map(elements) | Self::Object(elements) => {
                elements.values().all(Self::is_wholly_known)
            }
            Self::Dynamic(_, value) => value.is_wholly_known(),
        }
    }

    /// The truth value, `None` when this is none.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.undynamic() {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number, `None` when this is none.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self.undynamic() {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, `None` when this is none.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.undynamic() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple, `None` when this is none of them.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self.undynamic() {
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a map, `None` when this is none.
    #[must_use]
    pub fn as_map(&self) -> Option<&Named<Self>> {
        match self.undynamic() {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// The attributes of an object, `None` when this is none.
    #[must_use]
    pub fn as_object(&self) -> Option<&Named<Self>> {
        match self.undynamic() {
            Self::Object(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// The part at `path`, `None` where there is no such part. Set elements cannot be addressed.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, |value, step| match (value.undynamic(), step) {
            (Self::Object(attributes), Step::Attribute(name)) => attributes.get(name),
            (Self::Map(elements), Step::Key(key)) => elements.get(key),
            (Self::List(elements) | Self::Tuple(elements), Step::Index(index)) => {
                elements.get(usize::try_from(*index).ok()?)
            }
            _ => None,
        })
    }

    /// The part at `path` for changing it, `None` where there is no such part.
    #[must_use]
    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Self> {
        path.steps().iter().try_fold(self, |mut value, step| {
            while let Self::Dynamic(_, inner) = value {
                value = inner;
            }
            match (value, step) {
                (Self::Object(attributes), Step::Attribute(name)) => attributes.get_mut(name),
                (Self::Map(elements), Step::Key(key)) => elements.get_mut(key),
                (Self::List(elements) | Self::Tuple(elements), Step::Index(index)) => {
                    elements.get_mut(usize::try_from(*index).ok()?)
                }
                _ => None,
            }
        })
    }

    /// The value with null in place of every unknown, at any depth.
    #[must_use]
    pub fn null_unknowns(self) -> Self {
        let each = |elements: Vec<Self>| elements.into_iter().map(Self::null_unknowns).collect();
        let values = |elements: Named<Self>| {
            elements.into_iter().map(|(key, value)| (key, value.null_unknowns())).collect()
        };
        match self {
            Self::Unknown(_) => Self::Null,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => self,
            Self::List(elements) => Self::List(each(elements)),
            Self::Set(elements) => Self::set(each(elements)),
            Self::Tuple(elements) => Self::Tuple(each(elements)),
            Self::Map(elements) => Self::Map(values(elements)),
            Self::Object(attributes) => Self::Object(values(attributes)),
            Self::Dynamic(ty, value) => Self::Dynamic(ty, Box::new(value.null_unknowns())),
        }
    }

    /// Checks that this is a value of `ty`. Null and unknown are of every type; objects have exactly
    /// the attributes of theirs.
    ///
    /// # Errors
    /// The first place that does not fit, and what was expected and found there, without the value.
    pub fn conforms(&self, ty: &Type) -> Result<(), (Path, String)> {
        self.conforms_at(ty, &mut Path::root())
    }

    /// What kind of value this is, for messages; never its content.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::Object(_) => "object",
            Self::Tuple(_) => "tuple",
            Self::Dynamic(..) => "a value with a type of its own",
        }
    }

    fn undynamic(&self) -> &Self {
        let mut value = self;
        while let Self::Dynamic(_, inner) = value {
            value = inner;
        }
        value
    }

    fn conforms_at(&self, ty: &Type, path: &mut Path) -> Result<(), (Path, String)> {
        let at = |path: &mut Path, step: Step, value: &Self, ty: &Type| {
            path.0.push(step);
            value.conforms_at(ty, path)?;
            path.0.pop();
            Ok(())
        };
        match (self, ty) {
            (Self::Null | Self::Unknown(_), _)
            | (Self::Bool(_), Type::Bool)
            | (Self::Number(_), Type::Number)
            | (Self::String(_), Type::String) => Ok(()),
            (Self::List(elements), Type::List(element)) => (0..)
                .zip(elements)
                .try_for_each(|(index, value)| at(path, Step::Index(index), value, element)),
            (Self::Set(elements), Type::Set(element)) => elements.iter().try_for_each(|value| {
                value
                    .conforms_at(element, &mut Path::root())
                    .map_err(|(_, reason)| (path.clone(), format!("in a set element: {reason}")))
            }),
            (Self::Map(elements), Type::Map(element)) => elements
                .iter()
                .try_for_each(|(key, value)| at(path, Step::Key(key.into()), value, element)),
            (Self::Tuple(elements), Type::Tuple(types)) if elements.len() == types.len() => (0..)
                .zip(elements)
                .zip(types)
                .try_for_each(|((index, value), ty)| at(path, Step::Index(index), value, ty)),
            (Self::Object(attributes), Type::Object(types)) => {
                if let Some(name) = types.keys().find(|name| !attributes.contains_key(name)) {
                    let reason = format!("attribute {name:?} is missing");
                    return Err((path.clone(), reason));
                }
                attributes.iter().try_for_each(|(name, value)| match types.get(name) {
                    Some(ty) => at(path, Step::Attribute(name.into()), value, ty),
                    None => Err((path.clone(), format!("attribute {name:?} is not expected"))),
                })
            }
            (Self::Dynamic(own, value), Type::Dynamic) => value.conforms_at(own, path),
            _ => Err((
                path.clone(),
                format!("expected {}, found {}", ty.friendly_name(), self.kind()),
            )),
        }
    }
}

/// An unknown value of which this is known.
impl From<Refinement> for Value {
    fn from(refinement: Refinement) -> Self {
        Self::Unknown(Box::new(refinement))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Value {
            fn from(integer: $integer) -> Self {
                Self::Number(integer.into())
            }
        }
    )*};
}
from_integers!(i32 i64 u32 u64);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

/// `None` is null.
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}

pub(crate) fn normalised_name(name: impl Into<Name>) -> Name {
    let name = name.into();
    if name.is_ascii() { name } else { normalised(name.into()).into() }
}

pub(crate) fn normalised(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_canonical() {
        let set = Value::set(vec![3.into(), 1.into(), "1.0".parse::<Number>().unwrap().into()]);
        assert_eq!(set, Value::set(vec![1.into(), 3.into()]));
        assert_eq!(set.as_list().map(<[_]>::len), Some(2));
        // Unknown elements may turn out to differ.
        let unknowns = Value::set(vec![Value::unknown(), Value::unknown()]);
        assert_eq!(unknowns.as_list().map(<[_]>::len), Some(2));
        assert_eq!(unknowns.null_unknowns(), Value::set(vec![Value::Null]));
    }

    #[test]
    fn text_is_normalised() {
        assert_eq!(Value::string("e\u{301}"), Value::String("\u{e9}".to_owned()));
        assert_eq!(Value::map([("e\u{301}", Value::Null)]), Value::map([("\u{e9}", Value::Null)]));
    }

    #[test]
    fn parts_have_addresses() {
        let mut value = Value::object([(
            "disks",
            Value::map([("scsi0", Value::object([("size", Value::List(vec![8.into()]))]))]),
        )]);
        let path = Path::root().attribute("disks").key("scsi0").attribute("size").index(0);
        assert_eq!(path.to_string(), r#"disks["scsi0"].size[0]"#);
        assert_eq!(value.get(&path), Some(&8.into()));
        *value.get_mut(&path).unwrap() = Value::unknown();
        assert!(!value.is_wholly_known());
        assert!(value.is_known());
        assert_eq!(value.get(&path.parent().unwrap().index(-1)), None);
        assert_eq!(value.get(&path.parent().unwrap().index(1)), None);
        assert_eq!(value.get(&Path::root().key("disks")), None);
    }

    #[test]
    fn conformity_names_the_place_and_not_the_value() {
        let ty = Type::object([
            ("ports", Type::list(Type::Number)),
            ("tags", Type::set(Type::String)),
            ("any", Type::Dynamic),
        ]);
        let good = Value::object([
            ("ports", Value::List(vec![1.into(), Value::Null, Value::unknown()])),
            ("tags", Value::Null),
            ("any", Value::Dynamic(Box::new(Type::Bool), Box::new(true.into()))),
        ]);
        assert_eq!(good.conforms(&ty), Ok(()));

        let with = |name: &str, value: Value| {
            let mut value = (good.clone(), value);
            *value.0.get_mut(&Path::root().attribute(name)).unwrap() = value.1;
            value.0
        };
        let refused = |value: Value| {
            let (path, reason) = value.conforms(&ty).unwrap_err();
            format!("{path} | {reason}")
        };
        assert_eq!(
            refused(with("ports", Value::List(vec![1.into(), "hunter2".into()]))),
            "ports[1] | expected number, found string"
        );
        assert_eq!(
            refused(with("tags", Value::set(vec![1.into()]))),
            "tags | in a set element: expected string, found number"
        );
        assert_eq!(
            refused(with("any", Value::Dynamic(Box::new(Type::Bool), Box::new(1.into())))),
            "any | expected bool, found number"
        );
        assert_eq!(refused(with("any", true.into())), "any | expected dynamic, found bool");
        assert_eq!(
            refused(Value::object([("ports", Value::Null)])),
            " | attribute \"any\" is missing"
        );
    }
}

//! Schemas: what Terraform is told about a resource, and what the framework needs beside that.
//!
//! Nobody writes these by hand: `#[derive(Resource)]` and its kin make them from a struct. The wire
//! form, the JSON of `terraform providers schema -json` and the documentation pages all come from here.

mod block;
mod member;
mod rule;

use std::borrow::Cow;

use crate::cty::{Named, Path, Type, Value};
use crate::{Diagnostic, Diagnostics};

pub(crate) use block::none_of;
pub use block::{Block, Shape, assert_block};
pub use member::{Member, Problem};
pub use rule::{Relation, Rule};

/// The attributes of an object, by name.
pub type Object = Named<Value>;

/// The schema of a resource, data source or provider block.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Schema {
    /// Version of the stored state; upgraders lead from one to the next.
    pub version: i64,
    /// What it is, in Markdown: the doc comment of the struct.
    pub description: String,
    /// Its attributes and blocks, in the order of the struct.
    pub attributes: Vec<Attribute>,
    /// Why not to use it, where that is so.
    pub deprecated: Option<&'static str>,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(description: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        Self { version: 0, description: description.into(), attributes, deprecated: None }
    }

    /// The type of the whole object.
    pub fn ty(&self) -> Type {
        object_type(&self.attributes)
    }

    /// The attributes named by others, in `until`, `version` and rules, that are not beside them. The derive
    /// finds these itself, unless somebody wrote an `Attributes` by hand.
    pub(crate) fn dangling(&self) -> Vec<&'static str> {
        let mut names = vec![];
        dangling(&self.attributes, &mut names);
        names
    }

    /// The attribute of that name at the top level.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

fn dangling(attributes: &[Attribute], names: &mut Vec<&'static str>) {
    for attribute in attributes {
        let named = match &attribute.class {
            Class::Computed { until } => until,
            Class::WriteOnly { version } => version.as_slice(),
            _ => &[],
        };
        let related = attribute.rules.iter().flat_map(|rule| rule.names);
        let missing = |name: &&str| !attributes.iter().any(|beside| beside.name == *name);
        names.extend(named.iter().chain(related).copied().filter(missing));
        if let Some((_, nested)) = attribute.kind.nested() {
            dangling(nested, names);
        }
    }
}

/// The object type of a list of attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::Object(attributes.iter().map(|a| (a.name, a.kind.ty())).collect())
}

/// One attribute.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attribute {
    /// Its name in HCL.
    pub name: &'static str,
    /// What it is, in Markdown: the doc comment of the field.
    pub description: &'static str,
    /// Its type, or the attributes nested in it.
    pub kind: Kind,
    /// Who decides its value, and when.
    pub class: Class,
    /// What there is to say of it as a block, where it is one.
    pub block: Option<Block>,
    /// A change destroys the object and creates another.
    pub replace: bool,
    /// The server may have none: a state may hold null.
    pub nullable: bool,
    /// Part of what identifies the object.
    pub identity: bool,
    /// Hidden in Terraform's output.
    pub sensitive: bool,
    /// Why not to use it, where that is so.
    pub deprecated: Option<&'static str>,
    /// Server version that it needs, for example `9.1`.
    pub since: Option<&'static str>,
    /// What values it takes, for the documentation.
    pub constraint: Constraint,
    /// The rules that name it first; see [`Rule::of`] for all in which it takes part.
    pub rules: Vec<Rule>,
    /// Checks a known value that is not nested.
    pub validate: fn(&Value, &Path, &mut Diagnostics),
    /// The one spelling of a known value that may be spelt in several ways.
    pub canonical: fn(&Value) -> Value,
    /// The one spelling of a key, where it is a map.
    pub canonical_key: fn(&str) -> Cow<'_, str>,
}

impl Attribute {
    /// An attribute with the facts of its Rust type; the derive adds the rest.
    pub fn of<T: crate::AttributeType>(name: &'static str, class: Class) -> Self {
        Self {
            name,
            block: None,
            description: "",
            kind: T::kind(),
            class,
            replace: false,
            nullable: true,
            identity: false,
            sensitive: false,
            deprecated: None,
            since: None,
            constraint: T::constraint(),
            rules: vec![],
            validate: T::validate,
            canonical: T::canonical,
            canonical_key: T::canonical_key,
        }
    }

    /// Whether a configuration must set it.
    pub fn required(&self) -> bool {
        match self.class {
            Class::Required => true,
            Class::Block => self.block.is_some_and(|block| block.min_items > 0),
            _ => false,
        }
    }

    /// Whether a configuration may leave it out.
    pub fn optional(&self) -> bool {
        !self.required() && !matches!(self.class, Class::Computed { .. })
    }

    /// Whether the provider may fill it.
    pub fn computed(&self) -> bool {
        match &self.class {
            Class::Setting { .. } | Class::Computed { .. } => true,
            Class::Optional { default } => default.is_some(),
            Class::Required | Class::Creation { .. } | Class::WriteOnly { .. } | Class::Block => {
                false
            }
        }
    }

    /// Whether two known values mean the same, however they are spelt.
    pub fn equivalent(&self, one: &Value, other: &Value) -> bool {
        one == other || (self.canonical)(one) == (self.canonical)(other)
    }

    /// Whether no server knows it: the framework carries it from the configuration.
    pub fn carried(&self) -> bool {
        match self.class {
            Class::Optional { .. } | Class::Creation { .. } | Class::WriteOnly { .. } => true,
            Class::Block => {
                self.kind.nested().is_some_and(|(_, nested)| nested.iter().all(Self::carried))
            }
            Class::Required | Class::Setting { .. } | Class::Computed { .. } => false,
        }
    }

    /// Whether it is never stored.
    pub fn write_only(&self) -> bool {
        matches!(self.class, Class::WriteOnly { .. })
    }

    /// Whether its value, or a part of it, is for nobody's eyes.
    pub fn holds_secret(&self) -> bool {
        let nested = self.kind.nested().map_or(&[][..], |(_, attributes)| attributes);
        self.sensitive || self.write_only() || nested.iter().any(Self::holds_secret)
    }
}

/// Who decides the value of an attribute, and when.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the engine must handle every class")]
pub enum Class {
    /// The configuration, always.
    Required,
    /// The configuration; the provider reads it and no server knows it.
    Optional {
        /// Value when the configuration has none.
        default: Option<Value>,
    },
    /// The configuration, or else the server.
    Setting {
        /// What the absence of the setting on the server means.
        absent: Option<Value>,
        /// Leaving the configuration leaves the server as it is, where others go back to its default.
        keep: bool,
    },
    /// The configuration, at create and never again.
    Creation {
        /// Whether nothing can be created without it.
        required: bool,
    },
    /// The server.
    Computed {
        /// The attributes whose change may change this one; none when it is stable for life.
        until: &'static [&'static str],
    },
    /// The configuration; handed to the server and never stored.
    WriteOnly {
        /// The attribute whose change sends it again.
        version: Option<&'static str>,
    },
    /// The configuration, by having the block or not; what is in it has classes of its own.
    Block,
}

/// The type of an attribute, or the attributes nested in it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the engine must handle every kind")]
pub enum Kind {
    /// A type without attributes of its own.
    Plain(Type),
    /// Attributes with classes of their own.
    Nested(Nesting, Vec<Attribute>),
}

impl Kind {
    /// The value type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Plain(ty) => ty.clone(),
            Self::Nested(nesting, attributes) => {
                let object = object_type(attributes);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::List(Box::new(object)),
                    Nesting::Map => Type::Map(Box::new(object)),
                    Nesting::Set => Type::Set(Box::new(object)),
                }
            }
        }
    }

    /// The nested attributes, if it has any.
    pub fn nested(&self) -> Option<(Nesting, &[Attribute])> {
        match self {
            Self::Plain(_) => None,
            Self::Nested(nesting, attributes) => Some((*nesting, attributes)),
        }
    }
}

/// How nested attributes repeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows exactly these")]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects by key.
    Map,
    /// Objects without order.
    Set,
}

/// What values an attribute takes, in words and lists: documentation, never enforcement.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Constraint {
    /// The values that it takes, where they can be listed.
    pub allowed: Vec<&'static str>,
    /// The smallest and the largest number.
    pub range: Option<(i64, i64)>,
    /// What it must look like, for example `a network in CIDR form`.
    pub form: Option<&'static str>,
}

impl Constraint {
    /// No constraint but the type.
    pub fn none() -> Self {
        Self::default()
    }

    /// One of a list.
    pub fn one_of(allowed: impl IntoIterator<Item = &'static str>) -> Self {
        Self { allowed: allowed.into_iter().collect(), ..Self::default() }
    }

    /// Something of a form that a short noun phrase describes.
    pub fn form(form: &'static str) -> Self {
        Self { form: (!form.is_empty()).then_some(form), ..Self::default() }
    }

    /// The same, within a range, both ends included.
    #[must_use]
    pub fn within(mut self, least: i64, most: i64) -> Self {
        self.range = Some((least, most));
        self
    }
}

/// Reports a number outside `least..=most`; the derive's `range(…)` calls it.
pub fn check_range(
    value: &Value,
    (least, most): (i64, i64),
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let Some(number) = value.as_number() else { return };
    if *number < least.into() || *number > most.into() {
        diagnostics.push(
            Diagnostic::error(format!("`{path}` is out of range"))
                .detail(format!(
                    "It must be from {least} to {most}; the configuration has {number}."
                ))
                .at(path.clone()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_nowhere_is_found_at_any_depth() {
        let until = |until| Attribute::of::<String>("address", Class::Computed { until });
        let mut nested = Attribute::of::<String>("network", Class::Required);
        nested.kind = Kind::Nested(Nesting::Single, vec![until(&["address", "bridge"])]);
        let version = Class::WriteOnly { version: Some("password_version") };
        let password = Attribute::of::<String>("password", version);
        let mut attributes = vec![nested, until(&["network"]), password];
        Rule::attach(&mut attributes, Relation::Conflicting, &["network", "bond"]);
        let schema = Schema::new("", attributes);
        assert_eq!(schema.dangling(), ["bond", "bridge", "password_version"]);
    }
}

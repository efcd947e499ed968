//! Rules across attributes, in the words of Terraform's own framework.

use super::Attribute;

/// One rule across attributes that lie beside each other.
///
/// An attribute counts as set when the configuration has a value for it. What is unknown may turn out to be
/// null, so it neither breaks a rule nor keeps one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// What the rule says.
    pub relation: Relation,
    /// The attributes, in the order of the derive; for [`Relation::AlsoRequires`] and
    /// [`Relation::ConflictsWith`] the one that it is said of comes first.
    pub names: &'static [&'static str],
}

/// What a [`Rule`] says of its attributes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the engine must handle every relation")]
pub enum Relation {
    /// Where the first is set, all others are.
    AlsoRequires,
    /// One or more are set.
    AtLeastOneOf,
    /// No two are set.
    Conflicting,
    /// Where the first is set, none of the others is.
    ConflictsWith,
    /// One is set, and no other.
    ExactlyOneOf,
    /// All are set, or none.
    RequiredTogether,
}

impl Relation {
    /// The derive's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AlsoRequires => "also_requires",
            Self::AtLeastOneOf => "at_least_one_of",
            Self::Conflicting => "conflicting",
            Self::ConflictsWith => "conflicts_with",
            Self::ExactlyOneOf => "exactly_one_of",
            Self::RequiredTogether => "required_together",
        }
    }
}

impl Rule {
    /// Writes a rule down at the first attribute that it names; the derive calls it.
    pub fn attach(
        attributes: &mut [Attribute],
        relation: Relation,
        names: &'static [&'static str],
    ) {
        let first = attributes.iter_mut().find(|attribute| names.contains(&attribute.name));
        debug_assert!(first.is_some(), "a rule is about none of the attributes: {names:?}");
        if let Some(first) = first {
            first.rules.push(Self { relation, names });
        }
    }

    /// The rules in which `name`, one of `attributes`, takes part.
    pub fn of<'a>(name: &str, attributes: &'a [Attribute]) -> impl Iterator<Item = &'a Self> {
        let rules = attributes.iter().flat_map(|attribute| &attribute.rules);
        rules.filter(move |rule| rule.names.contains(&name))
    }
}

//! Blocks: what is written `rule { … }`, without the equals sign.
//!
//! A block is an attribute in every respect but the syntax, so the engine has one list of both. What the
//! protocol asks of blocks alone stands here: which numbers of them there may be, and that "none" is an
//! empty collection, never null.

use super::{Attribute, Class, Kind, Nesting, Object};
use crate::cty::Value;

/// What makes a block of an attribute.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the derive writes it as a literal")]
pub struct Block {
    /// One object that is always there, whether the configuration has the block or not.
    pub group: bool,
    /// How often the configuration must have it.
    pub min_items: u32,
    /// How often it may have it; 0 where that is not limited.
    pub max_items: u32,
}

/// What the compiler has to know of the attributes in a type: it refuses what no schema can say.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive writes it as a literal")]
pub struct Shape {
    /// There are blocks in it.
    pub blocks: bool,
    /// A configuration that has it must set something in it.
    pub required: bool,
    /// Everything in it is stored, and the configuration's alone.
    pub configured: bool,
    /// Everything in it is computed.
    pub computed: bool,
    /// No server knows anything in it.
    pub carried: bool,
}

impl Shape {
    /// A type without attributes of its own.
    pub const PLAIN: Self =
        Self { blocks: false, required: false, configured: true, computed: true, carried: true };

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            blocks: self.blocks || other.blocks,
            required: self.required || other.required,
            configured: self.configured && other.configured,
            computed: self.computed && other.computed,
            carried: self.carried && other.carried,
        }
    }

    /// Compiles for what may be in an attribute; the derive calls this and the next ones.
    ///
    /// # Panics
    /// At compile time, saying what is wrong.
    pub const fn assert_attribute(self) {
        assert!(
            !self.blocks,
            "only a block has blocks in it: make this a `block`, too, or those attributes"
        );
    }

    /// Compiles for what may be in a computed block.
    ///
    /// # Panics
    /// As [`Shape::assert_attribute`].
    pub const fn assert_computed_block(self) {
        assert!(self.computed, "in a computed block everything is `computed`");
    }

    /// Compiles for what may be in a group.
    ///
    /// # Panics
    /// As [`Shape::assert_attribute`].
    pub const fn assert_group(self) {
        assert!(
            !self.required,
            "a group is there without being configured, so nothing in it can be required"
        );
    }

    /// Compiles for a block that no API field holds.
    ///
    /// # Panics
    /// As [`Shape::assert_attribute`].
    pub const fn assert_carried(self) {
        assert!(
            self.carried,
            "a read has to fill this block: say which field of the API holds it, with `api`"
        );
    }

    /// Compiles for what may be in a set.
    ///
    /// # Panics
    /// As [`Shape::assert_attribute`].
    pub const fn assert_in_set(self) {
        assert!(
            self.configured,
            "something inside an element of this set is computed, defaulted or write-only: an \
             element has no address, so nothing in it can be planned"
        );
    }
}

/// Compiles for a struct that may be a block, and for nothing else; the derive calls it.
pub const fn assert_block<T: crate::Attributes + crate::AttributeType>() {}

impl Attribute {
    /// Whether it is written as a block.
    pub fn is_block(&self) -> bool {
        self.block.is_some()
    }

    /// Whether it is a block of the server's.
    pub fn is_computed_block(&self) -> bool {
        self.is_block() && matches!(self.class, Class::Computed { .. })
    }

    /// Whether it is a block that is always there.
    pub fn is_group(&self) -> bool {
        self.block.is_some_and(|block| block.group)
    }

    /// What it is where a configuration does not have it.
    pub fn none(&self) -> Value {
        match (&self.kind, self.is_block()) {
            (Kind::Nested(Nesting::Single, nested), true) if self.is_group() => {
                Value::Object(none_of(nested))
            }
            (Kind::Nested(Nesting::List, _), true) => Value::List(vec![]),
            (Kind::Nested(Nesting::Set, _), true) => Value::set(vec![]),
            (Kind::Nested(Nesting::Map, _), true) => Value::Map(Object::new()),
            _ => Value::Null,
        }
    }

    /// Whether a configuration with this value has it.
    pub fn is_none(&self, value: &Value) -> bool {
        match value {
            Value::Object(_) if self.is_group() => *value == self.none(),
            Value::List(elements) | Value::Set(elements) => self.is_block() && elements.is_empty(),
            Value::Map(elements) => self.is_block() && elements.is_empty(),
            value => value.is_null(),
        }
    }
}

/// An object of which nothing is set.
pub(crate) fn none_of(attributes: &[Attribute]) -> Object {
    attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.none())).collect()
}

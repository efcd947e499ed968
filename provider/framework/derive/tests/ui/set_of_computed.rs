//! A computed attribute inside a set, where no element has an address.

use tf_provider::{Attributes, ObjectSet};

/// A rule.
#[derive(Clone, Attributes)]
struct Rule {
    /// Its port.
    #[attr(required)]
    port: i64,
    /// Its number.
    #[attr(computed)]
    number: i64,
}

/// Rules.
#[derive(Clone, Attributes)]
struct Rules {
    /// Them.
    #[attr(required)]
    rules: ObjectSet<Rule>,
}

fn main() {}

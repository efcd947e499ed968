//! A default inside a set, where no element has an address.

use tf_provider::{Attributes, ObjectSet};

/// A rule.
#[derive(Clone, Attributes)]
struct Rule {
    /// Its protocol.
    #[attr(optional, default = "tcp")]
    protocol: String,
}

/// Rules.
#[derive(Clone, Attributes)]
struct Rules {
    /// Them.
    #[attr(required)]
    rules: ObjectSet<Rule>,
}

fn main() {}

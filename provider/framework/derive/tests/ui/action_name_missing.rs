//! An action without a name.

use tf_provider::Action;

/// A thing.
#[derive(Clone, Action)]
#[action(group = "Things")]
struct Thing {
    /// What.
    #[attr(required)]
    node: String,
}

fn main() {}

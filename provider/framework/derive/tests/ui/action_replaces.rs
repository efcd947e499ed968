//! An action that is replaced.

use tf_provider::Action;

/// A thing.
#[derive(Clone, Action)]
#[action(name = "thing")]
struct Thing {
    /// What.
    #[attr(required, replace)]
    node: String,
}

fn main() {}

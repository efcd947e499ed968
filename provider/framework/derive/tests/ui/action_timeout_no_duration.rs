//! An action with a time limit that is none.

use tf_provider::Action;

/// A thing.
#[derive(Clone, Action)]
#[action(name = "thing", timeout = "soon")]
struct Thing {
    /// What.
    #[attr(required)]
    node: String,
}

fn main() {}

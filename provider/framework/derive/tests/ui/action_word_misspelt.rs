//! A misspelt word on an action.

use tf_provider::Action;

/// A thing.
#[derive(Clone, Action)]
#[action(name = "thing", timout = "5m")]
struct Thing {
    /// What.
    #[attr(required)]
    node: String,
}

fn main() {}

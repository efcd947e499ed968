//! An action with an answer.

use tf_provider::Action;

/// A thing.
#[derive(Clone, Action)]
#[action(name = "thing")]
struct Thing {
    /// What.
    #[attr(computed)]
    answer: String,
}

fn main() {}

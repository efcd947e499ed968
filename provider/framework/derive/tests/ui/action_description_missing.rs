//! An action without a doc comment.

use tf_provider::Action;

#[derive(Clone, Action)]
#[action(name = "thing")]
struct Thing {
    /// What.
    #[attr(required)]
    node: String,
}

fn main() {}

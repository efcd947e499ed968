//! A listing without a doc comment.

use tf_provider::ListResource;

#[derive(Clone, ListResource)]
struct Thing {
    /// What.
    #[attr(required)]
    node: String,
}

fn main() {}

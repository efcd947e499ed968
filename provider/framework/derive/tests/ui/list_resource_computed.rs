//! A listing with an answer of its own.

use tf_provider::ListResource;

/// A thing.
#[derive(Clone, ListResource)]
struct Thing {
    /// What.
    #[attr(computed)]
    count: String,
}

fn main() {}

//! A listing with an identity.

use tf_provider::ListResource;

/// A thing.
#[derive(Clone, ListResource)]
struct Thing {
    /// What.
    #[attr(required, identity)]
    node: String,
}

fn main() {}

//! An ephemeral resource that would not be stored anyway.

use tf_provider::EphemeralResource;

/// A thing.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "thing")]
struct Thing {
    /// What.
    #[attr(write_only)]
    password: Option<String>,
}

fn main() {}

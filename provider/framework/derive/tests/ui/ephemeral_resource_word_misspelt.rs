//! A misspelt word on an ephemeral resource.

use tf_provider::EphemeralResource;

/// A thing.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "thing", grup = "Things")]
struct Thing {
    /// What.
    #[attr(required)]
    id: String,
}

fn main() {}

//! An ephemeral resource with an identity.

use tf_provider::EphemeralResource;

/// A thing.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "thing")]
struct Thing {
    /// What.
    #[attr(required, identity)]
    id: String,
}

fn main() {}

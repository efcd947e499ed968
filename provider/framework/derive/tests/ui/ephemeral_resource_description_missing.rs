//! An ephemeral resource without a doc comment.

use tf_provider::EphemeralResource;

#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "thing")]
struct Thing {
    /// What.
    #[attr(required)]
    id: String,
}

fn main() {}

//! A computed block with something that is configured.

use tf_provider::Attributes;

/// A member.
#[derive(Clone, Attributes)]
struct Member {
    /// Its name.
    #[attr(required)]
    name: String,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Members.
    #[attr(computed, block)]
    member: Vec<Member>,
}

fn main() {}

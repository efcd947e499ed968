//! Computed blocks of which there is always one, or a number.

use tf_provider::Attributes;

/// A member.
#[derive(Clone, Attributes)]
struct Member {
    /// Its name.
    #[attr(computed)]
    name: String,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Leader.
    #[attr(computed, block)]
    leader: Member,
    /// Members.
    #[attr(computed, block(min_items = 3))]
    member: Vec<Member>,
}

fn main() {}

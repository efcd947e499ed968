//! A secret inside blocks in a set.

use tf_provider::{Attributes, ObjectSet};

/// A user.
#[derive(Clone, Attributes)]
struct User {
    /// Password.
    #[attr(write_only)]
    password: Option<String>,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Users.
    #[attr(block)]
    user: ObjectSet<User>,
}

fn main() {}

//! A block of something that is a struct of no attributes.

use tf_provider::{Attributes, Choice};

/// What it can be.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
enum Status {
    Active,
    Other(String),
}

#[derive(Clone, Attributes)]
struct Server {
    /// Status.
    #[attr(block)]
    status: Option<Status>,
}

fn main() {}

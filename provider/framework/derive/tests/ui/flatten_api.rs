//! One API field for a group of attributes.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    #[attr(flatten, api)]
    group: Group,
}

/// A group.
#[derive(Clone, Attributes)]
struct Group {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
}

fn main() {}

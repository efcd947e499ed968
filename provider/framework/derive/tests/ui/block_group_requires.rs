//! A group that is there without what it requires.

use tf_provider::Attributes;

/// A disk.
#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Always there.
    #[attr(block(group))]
    boot: Disk,
}

fn main() {}

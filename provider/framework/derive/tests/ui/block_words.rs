//! Words that are for attributes.

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
    /// Disks.
    #[attr(block, sensitive)]
    disk: Vec<Disk>,
    /// More of them.
    #[attr(block, identity, range(1, 2))]
    more: Vec<Disk>,
}

fn main() {}

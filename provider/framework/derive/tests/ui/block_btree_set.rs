//! Blocks in a set that sorts.

use std::collections::BTreeSet;

use tf_provider::Attributes;

/// A disk.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Disks.
    #[attr(block)]
    disk: BTreeSet<Disk>,
}

fn main() {}

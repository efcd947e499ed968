//! No blocks of a list are null.

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
    #[attr(block)]
    disk: Option<Vec<Disk>>,
}

fn main() {}

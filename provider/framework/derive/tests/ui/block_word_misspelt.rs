//! A misspelt word of a block.

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
    #[attr(block(max_item = 2))]
    disk: Vec<Disk>,
}

fn main() {}

//! A block about which somebody else decides.

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
    #[attr(setting, block)]
    disk: Vec<Disk>,
}

fn main() {}

//! A block that no read would fill.

use tf_provider::Attributes;

/// A disk.
#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required, api)]
    size: i64,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Disks.
    #[attr(block)]
    disk: Vec<Disk>,
}

fn main() {}

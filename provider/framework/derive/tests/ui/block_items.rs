//! Numbers of blocks that do not fit.

use std::collections::BTreeMap;

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
    /// Fewer than must be there.
    #[attr(block(min_items = 3, max_items = 2))]
    disk: Vec<Disk>,
    /// Not counted.
    #[attr(block(max_items = 2))]
    slot: BTreeMap<String, Disk>,
    /// One.
    #[attr(block(min_items = 1))]
    boot: Disk,
}

fn main() {}

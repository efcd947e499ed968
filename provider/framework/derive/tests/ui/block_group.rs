//! Groups that are none.

use tf_provider::Attributes;

/// A disk.
#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional)]
    size: Option<i64>,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Always there.
    #[attr(block(group))]
    boot: Option<Disk>,
    /// Many.
    #[attr(block(group))]
    disk: Vec<Disk>,
}

fn main() {}

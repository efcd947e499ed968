//! A computed attribute that replaces.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(computed, replace)]
    size: i64,
}

fn main() {}

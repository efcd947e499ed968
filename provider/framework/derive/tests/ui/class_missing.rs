//! An attribute without a class.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    size: i64,
}

fn main() {}

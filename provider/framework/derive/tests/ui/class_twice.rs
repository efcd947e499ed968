//! An attribute of two classes.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required, setting)]
    size: i64,
}

fn main() {}

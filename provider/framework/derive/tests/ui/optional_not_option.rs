//! An optional attribute that could not be null.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional)]
    size: i64,
}

fn main() {}

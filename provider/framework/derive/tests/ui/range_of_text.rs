//! A range that does not go from number to number.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required, range("a", 8))]
    size: i64,
}

fn main() {}

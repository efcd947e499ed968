//! A range with one end.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required, range(8))]
    size: i64,
}

fn main() {}

//! A creation input that no read can fill.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(creation)]
    size: i64,
}

fn main() {}

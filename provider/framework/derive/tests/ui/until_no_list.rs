//! An `until` that is no list.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
    /// Where it is.
    #[attr(computed(until = size))]
    volume: String,
}

fn main() {}

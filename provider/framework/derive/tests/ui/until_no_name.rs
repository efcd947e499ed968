//! An `until` with something else than a name.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
    /// Where it is.
    #[attr(computed(until = ["size"]))]
    volume: String,
}

fn main() {}

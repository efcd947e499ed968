//! An `until` that names no field.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
    /// Where it is.
    #[attr(computed(until = [siez]))]
    volume: String,
}

fn main() {}

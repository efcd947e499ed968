//! A word in `computed(…)` with a letter too many.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
    /// Where it is.
    #[attr(computed(untill = [size]))]
    volume: String,
}

fn main() {}

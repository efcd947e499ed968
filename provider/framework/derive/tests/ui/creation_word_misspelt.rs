//! A word in `creation(…)` with a letter missing.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(creation(requird))]
    size: Option<i64>,
}

fn main() {}

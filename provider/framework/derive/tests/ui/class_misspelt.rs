//! A class with a letter missing.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(requird)]
    size: i64,
}

fn main() {}

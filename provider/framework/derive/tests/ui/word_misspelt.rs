//! A word beside the class with a letter missing.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(setting, abset = 1)]
    size: i64,
}

fn main() {}

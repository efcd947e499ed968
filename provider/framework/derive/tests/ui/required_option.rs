//! A required attribute that may be absent.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: Option<i64>,
}

fn main() {}

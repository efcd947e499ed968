//! A default for what may be absent.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional, default = 8)]
    size: Option<i64>,
}

fn main() {}

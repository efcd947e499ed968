//! An API field for what no server knows.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional, api)]
    size: Option<i64>,
}

fn main() {}

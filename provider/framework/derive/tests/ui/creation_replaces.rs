//! A creation input that replaces.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(creation, replace)]
    size: Option<i64>,
}

fn main() {}

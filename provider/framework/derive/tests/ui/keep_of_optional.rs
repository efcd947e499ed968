//! A server that keeps what it never knew.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional, keep)]
    size: Option<i64>,
}

fn main() {}

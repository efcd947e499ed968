//! A meaning of absence for what is always there.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required, absent = 8)]
    size: i64,
}

fn main() {}

//! A client's default for what the server has a default for.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(setting, default = 8)]
    size: i64,
}

fn main() {}

//! A secret that would have to be stored.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Password.
    #[attr(write_only)]
    password: String,
}

fn main() {}

//! A `version` that is no name.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Password.
    #[attr(write_only(version = 1))]
    password: Option<String>,
}

fn main() {}

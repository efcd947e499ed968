//! One run reports every mistake.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(optional)]
    size: i64,
    #[attr(creation, replace)]
    image: Option<String>,
}

fn main() {}

//! An attribute that nobody describes.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    #[attr(required)]
    size: i64,
}

fn main() {}

//! A resource that nobody describes.

use tf_provider::Resource;

#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{id}")]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

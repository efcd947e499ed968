//! A resource that cannot be told from others.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{id}")]
struct Disk {
    /// Number of it.
    #[attr(computed)]
    id: i64,
}

fn main() {}

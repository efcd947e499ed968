//! A time limit that is no duration.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{id}", timeouts(create = "soon"))]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

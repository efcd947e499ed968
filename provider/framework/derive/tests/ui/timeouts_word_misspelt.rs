//! A time limit of no operation.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{id}", timeouts(craete = "5m"))]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

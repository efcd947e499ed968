//! A resource that cannot be imported.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk")]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

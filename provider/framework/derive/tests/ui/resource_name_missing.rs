//! A resource without a name.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(import = "{id}")]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

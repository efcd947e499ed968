//! An identity that may be absent.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{id}")]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: Option<i64>,
}

fn main() {}

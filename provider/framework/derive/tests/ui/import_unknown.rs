//! An import id that names no field.

use tf_provider::Resource;

/// A disk.
#[derive(Clone, Resource)]
#[resource(name = "disk", import = "{node}/{idd}")]
struct Disk {
    /// Number of it.
    #[attr(computed, identity)]
    id: i64,
}

fn main() {}

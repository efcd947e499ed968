//! A data source that is replaced.

use tf_provider::DataSource;

/// Disks.
#[derive(Clone, DataSource)]
#[data_source(name = "disks")]
struct Disks {
    /// Node.
    #[attr(required, replace)]
    node: String,
}

fn main() {}

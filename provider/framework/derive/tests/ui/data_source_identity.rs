//! A data source that is identified.

use tf_provider::DataSource;

/// Disks.
#[derive(Clone, DataSource)]
#[data_source(name = "disks")]
struct Disks {
    /// Node.
    #[attr(required, identity)]
    node: String,
}

fn main() {}

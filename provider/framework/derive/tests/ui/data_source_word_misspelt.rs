//! A word of a data source with a letter missing.

use tf_provider::DataSource;

/// Disks.
#[derive(Clone, DataSource)]
#[data_source(nam = "disks")]
struct Disks {
    /// Node.
    #[attr(required)]
    node: String,
}

fn main() {}

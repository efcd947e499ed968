//! A data source with a write-only attribute.

use tf_provider::DataSource;

/// Disks.
#[derive(Clone, DataSource)]
#[data_source(name = "disks")]
struct Disks {
    /// Password.
    #[attr(write_only)]
    password: Option<String>,
}

fn main() {}

//! A data source that creates.

use tf_provider::DataSource;

/// Disks.
#[derive(Clone, DataSource)]
#[data_source(name = "disks")]
struct Disks {
    /// Image.
    #[attr(creation)]
    image: Option<String>,
}

fn main() {}

//! A data source that nobody describes.

use tf_provider::DataSource;

#[derive(Clone, DataSource)]
#[data_source(name = "disks")]
struct Disks {
    /// Node.
    #[attr(required)]
    node: String,
}

fn main() {}

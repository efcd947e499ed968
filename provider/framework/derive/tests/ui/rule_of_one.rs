//! A rule across one attribute alone, and across none.

use tf_provider::DataSource;

/// A place.
#[derive(Clone, DataSource)]
#[data_source(name = "place", exactly_one_of(address), at_least_one_of())]
struct Place {
    /// The address.
    #[attr(setting, conflicts_with = [])]
    address: String,
}

fn main() {}

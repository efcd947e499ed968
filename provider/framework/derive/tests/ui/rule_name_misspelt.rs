//! A rule about a field that is not there.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
#[attributes(exactly_one_of(adress, prefix_id))]
struct Place {
    /// The address.
    #[attr(setting)]
    address: String,
    /// Number of the prefix.
    #[attr(creation)]
    prefix_id: Option<i64>,
}

fn main() {}

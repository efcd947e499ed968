//! A rule that is not one of the words.

use tf_provider::ListResource;

/// The places.
#[derive(Clone, ListResource)]
#[list_resource(exactly_one(address, name))]
struct Places {
    /// The address.
    #[attr(optional)]
    address: Option<String>,
    /// The name.
    #[attr(optional, requires = [address])]
    name: Option<String>,
}

fn main() {}

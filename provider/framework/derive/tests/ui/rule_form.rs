//! Rules in a form that they do not have.

use tf_provider::Action;

/// Moves a place.
#[derive(Clone, Action)]
#[action(name = "move", exactly_one_of = "address", conflicting("address", name))]
struct Move {
    /// The address.
    #[attr(optional, also_requires = name)]
    address: Option<String>,
    /// The name.
    #[attr(optional, conflicts_with = ["address"])]
    name: Option<String>,
}

fn main() {}

//! A rule about an attribute of a flattened group that no configuration sets.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Told {
    /// What it is.
    #[attr(computed)]
    description: String,
}

#[derive(Clone, Attributes)]
#[attributes(conflicting(name, description))]
struct Named {
    /// Its name.
    #[attr(setting)]
    name: String,
    #[attr(flatten)]
    told: Told,
}

fn main() {}

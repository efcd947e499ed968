//! A rule about an attribute that no flattened group has.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Ports {
    /// The protocol.
    #[attr(setting)]
    proto: String,
}

#[derive(Clone, Attributes)]
struct Rule {
    /// The ports.
    #[attr(setting, also_requires = [prot])]
    dport: Option<String>,
    #[attr(flatten)]
    ports: Ports,
}

fn main() {}

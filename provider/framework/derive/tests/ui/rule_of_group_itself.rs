//! A rule about a flattened group as a whole.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Ports {
    /// The protocol.
    #[attr(setting)]
    proto: String,
}

#[derive(Clone, Attributes)]
#[attributes(conflicting(icmp_type, ports))]
struct Rule {
    /// The ICMP type.
    #[attr(setting, conflicts_with = [proto])]
    icmp_type: Option<String>,
    #[attr(flatten, also_requires = [icmp_type])]
    ports: Ports,
}

fn main() {}

//! A block inside an attribute.

use tf_provider::Attributes;

/// A disk.
#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(required)]
    size: i64,
}

/// A machine.
#[derive(Clone, Attributes)]
struct Machine {
    /// Disks.
    #[attr(block)]
    disk: Vec<Disk>,
}

#[derive(Clone, Attributes)]
struct Server {
    /// Machines.
    #[attr(setting)]
    machines: Vec<Machine>,
}

fn main() {}

//! Something computed deep inside blocks in a set.

use tf_provider::{Attributes, ObjectSet};

/// A disk.
#[derive(Clone, Attributes)]
struct Disk {
    /// Where it is.
    #[attr(computed)]
    volume: Option<String>,
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
    #[attr(block)]
    machine: ObjectSet<Machine>,
}

fn main() {}

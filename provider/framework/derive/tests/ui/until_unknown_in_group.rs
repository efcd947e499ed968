//! An `until` that names no field, beside a flattened group.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Hardware {
    /// Memory in MiB.
    #[attr(setting)]
    memory: i64,
}

#[derive(Clone, Attributes)]
struct Vm {
    /// Whether changes wait for a restart.
    #[attr(computed(until = [memori]))]
    pending_reboot: bool,
    #[attr(flatten)]
    hardware: Hardware,
}

fn main() {}

//! Words of other frameworks, some of which look like another word of ours.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(setting, requires = [slot], force_new)]
    size: i64,
    /// Its slot.
    #[attr(setting, conflicts = [size], required_with = [size])]
    slot: String,
    /// Its volume.
    #[attr(read_only)]
    volume: String,
}

fn main() {}

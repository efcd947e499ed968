//! A word in `api(…)` with a letter missing.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Size in GiB.
    #[attr(setting, api(inlin))]
    size: i64,
}

fn main() {}

//! A block without attributes.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Server {
    /// Ports.
    #[attr(block)]
    port: Vec<i64>,
    /// Remark.
    #[attr(block)]
    remark: String,
}

fn main() {}

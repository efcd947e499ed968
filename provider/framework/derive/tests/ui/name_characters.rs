//! A name that is none in HCL.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Server {
    /// Size in GiB.
    #[attr(required)]
    größe: i64,
    /// Address.
    #[attr(required)]
    #[allow(non_snake_case)]
    ipAddress: String,
}

fn main() {}

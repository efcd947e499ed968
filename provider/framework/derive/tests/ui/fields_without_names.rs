//! A struct without names cannot have attributes.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk(i64);

fn main() {}

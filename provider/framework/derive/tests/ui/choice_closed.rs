//! A list that no server may add to.

use tf_provider::Choice;

#[derive(Clone, Debug, PartialEq, Choice)]
enum Format {
    Raw,
    Qcow2,
}

fn main() {}

//! Two places for what is not in the list.

use tf_provider::Choice;

#[derive(Clone, Debug, PartialEq, Choice)]
enum Format {
    Raw,
    Other(String),
    Rest(String),
}

fn main() {}

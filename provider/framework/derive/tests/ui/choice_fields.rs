//! A word has no fields.

use tf_provider::Choice;

#[derive(Clone, Debug, PartialEq, Choice)]
enum Format {
    Raw { size: i64 },
    Other(String),
}

fn main() {}

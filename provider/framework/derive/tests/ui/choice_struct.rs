//! A struct is no list of words.

use tf_provider::Choice;

#[derive(Clone, Debug, PartialEq, Choice)]
struct Format {
    raw: bool,
}

fn main() {}

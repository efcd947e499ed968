//! A word of a variant with a letter missing.

use tf_provider::Choice;

#[derive(Clone, Debug, PartialEq, Choice)]
enum Format {
    #[choice(nam = "RAW")]
    Raw,
    Other(String),
}

fn main() {}

//! A parameter without a doc comment.

use tf_provider::Function;

/// Joins words.
#[derive(Function)]
#[function(name = "join")]
struct Join {
    words: String,
}

fn main() {}

//! A function without a doc comment.

use tf_provider::Function;

#[derive(Function)]
#[function(name = "join")]
struct Join {
    /// The words.
    words: String,
}

fn main() {}

//! A misspelt word on a function.

use tf_provider::Function;

/// Joins words.
#[derive(Function)]
#[function(nam = "join")]
struct Join {
    /// The words.
    words: String,
}

fn main() {}

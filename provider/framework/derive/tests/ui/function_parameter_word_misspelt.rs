//! A misspelt word on a parameter.

use tf_provider::Function;

/// Joins words.
#[derive(Function)]
#[function(name = "join")]
struct Join {
    /// The words.
    #[parameter(varadic)]
    words: Vec<String>,
}

fn main() {}

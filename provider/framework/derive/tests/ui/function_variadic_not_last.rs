//! A variadic parameter before another.

use tf_provider::Function;

/// Joins words.
#[derive(Function)]
#[function(name = "join")]
struct Join {
    /// The words.
    #[parameter(variadic)]
    words: Vec<String>,
    /// What comes between them.
    separator: String,
}

fn main() {}

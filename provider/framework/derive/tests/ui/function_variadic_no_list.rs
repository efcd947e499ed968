//! A variadic parameter that takes one argument.

use tf_provider::Function;

/// Joins words.
#[derive(Function)]
#[function(name = "join")]
struct Join {
    /// The words.
    #[parameter(variadic)]
    words: String,
}

fn main() {}

//! Words that other frameworks have for ours: whoever comes from one is told the word here.

use darling::Error;

/// Names the right word where an unknown one is that of another framework. The spelling alone would lead
/// astray there: `requires` looks like `required`.
pub(crate) fn translated(error: Error) -> Error {
    let translated = |error: Error| {
        let message = error.to_string();
        let word = message.strip_prefix("Unknown field: `").and_then(|rest| rest.split('`').next());
        let found = word.and_then(|word| WORDS.iter().find(|(theirs, _)| *theirs == word));
        match found {
            Some((theirs, ours)) => {
                let message = format!("Unknown field: `{theirs}`. Did you mean `{ours}`?");
                Error::custom(message).with_span(&error.span())
            }
            None => error,
        }
    };
    Error::multiple(error.flatten().into_iter().map(translated).collect())
}

/// What Terraform's own frameworks and others call it, and what it is called here.
const WORDS: [(&str, &str); 16] = [
    ("between", "range"),
    ("conflicting", "conflicts_with"),
    ("conflicts", "conflicts_with"),
    ("default_value", "default"),
    ("deprecation_message", "deprecated"),
    ("exclusive_with", "conflicts_with"),
    ("force_new", "replace"),
    ("min_version", "since"),
    ("optional_computed", "setting"),
    ("read_only", "computed"),
    ("required_with", "also_requires"),
    ("requires", "also_requires"),
    ("requires_replace", "replace"),
    ("secret", "sensitive"),
    ("unknown_until", "computed(until = […])"),
    ("use_state_for_unknown", "computed"),
];

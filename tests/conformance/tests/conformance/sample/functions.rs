//! The sample functions.

use std::sync::atomic::{AtomicI64, Ordering};

use tf_provider::{Function, FunctionError, Text, Value};

use super::server::Hostname;

/// Joins words.
///
/// It is simple.
#[derive(Function)]
#[function(name = "join", group = "Sample")]
pub(crate) struct Join {
    /// What comes between two words.
    separator: Option<String>,
    /// The words.
    #[parameter(variadic)]
    words: Vec<Text<Hostname>>,
}

impl Function for Join {
    type Output = String;

    fn call(arguments: JoinArguments) -> Result<String, FunctionError> {
        let JoinArguments { separator, words } = arguments;
        let separator = separator.unwrap_or_else(|| " ".to_owned());
        if separator == "boom" {
            panic!("secret");
        }
        if separator.len() > 3 {
            return Err(FunctionError::new("A separator is short").argument("separator"));
        }
        if words.len() > 3 {
            return Err(FunctionError::new("Too many words"));
        }
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Ok(words.join(&separator))
    }
}

/// Says what is known of a number.
#[derive(Function)]
#[function(name = "known")]
pub(crate) struct Known {
    /// The number.
    number: Value<i64>,
}

impl Function for Known {
    type Output = Value<String>;

    fn call(KnownArguments { number }: KnownArguments) -> Result<Value<String>, FunctionError> {
        Ok(match number {
            Value::Null => Value::Null,
            Value::Unknown => Value::Known("not yet".to_owned()),
            Value::Known(0) => Value::Known(COUNT.fetch_add(1, Ordering::Relaxed).to_string()),
            Value::Known(number) => Value::Known(format!("it is {number}")),
        })
    }
}

/// What makes `known(0)` impure.
static COUNT: AtomicI64 = AtomicI64::new(0);

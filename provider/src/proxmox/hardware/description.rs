//! The notes of a guest. API: `description` of its configuration.

use std::fmt;
use std::str::FromStr;

/// Notes of a guest; line ends at its end do not count, the server drops them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Description(String);

impl FromStr for Description {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim_end_matches(['\n', '\r']) {
            "" => Err("It is empty. Leave it out instead."),
            _ if text.chars().count() > 8000 => Err("It is longer than 8000 characters."),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

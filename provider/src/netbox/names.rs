//! Words that several kinds of objects share.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use tf_provider::Choice;

/// An address, in any of its spellings.
pub(crate) use onprem_netbox::Address;
pub(crate) use onprem_netbox::{DnsName, Network};

/// Where something is used.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ScopeType {
    #[choice(name = "dcim.site")]
    Site,
    #[choice(name = "dcim.location")]
    Location,
    #[choice(name = "dcim.region")]
    Region,
    #[choice(name = "dcim.sitegroup")]
    SiteGroup,
    Other(String),
}

/// A colour as six hexadecimal digits; their case does not matter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Color(String);

impl Color {
    /// What the server gives a tag without a colour.
    pub(crate) fn grey() -> Self {
        Self("9e9e9e".to_owned())
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.len() == 6 && text.chars().all(|c| c.is_ascii_hexdigit()) {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => {
                Err(format!("`{text}` is no colour: write six hexadecimal digits, like `9e9e9e`."))
            }
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text whose ends NetBox trims, such as the last line break of a heredoc.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Prose(String);

impl FromStr for Prose {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A slug: lower-case letters, digits, `-` and `_`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Slug(String);

impl FromStr for Slug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        match !text.is_empty() && text.chars().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(format!("`{text}` is no slug: it takes letters, digits, `-` and `_`.")),
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

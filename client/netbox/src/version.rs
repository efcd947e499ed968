//! Versions of NetBox, read leniently, and what came with them.

use std::fmt;

/// A version of NetBox, as far as it decides what the API can do: major and minor
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// The first number
    pub major: u32,
    /// The second number
    pub minor: u32,
}

impl Version {
    /// A message in the change log; owners of objects
    pub const CHANGELOG_MESSAGE: Self = Self { major: 4, minor: 4 };
    /// `add_tags` and `remove_tags`
    pub const ADD_TAGS: Self = Self { major: 4, minor: 6 };
    /// The oldest that this client is written for: prefixes and clusters have a scope
    pub const OLDEST: Self = Self { major: 4, minor: 2 };

    /// Read what `/api/status/` or the header `API-Version` says, such as `4.2.8-Docker-3.2.1`
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or_default();
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_follows_the_numbers_does_not_matter() {
        let read = |text| Version::parse(text).map(|version| version.to_string());
        assert_eq!(read("4.2.8-Docker-3.2.1").as_deref(), Some("4.2"));
        assert_eq!(read("v4.10").as_deref(), Some("4.10"));
        assert_eq!(read("4.7-beta1").as_deref(), Some("4.7"));
        assert_eq!(read("5").as_deref(), Some("5.0"));
        assert_eq!(read("unknown"), None);
        assert!(Version::parse("4.10") > Version::parse("4.9"));
    }
}

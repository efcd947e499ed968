//! The release that the lab's NetBox plays. Shapes differ between minor releases of NetBox 4.

/// A release of NetBox 4, from 4.2 on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Version {
    text: String,
    minor: u8,
}

impl Version {
    /// Reads `4.6` or `4.6.8`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split('.');
        let major = parts.next().unwrap_or_default();
        let minor = parts.next().and_then(|minor| minor.parse::<u8>().ok());
        match (major, minor) {
            ("4", Some(minor)) if minor >= 2 => Ok(Self { text: text.to_owned(), minor }),
            _ => Err(format!("NetBox {text} is not simulated: 4.2 and later are")),
        }
    }

    /// As `/api/status/` tells it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The second number, which decides the shapes.
    pub(crate) fn minor(&self) -> u8 {
        self.minor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_before_4_2_are_refused() {
        assert_eq!(Version::parse("4.6.8").unwrap().minor(), 6);
        assert!(Version::parse("4.1.11").is_err());
        assert!(Version::parse("3.7").is_err());
        assert!(Version::parse("").is_err());
    }
}

//! Property strings: `volume,size=8G,ssd=1`, kept in order and with every key.
//!
//! The typed way is [`codec`](crate::codec); this is the one for changing some properties of a device
//! and leaving the others, known or not, as they are.

use std::{fmt, str::FromStr};

/// The properties of one parameter, in order
///
/// The value without a key, if any, is the default property; what it means depends on the parameter
/// (the volume of a disk, the model of a network device).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyString {
    default: Option<String>,
    properties: Vec<(String, String)>,
}

impl PropertyString {
    /// Read a property string
    ///
    /// # Errors
    /// When two values have no key, a key comes twice, or a key is empty.
    pub fn parse(text: &str) -> Result<Self, PropertyStringError> {
        let parts = split(text)?;
        let default = parts.iter().find(|(key, _)| key.is_none());
        let properties = parts.iter().filter_map(|(key, value)| key.map(|key| (key, value)));
        Ok(Self {
            default: default.map(|(_, value)| (*value).to_owned()),
            properties: properties
                .map(|(key, value)| (key.to_owned(), (*value).to_owned()))
                .collect(),
        })
    }

    /// The value that has no key
    pub fn default_value(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The value of a key
    pub fn get(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All keys with their values, without the default value
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether nothing is set
    pub fn is_empty(&self) -> bool {
        self.default.is_none() && self.properties.is_empty()
    }

    /// Set the value that has no key
    ///
    /// # Errors
    /// When the value holds a comma or `=`, which would make other properties of it.
    pub fn set_default(
        &mut self,
        value: impl Into<String>,
    ) -> Result<&mut Self, PropertyStringError> {
        let value = value.into();
        if value.contains([',', '=']) || value.trim() != value || value.is_empty() {
            return Err(PropertyStringError::Value(value));
        }
        self.default = Some(value);
        Ok(self)
    }

    /// Set a key, in its place when it is there, else at the end
    ///
    /// # Errors
    /// When the key or the value holds what would break the string.
    pub fn set(
        &mut self,
        key: &str,
        value: impl Into<String>,
    ) -> Result<&mut Self, PropertyStringError> {
        let value = value.into();
        if key.is_empty() || key.trim() != key || key.contains([',', '=']) {
            return Err(PropertyStringError::EmptyKey);
        }
        if value.contains(',') || value.trim_end() != value {
            return Err(PropertyStringError::Value(value));
        }
        match self.properties.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.properties.push((key.to_owned(), value)),
        }
        Ok(self)
    }

    /// Take a key out
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let index = self.properties.iter().position(|(name, _)| name == key)?;
        Some(self.properties.remove(index).1)
    }
}

impl fmt::Display for PropertyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(default) = &self.default {
            f.write_str(default)?;
            separator = ",";
        }
        for (key, value) in &self.properties {
            write!(f, "{separator}{key}={value}")?;
            separator = ",";
        }
        Ok(())
    }
}

impl FromStr for PropertyString {
    type Err = PropertyStringError;

    fn from_str(text: &str) -> Result<Self, PropertyStringError> {
        Self::parse(text)
    }
}

/// The parts of a property string, at most one of them without a key
pub(crate) fn split(text: &str) -> Result<Vec<(Option<&str>, &str)>, PropertyStringError> {
    let mut parts: Vec<(Option<&str>, &str)> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = match part.split_once('=') {
            Some(("", _)) => return Err(PropertyStringError::EmptyKey),
            Some((key, value)) => (Some(key.trim_end()), value),
            None => (None, part),
        };
        if parts.iter().any(|(known, _)| *known == key) {
            return Err(match key {
                Some(key) => PropertyStringError::Repeated(key.to_owned()),
                None => PropertyStringError::SecondDefault(part.to_owned()),
            });
        }
        parts.push((key, value));
    }
    Ok(parts)
}

/// A text that is no property string, or a value that none can hold
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PropertyStringError {
    /// A property has no name
    #[error("a property has no name, or one with `,` or `=` in it")]
    EmptyKey,
    /// A key comes twice
    #[error("the property {0:?} is given twice")]
    Repeated(String),
    /// Two values have no key
    #[error("{0:?} has no key, and neither has a value before it")]
    SecondDefault(String),
    /// A value would break the string apart
    #[error("{0:?} cannot stand in a property string: no commas, and no blanks at its ends")]
    Value(String),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn order_and_unknown_keys_survive_a_change() {
        let text = "local:100/vm-100-disk-0.qcow2,future=1,cache=none,size=1G";
        let mut disk = PropertyString::parse(text).unwrap();
        disk.set("cache", "writeback").unwrap().set("ssd", "1").unwrap();
        assert_eq!(
            disk.to_string(),
            "local:100/vm-100-disk-0.qcow2,future=1,cache=writeback,size=1G,ssd=1"
        );
        assert_eq!(disk.remove("future").as_deref(), Some("1"));
        assert!(disk.set("serial", "a,b").is_err());
        assert!(disk.set_default("file=x").is_err());
    }

    #[test]
    fn what_is_no_property_string_is_refused() {
        for bad in ["a,b", "=1", "a=1,a=2"] {
            assert!(PropertyString::parse(bad).is_err(), "{bad}");
        }
        assert!(PropertyString::parse(" ").unwrap().is_empty());
    }

    #[test]
    fn a_key_before_a_blank_could_be_read_and_not_be_set() {
        let text = "local:8,size =8G";
        let mut disk = PropertyString::parse(text).unwrap();
        assert_eq!(disk.get("size"), Some("8G"));
        disk.set("size", "9G").unwrap();
        assert_eq!(disk.to_string(), "local:8,size=9G");
        assert!(PropertyString::parse("size=1,size =2").is_err());
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused_and_what_is_read_comes_back(text in "\\PC*") {
            if let Ok(parsed) = PropertyString::parse(&text) {
                prop_assert_eq!(PropertyString::parse(&parsed.to_string()), Ok(parsed));
            }
        }

        #[test]
        fn every_well_formed_string_comes_back(
            default in proptest::option::of("[a-z:/0-9.]{1,12}"),
            pairs in proptest::collection::btree_map("[a-z_-]{1,6}", "[a-zA-Z0-9=;:.]{0,8}", 0..5),
        ) {
            let parts: Vec<String> = default
                .iter()
                .cloned()
                .chain(pairs.iter().map(|(key, value)| format!("{key}={value}")))
                .collect();
            let text = parts.join(",");
            let parsed = PropertyString::parse(&text).unwrap();
            prop_assert_eq!(parsed.to_string(), text);
        }
    }
}

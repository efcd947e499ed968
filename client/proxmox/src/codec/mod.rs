//! Between Rust types and the values of Proxmox, through serde.
//!
//! Proxmox writes one value in many forms: `1`, `"1"` and `true`; a number as a string; a structure as
//! a property string such as `virtio,bridge=vmbr0,tag=5`; a list with `,`, `;` or blanks between its
//! elements. [`from_value`] reads all of them into the type that the caller names; [`to_value`] writes
//! the text of a parameter.
//!
//! The first field of a struct is its default property: the one whose value may stand without a key.
//!
//! ```
//! use onprem_proxmox::codec;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Deserialize, PartialEq, Serialize)]
//! struct Agent {
//!     enabled: bool,
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     fstrim_cloned_disks: Option<bool>,
//! }
//!
//! let agent: Agent = codec::from_value(&"1,fstrim_cloned_disks=0".into())?;
//! assert_eq!(agent, Agent { enabled: true, fstrim_cloned_disks: Some(false) });
//! assert_eq!(codec::to_value(&agent)?, "1,fstrim_cloned_disks=0");
//! # Ok::<(), codec::CodecError>(())
//! ```
//!
//! `#[serde(flatten)]`, untagged and internally tagged enums ask for no type and so get the value as
//! it stands, without leniency.

mod de;
mod ser;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Read a value that Proxmox sent
///
/// | Rust | accepted |
/// |---|---|
/// | `bool` | true, false, 0, 1 and their strings, `yes`, `no`, `on`, `off` |
/// | integers, floats | numbers, numbers in strings; `1e3` and `2.0` for integers too |
/// | `String` | strings, numbers, booleans (as `1` and `0`) |
/// | struct, map | objects, property strings |
/// | `Vec`, sets, tuples | arrays, strings separated by comma, semicolon or blank; null is empty |
/// | `Option` | null is `None` |
/// | enums of unit variants | strings, numbers |
///
/// # Errors
/// A [`CodecError`] that names the place inside the value and what was expected there.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, CodecError> {
    T::deserialize(de::Lenient::json(value))
}

/// Read a text as [`from_value`] reads a JSON string
///
/// # Errors
/// As [`from_value`].
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, CodecError> {
    T::deserialize(de::Lenient::text(text))
}

/// Write a value as the text of a parameter
///
/// Booleans become 1 and 0; structs and maps property strings, where a field without a value is left
/// out and the first field of a struct stands without its key; lists are joined with `;`, which every
/// list of Proxmox takes, tags included.
///
/// # Errors
/// When there is no value at all (`None`), or a value would break the text apart: a comma in a
/// property, a separator in an element of a list.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<String, CodecError> {
    to_optional_value(value)?.ok_or_else(|| CodecError::new("there is no value to write"))
}

/// Write a value as [`to_value`] does, with `None` for no value
///
/// # Errors
/// When a value would break the text apart.
pub fn to_optional_value<T: Serialize + ?Sized>(value: &T) -> Result<Option<String>, CodecError> {
    value.serialize(ser::Writer)
}

/// A value that does not fit the type it was read into, or cannot be written
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError {
    path: Vec<String>,
    message: String,
}

impl CodecError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    /// The place inside the value, such as `data.3.vmid`; empty for the value itself
    pub fn path(&self) -> String {
        let steps: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        steps.join(".")
    }

    pub(crate) fn at(mut self, step: impl Into<String>) -> Self {
        self.path.push(step.into());
        self
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for CodecError {}

impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

#[cfg(test)]
mod tests;

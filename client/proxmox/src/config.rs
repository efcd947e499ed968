//! The configuration of a guest: everything that the server sent, read into types on demand.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::codec::{self, CodecError};

/// The configuration of a guest, unknown keys included
///
/// API: `GET /nodes/{node}/qemu/{vmid}/config` and the same for `lxc`.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(from = "BTreeMap<String, Value>")]
pub struct GuestConfig {
    digest: String,
    values: BTreeMap<String, Value>,
}

impl GuestConfig {
    /// The digest that guards a change of this configuration
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// All values as they came, without the digest
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// Whether a key is set
    pub fn contains(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// Read the value of a key, `None` when it is not set
    ///
    /// # Errors
    /// When the value does not fit the type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CodecError> {
        self.raw(key)
            .map(|value| codec::from_value(value).map_err(|error| error.at(key)))
            .transpose()
    }

    /// The value of a key as text, `None` when it is not set
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).ok().flatten()
    }

    /// The keys of one sort of device in the order of their numbers: `slots("net")` gives `net0`, `net1`…
    pub fn slots(&self, device: &str) -> Vec<&str> {
        let number = |key: &str| -> Option<u32> {
            let digits = key.strip_prefix(device)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        let mut slots: Vec<(u32, &str)> =
            self.values.keys().filter_map(|key| Some((number(key)?, key.as_str()))).collect();
        slots.sort_unstable();
        slots.into_iter().map(|(_, key)| key).collect()
    }

    /// A value, unless it is the single blank that the server keeps for a string set to nothing
    fn raw(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| value.as_str() != Some(" ") && !value.is_null())
    }
}

impl From<BTreeMap<String, Value>> for GuestConfig {
    fn from(mut values: BTreeMap<String, Value>) -> Self {
        let digest = values.remove("digest");
        let digest = digest.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { digest, values }
    }
}

impl fmt::Debug for GuestConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords come masked from the server, so that the values may be shown.
        f.debug_map().entries(&self.values).finish()
    }
}

/// One key of a guest with its present and its coming value
///
/// API: `GET /nodes/{node}/qemu/{vmid}/pending` and the same for `lxc`; for cloud-init settings
/// `GET /nodes/{node}/qemu/{vmid}/cloudinit`, where a new image takes the place of the start.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct PendingValue {
    /// The key
    pub key: String,
    /// The value in force
    #[serde(default)]
    pub value: Option<Value>,
    /// The value after the next start from cold
    #[serde(default)]
    pub pending: Option<Value>,
    /// Above 0 when the key goes away at the next start from cold; 2 when by force
    #[serde(default)]
    pub delete: u8,
}

impl PendingValue {
    /// Whether the key changes at the next start from cold
    pub fn is_pending(&self) -> bool {
        self.delete > 0 || self.pending.is_some()
    }

    /// The keys that wait for a start from cold, in the order of their names
    ///
    /// A running guest keeps changes that it cannot take over; a stopped one has none.
    pub fn waiting(values: &[Self]) -> Vec<&str> {
        let waiting = values.iter().filter(|value| value.is_pending());
        let mut keys: Vec<&str> = waiting.map(|value| value.key.as_str()).collect();
        keys.sort_unstable();
        keys
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_into_types_and_a_blank_is_nothing() {
        let config: GuestConfig = codec::from_value(&json!({
            "digest": "abc", "memory": "2048", "tags": "b;a", "boot": " ", "net10": "virtio",
            "net2": "e1000", "network": "x", "cores": "many",
        }))
        .unwrap();
        assert_eq!(config.digest(), "abc");
        assert_eq!(config.get::<u64>("memory").unwrap(), Some(2048));
        assert_eq!(config.get::<BTreeSet<String>>("tags").unwrap().unwrap().len(), 2);
        assert_eq!(config.text("boot"), None);
        assert!(!config.contains("boot") && !config.contains("digest"));
        assert_eq!(config.slots("net"), ["net2", "net10"]);
        assert_eq!(config.get::<u8>("cores").unwrap_err().path(), "cores");
    }
}

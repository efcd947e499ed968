//! The parameters of a request.

use std::fmt;

use onprem_http::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::{NodeName, StorageName, Upid, VmId, VolumeId, codec, codec::CodecError};

/// Everything but letters, digits and `-._~`: Proxmox cuts values at a raw `=` and `;`
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An ordered list of parameters, one value a key
///
/// ```
/// use onprem_proxmox::Params;
///
/// let mut params = Params::new();
/// params.set("name", "web").set("onboot", true).set("memory", 2048).delete("balloon");
/// assert_eq!(params.encode(), "name=web&onboot=1&memory=2048&delete=balloon");
/// ```
#[derive(Clone, Default)]
pub struct Params {
    values: Vec<(String, ParamValue)>,
    deleted: Vec<String>,
}

impl Params {
    /// No parameters
    pub fn new() -> Self {
        Self::default()
    }

    /// Set a parameter, in place of an earlier value or [`delete`](Self::delete) of it
    pub fn set(&mut self, key: &str, value: impl Into<ParamValue>) -> &mut Self {
        self.remove(key);
        self.values.push((key.to_owned(), value.into()));
        self
    }

    /// Set a parameter and pass the list on
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<ParamValue>) -> Self {
        self.set(key, value);
        self
    }

    /// Set a parameter when there is a value
    pub fn set_opt(&mut self, key: &str, value: Option<impl Into<ParamValue>>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// Set a parameter to what [`codec::to_value`] makes of a value
    ///
    /// `None` sets nothing.
    ///
    /// # Errors
    /// When the value has no form as a parameter.
    pub fn set_encoded<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<&mut Self, CodecError> {
        let value = codec::to_optional_value(value).map_err(|error| error.at(key))?;
        Ok(self.set_opt(key, value))
    }

    /// Set SSH public keys, which Proxmox wants percent-encoded inside the encoded value
    pub fn set_ssh_keys<'a>(
        &mut self,
        key: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        let lines: Vec<&str> = keys.into_iter().map(str::trim).collect();
        let encoded = utf8_percent_encode(&lines.join("\n"), ENCODED).to_string();
        self.set(key, encoded)
    }

    /// Ask for a key to be deleted: its name joins the parameter `delete`
    pub fn delete(&mut self, key: &str) -> &mut Self {
        self.remove(key);
        self.deleted.push(key.to_owned());
        self
    }

    /// Forget what was said about a key
    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.values.retain(|(name, _)| name != key);
        self.deleted.retain(|name| name != key);
        self
    }

    /// The text of a parameter, when it is set and no secret
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == key).and_then(|(_, value)| match &value.0 {
            Repr::Plain(text) => Some(text.as_str()),
            Repr::Secret(_) => None,
        })
    }

    /// Whether a parameter is set
    pub fn contains(&self, key: &str) -> bool {
        self.values.iter().any(|(name, _)| name == key)
    }

    /// The keys that are set or deleted
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .map(|(key, _)| key.as_str())
            .chain(self.deleted.iter().map(String::as_str))
    }

    /// Whether there is nothing to send
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.deleted.is_empty()
    }

    /// The text of a query or form, fully percent-encoded; it holds the secrets
    pub fn encode(&self) -> String {
        let deleted = (!self.deleted.is_empty()).then(|| ("delete", self.deleted.join(",")));
        let mut text = String::new();
        let values = self.values.iter().map(|(key, value)| (key.as_str(), value.expose()));
        let deleted = deleted.as_ref().map(|(key, value)| (*key, value.as_str()));
        for (key, value) in values.chain(deleted) {
            if !text.is_empty() {
                text.push('&');
            }
            text.extend(utf8_percent_encode(key, ENCODED));
            text.push('=');
            text.extend(utf8_percent_encode(value, ENCODED));
        }
        text
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        map.entries(self.values.iter().map(|(key, value)| (key, value)));
        if !self.deleted.is_empty() {
            map.entry(&"delete", &self.deleted);
        }
        map.finish()
    }
}

/// Percent-encode one segment of a path
pub(crate) fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The value of a parameter
#[derive(Clone)]
pub struct ParamValue(Repr);

#[derive(Clone)]
enum Repr {
    Plain(String),
    Secret(Secret),
}

impl ParamValue {
    fn expose(&self) -> &str {
        match &self.0 {
            Repr::Plain(text) => text,
            Repr::Secret(secret) => secret.expose(),
        }
    }
}

impl fmt::Debug for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Plain(text) => fmt::Debug::fmt(text, f),
            Repr::Secret(secret) => fmt::Debug::fmt(secret, f),
        }
    }
}

impl From<Secret> for ParamValue {
    fn from(secret: Secret) -> Self {
        Self(Repr::Secret(secret))
    }
}

impl From<&Secret> for ParamValue {
    fn from(secret: &Secret) -> Self {
        Self(Repr::Secret(secret.clone()))
    }
}

impl From<bool> for ParamValue {
    fn from(value: bool) -> Self {
        Self(Repr::Plain(u8::from(value).to_string()))
    }
}

macro_rules! plain_values {
    ($($type:ty),*) => {$(
        impl From<$type> for ParamValue {
            fn from(value: $type) -> Self {
                Self(Repr::Plain(value.to_string()))
            }
        }
    )*};
}

plain_values!(
    &str,
    String,
    &String,
    i32,
    i64,
    u16,
    u32,
    u64,
    usize,
    f64,
    VmId,
    NodeName,
    &NodeName,
    StorageName,
    &StorageName,
    VolumeId,
    &VolumeId,
    &Upid
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_would_cut_a_value_is_encoded() {
        let mut params = Params::new();
        params.set("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0").set("tags", "a;b");
        params.set("description", "1 + 1 = 2 & 100%\nü");
        assert_eq!(
            params.encode(),
            "net0=virtio%3DBC%3A24%3A11%3A00%3A00%3A01%2Cbridge%3Dvmbr0&tags=a%3Bb\
             &description=1%20%2B%201%20%3D%202%20%26%20100%25%0A%C3%BC"
        );
    }

    #[test]
    fn ssh_keys_are_encoded_twice() {
        let mut params = Params::new();
        params.set_ssh_keys("sshkeys", ["ssh-ed25519 AA+/ me@x\n", "b"]);
        assert_eq!(params.get("sshkeys"), Some("ssh-ed25519%20AA%2B%2F%20me%40x%0Ab"));
        assert!(params.encode().contains("ssh-ed25519%2520AA%252B%252F%2520me%2540x%250Ab"));
    }

    #[test]
    fn a_key_is_either_set_or_deleted() {
        let mut params = Params::new();
        params.set("cores", 2).delete("cores").delete("cpu").set("cpu", "host").delete("vga");
        assert_eq!(params.encode(), "cpu=host&delete=cores%2Cvga");
    }

    #[test]
    fn secrets_are_sent_and_not_shown() {
        let params = Params::new().with("cipassword", Secret::new("hunter2")).with("ciuser", "me");
        assert!(params.encode().contains("hunter2"));
        let shown = format!("{params:?}");
        assert!(!shown.contains("hunter2") && shown.contains("me"), "{shown}");
        assert_eq!(params.get("cipassword"), None);
    }
}

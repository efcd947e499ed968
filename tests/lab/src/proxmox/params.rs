//! Parameters of one request, before and after the schema has looked at them.

use std::collections::BTreeMap;

/// Value of one parameter as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Param {
    Text(String),
    /// A repeated key or a JSON array.
    List(Vec<String>),
    /// A JSON object: never right, but told apart in the error.
    Object,
    /// A key without `=`, or JSON null.
    Undefined,
}

/// Everything that one request says, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(pub(crate) BTreeMap<String, Param>);

impl Params {
    /// Reads a query string or a form body the way Proxmox does: `&` and `;` separate, a second raw
    /// `=` cuts the value, bad escapes stay as they are, a repeated key becomes a list.
    pub(crate) fn from_form(text: &[u8]) -> Self {
        let mut params = Self::default();
        for part in text.split(|byte| matches!(byte, b'&' | b';')).filter(|part| !part.is_empty()) {
            let mut pieces = part.split(|byte| *byte == b'=');
            let name = decode(pieces.next().unwrap_or_default(), true);
            match pieces.next() {
                Some(value) => params.push(name, decode(value, true)),
                None => {
                    params.0.insert(name, Param::Undefined);
                }
            }
        }
        params
    }

    /// Reads a JSON object body.
    pub(crate) fn from_json(object: serde_json::Map<String, serde_json::Value>) -> Self {
        use serde_json::Value;
        fn text(value: &Value) -> String {
            match value {
                Value::Bool(flag) => u8::from(*flag).to_string(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }
        }
        Self(
            object
                .into_iter()
                .map(|(name, value)| {
                    let param = match &value {
                        Value::Null => Param::Undefined,
                        Value::Array(items) => Param::List(items.iter().map(text).collect()),
                        Value::Object(_) => Param::Object,
                        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                            Param::Text(text(&value))
                        }
                    };
                    (name, param)
                })
                .collect(),
        )
    }

    fn push(&mut self, name: String, value: String) {
        match self.0.get_mut(&name) {
            Some(Param::List(values)) => values.push(value),
            Some(param) => {
                let first = match param {
                    Param::Text(text) => text.clone(),
                    Param::List(_) | Param::Object | Param::Undefined => String::new(),
                };
                *param = Param::List(vec![first, value]);
            }
            None => {
                self.0.insert(name, Param::Text(value));
            }
        }
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Param::Text(value.into()));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Param::Text(text)) => Some(text),
            Some(Param::List(_) | Param::Object | Param::Undefined) | None => None,
        }
    }

    /// Text of a parameter that the schema requires; empty when it is absent all the same.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("1")
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|text| text.parse().ok())
    }

    /// Guest number in the path or the body.
    pub(crate) fn vmid(&self) -> u32 {
        self.get("vmid").and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// Splits a list value at blanks, commas, semicolons and NULs.
pub(crate) fn split_list(text: &str) -> Vec<String> {
    text.split([',', ';', ' ', '\t', '\n', '\0'])
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Undoes percent-encoding, and `+` where a form says so; what is no escape stays.
pub(crate) fn decode(text: &[u8], plus: bool) -> String {
    let bytes: Vec<u8> =
        text.iter().map(|byte| if plus && *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8_lossy(&percent_encoding::percent_decode(&bytes).collect::<Vec<u8>>())
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_proxmox_reads_them() {
        let params = Params::from_form(b"a=1&b=x=y;c=%3Bz=q&d=p+q&e&f=1&f=2&g=100%");
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(params.get("b"), Some("x"));
        assert_eq!(params.get("c"), Some(";z"));
        assert_eq!(params.get("d"), Some("p q"));
        assert_eq!(params.0["e"], Param::Undefined);
        assert_eq!(params.0["f"], Param::List(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(params.get("g"), Some("100%"));
    }
}

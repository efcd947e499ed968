//! How NetBox writes values: references as objects, choices as `{value, label}`, numbers as texts.

use onprem_netbox::{reference, text};
use tf_provider::api::{ApiFormat, Json};

/// The format of NetBox's API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest;

impl ApiFormat for Rest {
    fn absent(value: &Json) -> bool {
        match value {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Object(choice) => choice.get("value").is_some_and(Self::absent),
            _ => false,
        }
    }

    fn integer(value: &Json) -> Option<i64> {
        reference(value).or_else(|| onprem_netbox::integer(value))
    }

    fn float(value: &Json) -> Option<f64> {
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A reference reads as the name of what it refers to.
    fn string(value: &Json) -> Option<String> {
        text(value).or_else(|| text(value.get("name")?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_the_server_writes() {
        assert_eq!(Rest::integer(&json!({"id": 5, "name": "x"})), Some(5));
        assert_eq!(Rest::string(&json!({"value": "active", "label": "Active"})).unwrap(), "active");
        assert_eq!(Rest::string(&json!({"id": 5, "name": "x", "slug": "y"})).unwrap(), "x");
        assert_eq!(Rest::float(&json!("2.00")), Some(2.0));
        for nothing in [json!(null), json!(""), json!({"value": "", "label": ""})] {
            assert!(Rest::absent(&nothing), "{nothing}");
        }
        assert!(!Rest::absent(&json!({"id": 1})));
    }
}

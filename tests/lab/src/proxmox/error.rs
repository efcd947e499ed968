//! What an API call answers: data with a 200, or an error with Proxmox's own text.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// Successful answer: `data` and the few keys that some lists put beside it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) data: Value,
    pub(crate) extra: BTreeMap<&'static str, Value>,
}

impl From<Value> for Reply {
    fn from(data: Value) -> Self {
        Self { data, extra: BTreeMap::new() }
    }
}

/// Result of every endpoint.
pub(crate) type Answer = Result<Reply, ApiError>;

/// An answer other than 200.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) errors: BTreeMap<String, String>,
    /// Lab time that passes before the answer leaves (a refused login takes 3 s).
    pub(crate) delay: Duration,
    /// Whether the body stays empty, as it does where the HTTP layer refuses by itself.
    pub(crate) bare: bool,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: BTreeMap::new(),
            delay: Duration::ZERO,
            bare: false,
        }
    }

    /// A plain `die` in the handler.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, message)
    }

    /// Refused parameters, one text each.
    pub(crate) fn parameters(errors: BTreeMap<String, String>) -> Self {
        Self { errors, ..Self::new(400, "Parameter verification failed.") }
    }

    /// One refused parameter.
    pub(crate) fn parameter(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::parameters(BTreeMap::from([(name.into(), text.into())]))
    }

    /// Missing privilege; `detail` is what stands in the parentheses.
    pub(crate) fn forbidden(detail: Option<&str>) -> Self {
        let message = detail.map_or_else(
            || "Permission check failed".to_owned(),
            |detail| format!("Permission check failed ({detail})"),
        );
        Self::new(403, message)
    }

    /// Refused by the HTTP layer after its 3 s penalty.
    pub(crate) fn unauthorized(reason: &str) -> Self {
        Self { delay: Duration::from_secs(3), bare: true, ..Self::new(401, reason) }
    }

    pub(crate) fn not_implemented(method: &str, path: &str) -> Self {
        Self::new(501, format!("Method '{method} {path}' not implemented"))
    }
}

impl From<String> for ApiError {
    fn from(message: String) -> Self {
        Self::internal(message)
    }
}

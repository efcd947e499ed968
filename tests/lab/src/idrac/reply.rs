//! The answers of an iDRAC and the shape of its errors.

use serde_json::{Value, json};

use super::hardware::Generation;
use super::messages;

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Body; none when null.
    pub(crate) body: Value,
}

/// An error with a message of the registry.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) id: String,
    pub(crate) arguments: Vec<String>,
    /// Text of its own instead of the registry's.
    pub(crate) message: Option<String>,
}

pub(crate) type Answer = Result<Reply, Failure>;

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Value::Null }
    }

    /// 200 with the message that all went well.
    pub(crate) fn done(generation: Generation) -> Self {
        Self::ok(success(generation, "SYS413"))
    }

    /// 201 for a new resource.
    pub(crate) fn created(location: impl Into<String>, body: Value) -> Self {
        Self { status: 201, headers: vec![("Location", location.into())], body }
    }

    /// 202 for work that goes on.
    pub(crate) fn accepted(generation: Generation, location: impl Into<String>) -> Self {
        let body = success(generation, "SYS413");
        Self { status: 202, headers: vec![("Location", location.into())], body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Failure {
    pub(crate) fn new(status: u16, id: &str) -> Self {
        Self { status, id: id.to_owned(), arguments: Vec::new(), message: None }
    }

    pub(crate) fn with(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// A fault's own text.
    pub(crate) fn message(status: u16, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::new(status, "SYS446") }
    }

    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(404, "SYS403").with(path)
    }

    pub(crate) fn missing(property: &str) -> Self {
        Self::new(400, "SYS428").with(property)
    }

    pub(crate) fn not_in_list(value: &str, property: &str) -> Self {
        Self::new(400, "SYS426").with(value).with(property)
    }

    /// The body: a general error of the base registry and the server's own message under it.
    pub(crate) fn body(&self, generation: Generation) -> Value {
        let mut extended = messages::extended(generation.registry(), &self.id, &self.arguments);
        if let Some(message) = &self.message {
            extended["Message"] = message.as_str().into();
        }
        let base = generation.base_registry();
        json!({
            "error": {
                "@Message.ExtendedInfo": [extended],
                "code": format!("{base}.GeneralError"),
                "message": "A general error has occurred. See ExtendedInfo for more information",
            }
        })
    }
}

/// The messages of a successful action.
pub(crate) fn success(generation: Generation, id: &str) -> Value {
    let base = json!({
        "Message": "The request completed successfully.",
        "MessageArgs": [],
        "MessageArgs@odata.count": 0,
        "MessageId": format!("{}.Success", generation.base_registry()),
        "RelatedProperties": [],
        "RelatedProperties@odata.count": 0,
        "Resolution": "None",
        "Severity": "OK",
    });
    json!({
        "@Message.ExtendedInfo": [base, messages::extended(generation.registry(), id, &[])]
    })
}

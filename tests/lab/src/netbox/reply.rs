//! Answers before they become HTTP.

use serde_json::{Value, json};

use super::rules::Errors;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Body,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// What an answer holds.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Empty,
    /// A page with this title.
    Html(String),
    Json(Value),
}

impl Reply {
    pub(super) fn json(status: u16, value: Value) -> Self {
        Self { status, body: Body::Json(value), headers: Vec::new() }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, body: Body::Empty, headers: Vec::new() }
    }

    /// `{"detail": …}`.
    pub(super) fn detail(status: u16, text: impl Into<String>) -> Self {
        Self::json(status, json!({ "detail": text.into() }))
    }

    /// A 400 with messages by field.
    pub(super) fn bad(errors: Errors) -> Self {
        Self::json(400, errors.into())
    }

    pub(super) fn page_not_found() -> Self {
        Self { status: 404, body: Body::Html("Page Not Found".to_owned()), headers: Vec::new() }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

//! One request, and what it was answered.

use onprem_http::{Method, RequestContext, Resend};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::Fields;

/// How requests and answers are written.
pub(crate) const JSON: &str = "application/json";

/// One request of the API
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) query: String,
    pub(crate) body: Option<Value>,
    pub(crate) etag: Option<&'a str>,
    pub(crate) resend: Resend,
}

impl<'a> Call<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    /// A call that may be sent twice, unless it makes something.
    pub(crate) fn new(method: Method, path: &'a str) -> Self {
        let resend = if method == Method::POST { Resend::IfNotExecuted } else { Resend::Always };
        Self { method, path, query: String::new(), body: None, etag: None, resend }
    }

    pub(crate) fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    pub(crate) fn fields(self, fields: Fields) -> Self {
        self.body(Value::Object(fields))
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn etag(mut self, etag: Option<&'a str>) -> Self {
        self.etag = etag;
        self
    }
}

/// A successful answer
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) etag: Option<String>,
    pub(crate) context: RequestContext,
}

/// The query of these parameters, encoded.
pub(crate) fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encode = |text: &str| utf8_percent_encode(text, &KEPT).to_string();
    let pairs = parameters.into_iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

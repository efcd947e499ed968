//! One request, and what it was answered.

use std::time::Duration;

use onprem_http::{
    Body, Deadline, HeaderMap, HeaderName, HeaderValue, Method, Request, RequestContext, Resend,
};
use serde_json::Value;

use crate::{
    Error, ErrorKind,
    error::{Message, Verdict, judge},
    json,
};

/// One request
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Body,
    pub(crate) resend: Resend,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) timeout: Option<Duration>,
    /// Whether it changes nothing: a warning in its answer is part of what was asked for.
    pub(crate) reading: bool,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let resend = if method == Method::GET { Resend::Always } else { Resend::IfNotExecuted };
        let (headers, timeout, reading) = (vec![], None, method == Method::GET);
        Self { method, path: path.into(), body: Body::Empty, resend, headers, timeout, reading }
    }

    pub(crate) fn reading(mut self) -> Self {
        self.reading = true;
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        let bytes = body.to_string().into();
        self.body = Body::Bytes { content_type: "application/json", bytes };
        self
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn request(&self, deadline: Option<&Deadline>) -> Request {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut request = Request::new(self.method.clone(), path)
            .query(query)
            .body(self.body.clone())
            .resend(self.resend);
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        if let Some(deadline) = deadline {
            request = request.deadline(deadline);
        }
        request
    }
}

/// A successful answer
#[derive(Debug)]
pub(crate) struct Answer {
    /// Null when the answer was empty.
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
    /// What the controller warned of.
    pub(crate) warnings: Vec<Message>,
}

impl Answer {
    pub(crate) fn parse(response: onprem_http::Response, call: &Call) -> Result<Self, Error> {
        let context = RequestContext {
            method: call.method.clone(),
            path: call.path.split('?').next().unwrap_or_default().to_owned(),
            endpoint: response.endpoint,
        };
        let body: Value = match serde_json::from_slice(&response.body) {
            Ok(body) => body,
            // Some answer an action with a page of HTML, or with nothing.
            Err(_) if call.method != Method::GET => Value::Null,
            Err(error) => {
                let text = format!("the answer is not JSON: {error}");
                return Err(Error::new(ErrorKind::Decode, text).with_request(Some(&context)));
            }
        };
        let accepted = response.headers.contains_key("location");
        let Verdict { failures, warnings } = match call.reading && body.get("error").is_none() {
            true => Verdict::default(),
            false => judge(&body, accepted),
        };
        if !failures.is_empty() {
            return Err(Error::refused(failures, &context));
        }
        for warning in &warnings {
            tracing::warn!(request = %context, "the controller warns: {warning}");
        }
        Ok(Self { body, headers: response.headers, warnings })
    }

    /// Where the answer says that the work goes on, or the made object is
    pub(crate) fn location(&self) -> Option<String> {
        let location = self.headers.get("location").and_then(|value| value.to_str().ok());
        location.and_then(json::path_of).or_else(|| json::link(&self.body, "/@odata.id"))
    }
}

//! One request and its answer.

use std::{fmt, io, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::{Deadline, Secret};

/// The bytes of a streamed body
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Whether a request may be sent again after a failure that leaves open if it was carried out
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Carrying it out twice does no harm
    Always,
    /// Only when it was certainly not carried out: no connection, or 429
    IfNotExecuted,
}

/// A request to one of the endpoints of a client
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) resend: Resend,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) timeout: Option<Duration>,
}

impl Request {
    /// A request; `path` starts with `/`, is percent-encoded and follows the endpoint's own path
    ///
    /// GET is sent again after any passing failure, every other method only if it was certainly not
    /// carried out: see [`resend`](Self::resend).
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let resend = if method == Method::GET { Resend::Always } else { Resend::IfNotExecuted };
        Self {
            method,
            path: path.into(),
            query: None,
            headers: HeaderMap::new(),
            body: Body::Empty,
            resend,
            deadline: None,
            timeout: None,
        }
    }

    /// A GET request
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Set the query, already encoded and without `?`
    #[must_use]
    pub fn query(mut self, query: impl Into<String>) -> Self {
        let query = query.into();
        self.query = (!query.is_empty()).then_some(query);
        self
    }

    /// Add a header
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Add a header whose value must not be printed; a value that no header can hold is left out
    #[must_use]
    pub fn secret_header(self, name: HeaderName, value: &Secret) -> Self {
        match HeaderValue::from_str(value.expose()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.header(name, value)
            }
            Err(_) => self,
        }
    }

    /// Set the body
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Say whether it may be sent twice
    #[must_use]
    pub fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    /// Give up, retries included, when this deadline passes
    #[must_use]
    pub fn deadline(mut self, deadline: &Deadline) -> Self {
        self.deadline = Some(deadline.clone());
        self
    }

    /// Limit one attempt to this time instead of the client's own limit
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// The body of a request
#[derive(Clone)]
#[non_exhaustive]
pub enum Body {
    /// No body
    Empty,
    /// A body in memory
    Bytes {
        /// Value of `Content-Type`
        content_type: &'static str,
        /// Content
        bytes: Bytes,
    },
    /// A body that is produced while it is sent, with a length known beforehand
    Stream {
        /// Value of `Content-Type`
        content_type: String,
        /// Length in bytes, sent as `Content-Length`
        length: u64,
        /// Starts the stream, once for each attempt
        open: Arc<dyn Fn() -> ByteStream + Send + Sync>,
    },
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies hold passwords and keys: only their size is shown.
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes { bytes, .. } => write!(f, "Bytes({})", bytes.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length})"),
        }
    }
}

/// A successful answer
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code, always 2xx
    pub status: StatusCode,
    /// Reason phrase as sent
    pub reason: String,
    /// Headers
    pub headers: HeaderMap,
    /// Body, read to its end
    pub body: Bytes,
    /// Scheme, host and port that answered
    pub endpoint: String,
}

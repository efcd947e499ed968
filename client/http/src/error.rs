//! Errors that carry the request they belong to.

use std::{error::Error as StdError, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::tls::TlsFailure;

/// What a failed request was
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    /// HTTP method
    pub method: Method,
    /// Path without the query, which may hold values of the user
    pub path: String,
    /// Scheme, host and port that the last attempt went to
    pub endpoint: String,
}

impl fmt::Display for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} on {}", self.method, self.path, self.endpoint)
    }
}

/// Why a request failed, with the request itself
///
/// Cheap to clone, so that callers that shared one request can share its error.
#[derive(Clone, Debug)]
pub struct Error(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    context: Option<RequestContext>,
    maybe_executed: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: RequestContext, maybe_executed: bool) -> Self {
        Self(Arc::new(Inner { kind, context: Some(context), maybe_executed }))
    }

    /// An error in the settings of a client, before any request
    pub fn configuration(text: impl Into<String>) -> Self {
        let kind = ErrorKind::Configuration(text.into());
        Self(Arc::new(Inner { kind, context: None, maybe_executed: false }))
    }

    /// What went wrong
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The request, absent for errors in the settings
    pub fn context(&self) -> Option<&RequestContext> {
        self.0.context.as_ref()
    }

    /// The server's answer, when it did answer
    pub fn status(&self) -> Option<&StatusError> {
        match self.kind() {
            ErrorKind::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Whether the server may have carried the request out although no answer came back
    pub fn maybe_executed(&self) -> bool {
        self.0.maybe_executed
    }

    /// Whether the same request may well succeed a moment later
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Lost(_) | ErrorKind::Timeout(_) => true,
            ErrorKind::Unreachable(how) => !matches!(how, Unreachable::Dns(_)),
            ErrorKind::Status(status) => crate::retry::is_transient_status(status.code),
            ErrorKind::Configuration(_) | ErrorKind::Decode(_) | ErrorKind::Tls(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.context() {
            Some(context) => write!(f, "{context}: {}", self.kind()),
            None => write!(f, "{}", self.kind()),
        }
    }
}

impl StdError for Error {}

/// The kinds of failure
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the client cannot be used
    #[error("{0}")]
    Configuration(String),
    /// The answer was not in the promised form
    #[error("the answer cannot be read: {0}")]
    Decode(String),
    /// The connection broke after the request may have been sent
    #[error("the connection was lost before the answer came: {0}")]
    Lost(String),
    /// The server answered with an error status
    #[error("{0}")]
    Status(StatusError),
    /// No answer in time; the text says which limit passed
    #[error("{0}")]
    Timeout(String),
    /// The server's certificate or TLS itself was refused
    #[error("{0}")]
    Tls(TlsFailure),
    /// No connection could be made: the request was certainly not sent
    #[error("{0}")]
    Unreachable(Unreachable),
}

/// An answer with a status other than success
#[derive(Clone, Debug)]
pub struct StatusError {
    /// Status code
    pub code: StatusCode,
    /// Reason phrase of the status line as sent; some servers put their error text there
    pub reason: String,
    /// Headers of the answer
    pub headers: HeaderMap,
    /// Body of the answer
    pub body: Bytes,
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.code.as_u16())?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        Ok(())
    }
}

/// Why no connection could be made
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// The host name has no address
    #[error("the host name cannot be resolved: {0}")]
    Dns(String),
    /// Something answered that nothing listens there
    #[error("the connection was refused")]
    Refused,
    /// Nothing answered in time
    #[error("the connection timed out")]
    Timeout,
    /// Anything else the network said
    #[error("the connection failed: {0}")]
    Other(String),
}

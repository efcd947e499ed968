//! What the onprem API clients share: TLS trust, retries, failover, redaction, tracing, and errors
//! that say which request failed, where, and how.
//!
//! One [`HttpClient`] speaks to one system that may be reached through several endpoints. Building
//! it opens no connection; the system's root certificates are read at the first handshake.
//!
//! ```no_run
//! use onprem_http::{Deadline, HttpClient, Request};
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), onprem_http::Error> {
//! let client = HttpClient::builder(["https://pve1:8006", "https://pve2:8006"])
//!     .fingerprint("AB:CD:…")
//!     .timeout(Duration::from_secs(30))
//!     .build()?;
//! let deadline = Deadline::after(Duration::from_secs(120), "the read timeout");
//! let response = client.send(&Request::get("/api2/json/version").deadline(&deadline)).await?;
//! println!("{} bytes", response.body.len());
//! # Ok(())
//! # }
//! ```

mod client;
mod deadline;
mod error;
mod request;
mod retry;
mod secret;
mod tls;

pub use client::{HttpClient, HttpClientBuilder};
pub use deadline::Deadline;
pub use error::{Error, ErrorKind, RequestContext, StatusError, Unreachable};
pub use request::{Body, ByteStream, Request, Resend, Response};
pub use retry::{AfterLoss, Delays, RetryPolicy};
pub use secret::Secret;
pub use tls::{TlsFailure, TlsProblem};

pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

//! The client against a scripted server on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod failover;
mod retries;
mod server;
mod trust;

use std::time::Duration;

use onprem_http::{HttpClient, HttpClientBuilder, RetryPolicy};

/// A builder that wastes no time on pauses
fn builder<T: Into<String>>(endpoints: impl IntoIterator<Item = T>) -> HttpClientBuilder {
    HttpClient::builder(endpoints).retry(RetryPolicy {
        max_attempts: 3,
        min_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
    })
}

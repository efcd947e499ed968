//! When a request is sent again, and how long to wait before.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::StatusCode;

/// How often and how fast a request is repeated after a passing failure
///
/// Passing failures are 429, 502 to 504, Proxmox' 595, 596 and 599, lost connections and missing
/// answers. With a deadline repetition goes on until it passes; without one `max_attempts` ends it.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Attempts in all when the request has no deadline; 6 by default
    pub max_attempts: usize,
    /// First pause; 200 ms by default
    pub min_delay: Duration,
    /// Longest pause; 5 s by default
    pub max_delay: Duration,
}

impl RetryPolicy {
    /// The pauses between attempts: doubling, with jitter, without end
    pub fn delays(&self) -> Delays {
        Delays::new(self.min_delay, self.max_delay, 2.0)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            min_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(5),
        }
    }
}

/// An endless sequence of growing pauses with jitter
#[derive(Debug)]
pub struct Delays {
    pauses: ExponentialBackoff,
    max: Duration,
}

impl Delays {
    /// Pauses from `min` to `max`, each `factor` times the one before, plus up to one `min` of jitter
    pub fn new(min: Duration, max: Duration, factor: f32) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(min)
            .with_max_delay(max)
            .with_factor(factor)
            .with_jitter()
            .without_max_times()
            .build();
        Self { pauses, max }
    }

    /// The next pause
    pub fn next_pause(&mut self) -> Duration {
        self.pauses.next().unwrap_or(self.max)
    }
}

/// What the caller found out about a request whose answer was lost
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterLoss {
    /// The server did not carry it out: send it again
    Resend,
    /// Keep the error: it was carried out, or nobody can tell
    Stop,
}

/// Whether the status says "not now" rather than "no"
pub(crate) fn is_transient_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502..=504 | 595 | 596 | 599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_never_end() {
        let policy = RetryPolicy::default();
        let mut delays = policy.delays();
        let pauses: Vec<Duration> = (0..40).map(|_| delays.next_pause()).collect();
        assert!(pauses[0] >= policy.min_delay && pauses[0] <= policy.min_delay * 2);
        assert!(pauses[39] >= policy.max_delay, "{:?}", pauses[39]);
    }

    #[test]
    fn a_plain_server_error_is_not_passing() {
        for (code, passing) in [(429, true), (500, false), (501, false), (503, true), (596, true)] {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(is_transient_status(status), passing, "{code}");
        }
    }
}

//! The moment by which an operation has to be done.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// A moment after which an operation gives up, with the words that name it in an error
///
/// Cheap to clone. One deadline is handed through all the requests and waits of one operation.
#[derive(Clone, Debug)]
pub struct Deadline {
    at: Instant,
    name: Arc<str>,
}

impl Deadline {
    /// A deadline so far from now; `name` reads like `the create timeout`, the length is added
    pub fn after(length: Duration, name: &str) -> Self {
        let now = Instant::now();
        // A length beyond what a clock holds means "practically never": 30 years.
        let at = now.checked_add(length).unwrap_or_else(|| now + Duration::from_secs(946_080_000));
        Self { at, name: format!("{name} of {}", Length(length)).into() }
    }

    /// A deadline at a moment that was set `length` before it, and may have begun a while ago
    pub fn at(moment: Instant, length: Duration, name: &str) -> Self {
        Self { at: moment, name: format!("{name} of {}", Length(length)).into() }
    }

    /// How much time is left; zero when it has passed
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The words that name it, for example `the create timeout of 30m`
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sentence of an error: `the create timeout of 30m passed while …`
    pub fn passed_while(&self, doing: &str) -> String {
        format!("{} passed while {doing}", self.name)
    }

    /// Run a future until the deadline; `None` means that it passed first
    pub async fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.at.into(), future).await.ok()
    }

    /// Sleep for a while; false when the deadline comes first, which ends the sleep at once
    pub async fn sleep(&self, pause: Duration) -> bool {
        if pause >= self.remaining() {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    /// The earlier of this deadline and a plain length of time from now
    pub fn at_most(&self, length: Duration) -> Duration {
        self.remaining().min(length)
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Hours, minutes and seconds as people write them: `1h30m`, `45s`, `250ms`
struct Length(Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds == 0 {
            return write!(f, "{}ms", self.0.as_millis());
        }
        for (amount, unit) in
            [(seconds / 3600, "h"), (seconds % 3600 / 60, "m"), (seconds % 60, "s")]
        {
            if amount > 0 {
                write!(f, "{amount}{unit}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_length_as_people_write_it() {
        for (seconds, text) in [(1800, "30m"), (5400, "1h30m"), (45, "45s"), (3661, "1h1m1s")] {
            let deadline = Deadline::after(Duration::from_secs(seconds), "the create timeout");
            assert_eq!(deadline.name(), format!("the create timeout of {text}"));
        }
        assert_eq!(Deadline::after(Duration::from_millis(20), "x").name(), "x of 20ms");
    }

    #[test]
    fn the_longest_length_is_no_overflow() {
        assert!(!Deadline::after(Duration::MAX, "forever").has_passed());
    }

    #[tokio::test]
    async fn a_future_that_never_ends_is_cut_off() {
        let deadline = Deadline::after(Duration::from_millis(1), "the test timeout");
        assert!(deadline.run(std::future::pending::<()>()).await.is_none());
        assert!(deadline.has_passed());
        assert!(!deadline.sleep(Duration::from_secs(3600)).await);
    }
}

//! The lab's own time: it runs a factor faster than the real one, can be advanced, and can stand still.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

/// Clock of one lab. Clones share the time.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    reading: Mutex<Reading>,
    changed: watch::Sender<u64>,
    started: SystemTime,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Lab time that had passed at `since`.
    passed: Duration,
    since: Instant,
    factor: f64,
    frozen: bool,
}

impl Reading {
    fn now(&self) -> Duration {
        if self.frozen {
            return self.passed;
        }
        self.passed + self.since.elapsed().mul_f64(self.factor)
    }
}

impl Clock {
    /// Starts at the real time of day and runs `factor` times as fast.
    #[must_use]
    pub fn new(factor: f64) -> Self {
        let reading = Reading {
            passed: Duration::ZERO,
            since: Instant::now(),
            factor: factor.clamp(0.001, 1_000_000.0),
            frozen: false,
        };
        Self {
            inner: Arc::new(Inner {
                reading: Mutex::new(reading),
                changed: watch::Sender::new(0),
                started: SystemTime::now(),
            }),
        }
    }

    /// How much faster than real time the lab runs.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.reading().factor
    }

    /// Runs `factor` times as fast from now on.
    pub fn set_factor(&self, factor: f64) {
        self.change(|reading| reading.factor = factor.clamp(0.001, 1_000_000.0));
    }

    /// Whether the time stands still.
    #[must_use]
    pub fn frozen(&self) -> bool {
        self.reading().frozen
    }

    /// Stops the time; only [`Clock::advance`] moves it.
    pub fn freeze(&self) {
        self.change(|reading| reading.frozen = true);
    }

    /// Lets the time run again.
    pub fn resume(&self) {
        self.change(|reading| reading.frozen = false);
    }

    /// Moves the time forward; whatever waits for less than that goes on at once.
    pub fn advance(&self, by: Duration) {
        self.change(|reading| reading.passed += by);
    }

    /// Lab time since the start.
    #[must_use]
    pub fn passed(&self) -> Duration {
        self.reading().now()
    }

    /// Lab time of day, in seconds since 1970.
    #[must_use]
    pub fn unix(&self) -> u64 {
        let now = self.inner.started + self.passed();
        now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Waits until `lab_time` has passed on this clock.
    pub async fn sleep(&self, lab_time: Duration) {
        let until = self.passed() + lab_time;
        let mut changed = self.inner.changed.subscribe();
        loop {
            let reading = self.reading();
            let now = reading.now();
            if now >= until {
                return;
            }
            if reading.frozen {
                if changed.changed().await.is_err() {
                    return;
                }
                continue;
            }
            let real = (until - now).div_f64(reading.factor).min(Duration::from_secs(3600));
            tokio::select! {
                () = tokio::time::sleep(real) => {}
                result = changed.changed() => if result.is_err() { return },
            }
        }
    }

    fn reading(&self) -> Reading {
        *self.inner.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, edit: impl FnOnce(&mut Reading)) {
        {
            let mut reading = self.inner.reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.passed = reading.now();
            reading.since = Instant::now();
            edit(&mut reading);
        }
        self.inner.changed.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::new(1000.0);
        clock.freeze();
        let before = clock.passed();
        let waiting = clock.clone();
        let sleeper = tokio::spawn(async move { waiting.sleep(Duration::from_secs(10)).await });
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(10));
        sleeper.await.unwrap();
        assert_eq!(clock.passed(), before + Duration::from_secs(10));
    }
}

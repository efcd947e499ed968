//! Numbered, named and timed steps, so that whoever waits knows what for.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::interrupt::Interrupt;

/// A run of a known number of steps, of which the first failure is the last.
#[derive(Debug)]
pub struct Steps {
    total: usize,
    done: usize,
    started: Instant,
    interrupt: Interrupt,
}

impl Steps {
    /// Begin a run of `total` steps.
    #[must_use]
    pub fn new(total: usize, interrupt: Interrupt) -> Self {
        Self { total, done: 0, started: Instant::now(), interrupt }
    }

    /// Do the next step.
    ///
    /// # Errors
    /// What the step answers, with its number and name, or that somebody pressed Ctrl-C in it.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        let place = format!("step {} of {} ({name})", self.done, self.total);
        if self.interrupt.asked() {
            bail!("interrupted before {place}");
        }
        println!("\n==> [{}/{}] {name}", self.done, self.total);
        let started = Instant::now();
        let answer = work();
        if self.interrupt.asked() {
            bail!("interrupted in {place}");
        }
        let answer = answer.with_context(|| format!("{place} failed"))?;
        println!("    {name}: {}", seconds(started.elapsed()));
        Ok(answer)
    }

    /// How long the run has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A duration for people: `0.4 s`, `75.0 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

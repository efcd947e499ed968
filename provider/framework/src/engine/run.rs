//! Runs one operation: within its time, until Terraform says stop, through a panic.

use std::any::Any;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::erased::Running;
use crate::progress::Progress;
use crate::{Diagnostic, Result};

/// What an operation is run with.
pub(crate) struct Limits {
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
    /// What is attempted, for the sentence when it does not succeed.
    pub(crate) attempt: String,
}

/// Runs `running` to its end, or to the first of: a panic, the end of its time, a stop. A critical
/// section is finished first; what was reached by then is in `progress`.
pub(crate) async fn run<T: Send + 'static>(
    running: Running<T>,
    progress: &Progress,
    limits: Limits,
) -> Result<T> {
    let Limits { deadline, limit, stop, attempt } = limits;
    let mut task = tokio::spawn(running.in_current_span());
    let interrupted = tokio::select! {
        biased;
        finished = &mut task => return settle(finished, &attempt),
        () = stop.cancelled() => stopped(&attempt),
        () = tokio::time::sleep_until(deadline) => timed_out(&attempt, limit),
    };
    tokio::select! {
        biased;
        finished = &mut task => settle(finished, &attempt),
        () = progress.interruptible() => {
            task.abort();
            match task.await {
                Err(error) if error.is_cancelled() => Err(interrupted),
                finished => settle(finished, &attempt),
            }
        }
    }
}

fn settle<T>(
    finished: std::result::Result<Result<T>, tokio::task::JoinError>,
    attempt: &str,
) -> Result<T> {
    finished.unwrap_or_else(|error| Err(panicked(attempt, &error)))
}

fn stopped(attempt: &str) -> Diagnostic {
    Diagnostic::error(format!("Stopped: could not {attempt}"))
        .detail(
            "Terraform was asked to stop before this was done. What was reached is in the state.",
        )
        .hint("apply again to go on")
}

fn timed_out(attempt: &str, limit: Duration) -> Diagnostic {
    let limit = humantime::format_duration(limit);
    Diagnostic::error(format!("Timed out: could not {attempt}"))
        .detail(format!("It was not done within its time limit of {limit}."))
        .hint("raise the limit in the resource's `timeouts`, or look at the server for what holds it up")
}

/// A panic as a diagnostic. The panic's text may quote a value, so it goes nowhere but its place.
fn panicked(attempt: &str, error: &tokio::task::JoinError) -> Diagnostic {
    let how = if error.is_panic() { "panicked" } else { "was lost" };
    Diagnostic::error(format!("Bug in the provider: it {how} when asked to {attempt}"))
        .detail("The provider goes on with everything else.")
        .hint("run with TF_LOG_PROVIDER=error to see where, and report it")
}

/// Has panics logged by their place alone: their text may hold what must not be printed.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let kind = match info.payload() {
            payload if is_text(payload) => "with a message",
            _ => "without a message",
        };
        tracing::error!(place, "the provider panicked {kind}");
    }));
}

fn is_text(payload: &(dyn Any + Send)) -> bool {
    payload.is::<&'static str>() || payload.is::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Private;

    fn limits(stop: &CancellationToken, limit: Duration) -> Limits {
        Limits {
            deadline: Instant::now() + limit,
            limit,
            stop: stop.clone(),
            attempt: "create x".into(),
        }
    }

    #[tokio::test]
    async fn a_panic_becomes_a_diagnostic() {
        let progress = Progress::new(Private::default());
        let running: Running<()> = Box::pin(async { panic!("secret") });
        let limits = limits(&CancellationToken::new(), Duration::from_secs(60));
        let error = run(running, &progress, limits).await.unwrap_err();
        assert!(error.summary().contains("panicked when asked to create x"), "{error}");
        assert!(!error.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn a_stop_waits_for_a_critical_section() {
        let progress = Progress::new(Private::default());
        let stop = CancellationToken::new();
        let (inner, token) = (progress.clone(), stop.clone());
        let running: Running<()> = Box::pin(async move {
            let section = inner.critical();
            token.cancel();
            tokio::time::sleep(Duration::from_millis(20)).await;
            inner.lock().private.set("reached", &true).unwrap();
            drop(section);
            std::future::pending().await
        });
        let limits = limits(&stop, Duration::from_secs(60));
        let error = run(running, &progress, limits).await.unwrap_err();
        assert!(error.summary().starts_with("Stopped"), "{error}");
        assert_eq!(progress.lock().private.get("reached").unwrap(), Some(true));
    }

    #[tokio::test]
    async fn the_end_of_its_time_names_the_limit() {
        let progress = Progress::new(Private::default());
        let running: Running<()> = Box::pin(std::future::pending());
        let limits = limits(&CancellationToken::new(), Duration::from_millis(10));
        let error = run(running, &progress, limits).await.unwrap_err();
        assert!(error.full_detail().contains("10ms"), "{error}");
    }
}

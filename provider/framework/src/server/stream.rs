//! Answers that come in parts.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;

use crate::{Diagnostic, Result};

/// What is sent, as the parts of an answer; and the news that nobody wants them any more.
pub(super) fn bounded<T: Send + 'static>(
    mut receiver: mpsc::Receiver<T>,
) -> (BoxStream<T>, CancellationToken) {
    let gone = CancellationToken::new();
    let guard = gone.clone().drop_guard();
    let parts = stream::poll_fn(move |cx| {
        let _ = &guard;
        receiver.poll_recv(cx).map(|part| part.map(Ok))
    });
    (Box::pin(parts), gone)
}

/// The same without a limit to what is sent and not yet taken.
pub(super) fn unbounded<T: Send + 'static>(
    mut receiver: mpsc::UnboundedReceiver<T>,
) -> (BoxStream<T>, CancellationToken) {
    let gone = CancellationToken::new();
    let guard = gone.clone().drop_guard();
    let parts = stream::poll_fn(move |cx| {
        let _ = &guard;
        receiver.poll_recv(cx).map(|part| part.map(Ok))
    });
    (Box::pin(parts), gone)
}

/// Runs the body of an RPC; a panic is an error.
pub(super) async fn caught<T>(rpc: &str, body: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = AssertUnwindSafe(body).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(panicked(rpc))).map_err(|error| error.settled(rpc))
}

/// What is said of a panic, whose own text may quote a value.
fn panicked(rpc: &str) -> Diagnostic {
    Diagnostic::error(format!("Bug in the provider: it panicked in {rpc}"))
        .hint("run with TF_LOG_PROVIDER=error to see where, and report it")
}

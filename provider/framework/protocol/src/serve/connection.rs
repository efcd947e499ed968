//! One connection: TLS if wanted, then HTTP/2.

use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::proto::provider_server::Provider;

use super::listener::Stream;
use super::services::Services;

/// What every connection is served with.
pub(super) struct Connections<P> {
    pub(super) services: Services<P>,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) executor: TokioExecutor,
    pub(super) stop: CancellationToken,
}

impl<P> Clone for Connections<P> {
    fn clone(&self) -> Self {
        Self {
            services: self.services.clone(),
            acceptor: self.acceptor.clone(),
            executor: self.executor.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl<P: Provider> Connections<P> {
    /// Serves one connection to its end. When the process stops, what is under way is finished.
    pub(super) async fn serve(self, stream: Box<dyn Stream>) {
        let stream: Box<dyn Stream> = match self.acceptor.clone() {
            None => stream,
            Some(acceptor) => {
                let accepted = tokio::select! {
                    accepted = timeout(TLS_LIMIT, acceptor.accept(stream)) => accepted,
                    () = self.stop.cancelled() => return,
                };
                match accepted {
                    Ok(Ok(stream)) => Box::new(stream),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "refused a connection");
                        return;
                    }
                    Err(_) => {
                        tracing::warn!(
                            "refused a connection that did not finish its TLS handshake"
                        );
                        return;
                    }
                }
            }
        };
        let connection = http2::Builder::new(self.executor)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_frame_size(FRAME)
            // As many operations as Terraform's -parallelism says.
            .max_concurrent_streams(None)
            .serve_connection(TokioIo::new(stream), self.services);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Terraform hangs up without a word when it is done.
            tracing::trace!(%error, "a connection ended");
        }
    }
}

const TLS_LIMIT: Duration = Duration::from_secs(10);
/// Large states should not wait for acknowledgements.
const WINDOW: u32 = 4 << 20;
const FRAME: u32 = 64 << 10;

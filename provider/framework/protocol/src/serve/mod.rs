//! The life of a plugin process.
//!
//! Terraform starts the binary with a magic cookie and its client certificate in the environment,
//! reads one line from standard output that says where the provider listens and which certificate
//! it shows, and connects. It ends the process by an RPC and kills it 2 seconds later. Ctrl-C
//! reaches the whole process group, so a plugin ignores it and waits for Terraform's word.

mod connection;
mod error;
mod handshake;
mod listener;
mod services;
mod signals;
mod tls;

use std::time::Duration;

use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::proto::provider_server::Provider;

use connection::Connections;
use handshake::Launch;
use listener::Listener;
use services::Services;
use signals::Signals;

pub use error::ServeError;
pub use handshake::is_plugin_launch;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    provider_address: String,
    tcp: bool,
}

impl ServeOptions {
    /// The defaults, for the provider of this address, such as
    /// `registry.terraform.io/onprem/onprem`.
    #[must_use]
    pub fn new(provider_address: impl Into<String>) -> Self {
        Self { provider_address: provider_address.into(), tcp: false }
    }

    /// Listen on loopback TCP where a Unix socket is the default. The environment variable
    /// `TF_PROVIDER_LISTEN=tcp` does the same.
    #[must_use]
    pub const fn tcp(mut self, tcp: bool) -> Self {
        self.tcp = tcp;
        self
    }
}

/// Serves the provider to the Terraform that started this process, until it says to stop.
///
/// `shutdown` runs then, for at most 1.5 seconds, since Terraform kills the process after 2. The
/// process should end right after this returns, whatever tasks still run.
///
/// # Errors
/// When this process was not started by Terraform, or cannot listen.
pub async fn serve<P, F>(
    provider: P,
    options: ServeOptions,
    shutdown: impl FnOnce() -> F,
) -> Result<(), ServeError>
where
    P: Provider,
    F: Future<Output = ()>,
{
    let launch = Launch::from_environment()?;
    let identity = launch.client_certificate.as_ref().map(tls::Identity::generate).transpose()?;
    let signals = Signals::plugin()?;
    let listener = Listener::bind(&launch.listen(options.tcp))?;
    let certificate = identity.as_ref().map(tls::Identity::certificate);
    launch.announce(listener.network(), &listener.address(), certificate)?;
    if !launch.offers_protocol() {
        tracing::warn!("this Terraform does not offer plugin protocol 6, the only one spoken here");
    }
    let acceptor = identity.map(|identity| identity.acceptor());
    run(provider, listener, acceptor, signals, shutdown).await;
    Ok(())
}

/// Serves the provider to any Terraform that is told where, until Ctrl-C or SIGTERM.
///
/// Prints the line for `TF_REATTACH_PROVIDERS` to standard output. There is no TLS: the Unix socket
/// lies in a folder that only this user can enter, and the group that `PLUGIN_UNIX_SOCKET_GROUP` names. Terraform then starts no provider of its own, so
/// that a debugger can be attached to this process.
///
/// # Errors
/// When this process cannot listen.
pub async fn serve_debug<P, F>(
    provider: P,
    options: ServeOptions,
    shutdown: impl FnOnce() -> F,
) -> Result<(), ServeError>
where
    P: Provider,
    F: Future<Output = ()>,
{
    let launch = Launch::for_debugging();
    let signals = Signals::debugging()?;
    let listener = Listener::bind(&launch.listen(options.tcp))?;
    handshake::announce_reattach(
        &options.provider_address,
        listener.network(),
        &listener.address(),
    )?;
    run(provider, listener, None, signals, shutdown).await;
    Ok(())
}

async fn run<P, F>(
    provider: P,
    listener: Listener,
    acceptor: Option<TlsAcceptor>,
    mut signals: Signals,
    shutdown: impl FnOnce() -> F,
) where
    P: Provider,
    F: Future<Output = ()>,
{
    let stop = CancellationToken::new();
    let connections = Connections {
        services: Services::new(provider, &stop),
        acceptor,
        executor: TokioExecutor::new(),
        stop: stop.clone(),
    };
    let mut open = JoinSet::new();
    loop {
        let idle = open.is_empty();
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    open.spawn(connections.clone().serve(stream));
                }
                Err(error) => {
                    // Out of descriptors, most likely; it passes when connections end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = open.join_next(), if !idle => {}
            () = stop.cancelled() => break,
            () = signals.ended(idle) => break,
        }
    }
    stop.cancel();
    let drained = async { while open.join_next().await.is_some() {} };
    let (shut_down, _) =
        tokio::join!(timeout(SHUTDOWN_LIMIT, shutdown()), timeout(SHUTDOWN_LIMIT, drained));
    if shut_down.is_err() {
        tracing::warn!("cleaning up took longer than 1.5 s and was cut off");
    }
}

/// Terraform kills the process 2 s after it has asked it to stop.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(1500);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

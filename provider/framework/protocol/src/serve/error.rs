//! Why a provider cannot be served.

use std::io;
use std::path::PathBuf;

/// Why a provider cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody ran the binary by hand.
    #[error(
        "this program is a Terraform provider: Terraform starts it when a configuration needs it. \
         To run it by hand under a debugger, start it in debug mode and give Terraform the \
         TF_REATTACH_PROVIDERS line that it prints"
    )]
    NotStartedByTerraform,
    /// `PLUGIN_CLIENT_CERT` holds no certificate.
    #[error("the environment variable PLUGIN_CLIENT_CERT, set by Terraform, is no PEM certificate")]
    MalformedClientCertificate,
    /// No key or certificate could be made for this process.
    #[error("cannot make a certificate for this process: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The private folder of the socket could not be made.
    #[error(
        "cannot make a folder for the provider's socket in {}: {source}; TMPDIR or \
         PLUGIN_UNIX_SOCKET_DIR may name another place", .directory.display()
    )]
    SocketDirectory {
        /// Where it was to be.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The socket could not be given to a group.
    #[error(
        "cannot let the group `{group}` (PLUGIN_UNIX_SOCKET_GROUP) connect to the provider: {source}"
    )]
    SocketGroup {
        /// Its name or number.
        group: String,
        /// What the system said.
        source: io::Error,
    },
    /// The socket could not be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Path or address.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Every port that Terraform allows is taken.
    #[error("no free port on 127.0.0.1 from {0} to {1} (PLUGIN_MIN_PORT, PLUGIN_MAX_PORT)")]
    NoFreePort(u16, u16),
    /// Signal handlers could not be installed.
    #[error("cannot handle signals: {0}")]
    Signals(#[source] io::Error),
    /// Terraform could not be told where to connect.
    #[error("cannot tell Terraform where to connect, standard output is closed: {0}")]
    Announce(#[source] io::Error),
}

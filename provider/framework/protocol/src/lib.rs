//! The Terraform plugin protocol 6, for programs that answer Terraform. It knows no resource.
//!
//! - [`cty`]: values, types and their wire forms.
//! - [`proto`]: messages and services; implement [`proto::provider_server::Provider`].
//! - [`serve`]: the handshake, mutual TLS and the life of a plugin process.
//! - [`log`]: `tracing` events as the log lines that Terraform reads.

pub mod cty;
#[cfg(feature = "serve")]
pub mod log;
pub mod proto;
#[cfg(feature = "serve")]
pub mod serve;

//! Wire values against bytes, and the life of a plugin process against a client that plays Terraform.

mod connection;
#[cfg(unix)]
mod handshake;
mod plugin;
#[cfg(unix)]
mod process;
mod values;

//! Wire values against bytes, and the life of a plugin process against a client that plays Terraform.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

#[cfg(unix)]
mod connection;
#[cfg(unix)]
mod handshake;
#[cfg(unix)]
mod plugin;
#[cfg(unix)]
mod process;
mod values;

//! The harness against a sample provider, against broken ones, and against the real one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod broken;
mod creation;
mod data_source;
mod failures;
mod import;
mod lifecycle;
mod onprem;
mod plan;
mod random;
mod sample;
mod schema;
mod settings;
mod upgrade;
mod volumes;
mod wire;
mod write_only;

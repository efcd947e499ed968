//! Tests of the lab as its users see it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

mod client;
mod facts;
mod faults;
mod guests;
mod idrac;
mod netbox;
mod proxmoxer;
mod replay;
mod schema_data;
mod serve;
mod sushy;
mod venv;

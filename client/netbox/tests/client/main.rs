//! The client against a scripted server, and against the lab.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod lab;
mod requests;
mod server;

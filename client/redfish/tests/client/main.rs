//! The client against a scripted server on loopback, against the recorded tree of a real server, and
//! against the lab.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod jobs;
mod lab;
mod recorded;
mod server;
mod sessions;
mod updates;

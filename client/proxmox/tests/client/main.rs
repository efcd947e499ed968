//! The client against a scripted server on loopback, and against what a real server answered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod access;
mod agent;
mod cluster;
mod firewall;
mod guests;
mod lab;
mod lab_guests;
mod migrate;
mod recorded;
mod requests;
mod server;
mod tasks;

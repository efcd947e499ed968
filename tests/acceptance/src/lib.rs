//! A kit for tests that run the real `terraform` with the provider that the sources make, against a
//! lab in the same process.
//!
//! ```no_run
//! use acceptance::Stage;
//!
//! let Some(stage) = Stage::new("example") else { return };
//! stage.write(r#"data "onprem_proxmox_version" "this" {}"#);
//! stage.apply();
//! stage.assert_settled();
//! ```
//!
//! A [`Stage`] is one lab and one Terraform working folder, target/acceptance/NAME, which is emptied at
//! the start and kept afterwards: configuration, state, plans, and the output of every command are in
//! it. Nothing here returns an error: what a test did not ask for fails the test, with the whole output
//! of Terraform.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test kit is a failed test")]

mod cluster;
mod controller;
mod diagnostic;
mod netbox;
mod plan;
mod process;
mod provider;
mod run;
mod secrets;
mod skip;
mod stage;
mod state;

pub use cluster::Cluster;
pub use controller::Controller;
pub use diagnostic::{Diagnostic, Severity};
pub use netbox::NetBox;
pub use plan::Plan;
pub use process::Running;
pub use provider::binary as provider;
pub use run::Run;
pub use skip::skip;
pub use stage::{Options, Stage};
pub use state::State;

//! The project's commands, as a library, so that the acceptance tests find Terraform and install the
//! provider the way the commands do.
//!
//! - [`demo`]: `cargo xtask demo`, one environment from init to destroy against the lab.
//! - [`mod@bench`]: `cargo xtask bench`, what things cost on this machine.
//! - [`check`]: `cargo xtask test`, everything that must hold before a change is merged.
//! - [`docs`]: `cargo xtask docs`, the registry pages out of the provider's own schema.
//! - [`netbox`]: `cargo xtask netbox`, a real NetBox to compare the lab with.
//! - [`terraform`]: which terraform there is, and the mirror that it installs the provider from.

pub mod bench;
pub mod check;
mod codegen;
pub mod configuration;
pub mod counts;
pub mod demo;
pub mod difference;
pub mod docs;
pub mod interrupt;
pub mod lab;
pub mod layers;
pub mod netbox;
pub mod steps;
pub mod terraform;
pub mod workspace;

/// `cargo xtask codegen`: write the code of the plugin protocol, or with `check` only compare it.
///
/// # Errors
/// When a `.proto` file has a mistake, or, with `check`, a checked-in file is stale.
pub fn codegen(check: bool) -> anyhow::Result<()> {
    codegen::run(check).map_err(anyhow::Error::msg)
}

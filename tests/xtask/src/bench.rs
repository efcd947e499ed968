//! `cargo xtask bench`: what things cost on this machine, as a table.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::workspace::{self, cargo};

/// Measure the framework: start, large sets, large states, memory and size.
///
/// # Errors
/// When something does not build, or the measurement itself fails. Being slow is no failure.
pub fn framework() -> Result<()> {
    let build = |arguments: &[&str]| -> Result<()> {
        let status = cargo()
            .args(["build", "--release"])
            .args(arguments)
            .status()
            .context("cargo could not be started")?;
        ensure!(status.success(), "cargo build failed");
        Ok(())
    };
    build(&["--package", "terraform-provider-onprem"])?;
    build(&["--package", "conformance", "--example", "bench"])?;
    let built = |path: &str| -> PathBuf {
        workspace::target().join("release").join(format!("{path}{}", std::env::consts::EXE_SUFFIX))
    };
    let status = std::process::Command::new(built("examples/bench"))
        .arg(built("terraform-provider-onprem"))
        .status()
        .context("the measurement could not be started")?;
    ensure!(status.success(), "the measurement failed");
    Ok(())
}

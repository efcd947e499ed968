//! Where things are in this checkout, and how its binaries are built.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    // `tests/xtask` is two folders below it.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

/// The folder that everything generated goes into.
///
/// `CARGO_TARGET_DIR` moves it, as it does for cargo.
#[must_use]
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => root().join(dir),
        _ => root().join("target"),
    }
}

/// A cargo command that runs in the root of the workspace.
#[must_use]
pub fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    command
}

/// The binaries that the demo and the acceptance tests run.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `terraform-provider-onprem`.
    pub provider: PathBuf,
    /// `onprem-lab`.
    pub lab: PathBuf,
}

impl Binaries {
    /// Build the provider and the lab, showing cargo's progress on stderr.
    ///
    /// # Errors
    /// When cargo fails: it has then said why.
    pub fn build() -> Result<Self> {
        let status = cargo()
            .args(["build", "--package", "terraform-provider-onprem", "--package", "onprem-lab"])
            .status()
            .context("cargo could not be started")?;
        if !status.success() {
            bail!("cargo build failed");
        }
        let binary = |name: &str| -> Result<PathBuf> {
            let path = target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX));
            if !path.is_file() {
                bail!("cargo built no `{}`", path.display());
            }
            Ok(path)
        };
        Ok(Self { provider: binary("terraform-provider-onprem")?, lab: binary("onprem-lab")? })
    }
}

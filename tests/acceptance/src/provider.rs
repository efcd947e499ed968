//! The provider's binary, built from the sources as they are now.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xtask::workspace;

/// The binary, built once in this process: a test must never meet an older one.
///
/// # Panics
/// When cargo fails: it has then said why.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let output = workspace::cargo()
            .args(["build", "--quiet", "--package", "terraform-provider-onprem"])
            .output()
            .expect("cargo starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the provider does not build:\n{text}");
        let name = format!("terraform-provider-onprem{}", env::consts::EXE_SUFFIX);
        let path = workspace::target().join("debug").join(name);
        assert!(path.is_file(), "cargo built no `{}`", path.display());
        path
    })
}

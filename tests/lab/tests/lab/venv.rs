//! Clients from PyPI, each in an environment of its own under target/.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::facts::skip;

/// Python of a venv that can import `imports`; `None`, said visibly, where there is no Python.
pub(crate) async fn python(name: &str, packages: &[&str], imports: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = folder.join("bin/python");
    let has_it = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {imports}")]).stderr(Stdio::null());
        command.status()
    };
    if python.exists() && has_it(&python).await.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output().await;
    if !made.is_ok_and(|output| output.status.success()) {
        skip(&format!("python3 with venv is not here, so {name} cannot drive the lab"));
        return None;
    }
    let installed = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(packages)
        .output()
        .await
        .unwrap();
    if !installed.status.success() {
        skip(&format!("pip: {}", String::from_utf8_lossy(&installed.stderr)));
        return None;
    }
    Some(python)
}

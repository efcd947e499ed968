//! proxmoxer, a client that nobody here wrote, drives the lab through the life of a template.

use std::path::Path;
use std::process::Stdio;

use onprem_lab::{Lab, LabOptions};
use tokio::process::Command;

use crate::facts::skip;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxmoxer_makes_a_template() {
    let Some(python) = environment().await else { return };
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let before = lab.inventory();
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), lab.ca_pem()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/python/template.py");
    let output = Command::new(python)
        .arg(script)
        .env("LAB_ENDPOINT", &lab.proxmox_endpoints()[1])
        .env("LAB_TOKEN", lab.api_token())
        .env("LAB_USER", lab.username())
        .env("LAB_PASSWORD", lab.password())
        .env("LAB_CA", ca.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(lab.inventory(), before, "{text}");
}

/// Python of a venv under target/ that has proxmoxer; `None`, said visibly, where there is no Python.
async fn environment() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proxmoxer-2.2.0");
    let python = folder.join("bin/python");
    let has_it = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", "import proxmoxer, requests"]).stderr(Stdio::null());
        command.status()
    };
    if python.exists() && has_it(&python).await.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output().await;
    if !made.is_ok_and(|output| output.status.success()) {
        skip("python3 with venv is not here, so proxmoxer cannot drive the lab");
        return None;
    }
    let installed = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["proxmoxer==2.2.0", "requests==2.32.5"])
        .output()
        .await
        .unwrap();
    if !installed.status.success() {
        skip(&format!("pip: {}", String::from_utf8_lossy(&installed.stderr)));
        return None;
    }
    Some(python)
}

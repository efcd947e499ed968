//! proxmoxer, a client that nobody here wrote, drives the lab through the life of a template.

use std::path::Path;
use std::process::Stdio;

use onprem_lab::{Lab, LabOptions};
use tokio::process::Command;

use crate::venv;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxmoxer_makes_a_template() {
    let wanted = ["proxmoxer==2.2.0", "requests==2.32.5"];
    let Some(python) = venv::python("proxmoxer-2.2.0", &wanted, "proxmoxer, requests").await else {
        return;
    };
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

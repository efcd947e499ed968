//! The binary: what it prints, and that it ends when told.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn serve_prints_one_line_of_json_and_ends_with_sigterm() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_onprem-lab"))
        .args([
            "serve",
            "--format",
            "json",
            "--clock",
            "500",
            "--fault",
            "status,status=503,path=^/nope$",
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let printed: serde_json::Value = serde_json::from_str(&line).unwrap();
    let environment = printed["environment"].as_object().unwrap();
    let names: Vec<&str> = environment.keys().map(String::as_str).collect();
    for wanted in [
        "IDRAC_CA_CERTIFICATE",
        "IDRAC_PASSWORD",
        "IDRAC_USERNAME",
        "NETBOX_CA_CERTIFICATE",
        "NETBOX_TOKEN",
        "NETBOX_URL",
        "PROXMOX_VE_API_TOKEN",
        "PROXMOX_VE_CA_CERTIFICATE",
        "PROXMOX_VE_ENDPOINT",
    ] {
        assert!(names.contains(&wanted), "{wanted} is not among {names:?}");
    }
    assert!(printed["idracs"]["r770-01"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    assert_eq!(environment["PROXMOX_VE_ENDPOINT"].as_str().unwrap().split(',').count(), 3);
    assert_eq!(printed["clock"], 500.0);
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(id).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success());
}

/// A shell can evaluate the lines, the certificate's line breaks included.
#[tokio::test]
async fn serve_prints_lines_that_a_shell_evaluates() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_onprem-lab"))
        .arg("serve")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut script = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        script.push_str(&line);
        script.push('\n');
        if line.starts_with("# clock") {
            break;
        }
    }
    child.kill().await.unwrap();
    script.push_str("printf '%s|%s' \"$PROXMOX_VE_API_TOKEN\" \"$PROXMOX_VE_CA_CERTIFICATE\"\n");
    let output = Command::new("sh").args(["-c", &script]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("root@pam!lab="), "{text}");
    assert!(text.contains("|-----BEGIN CERTIFICATE-----\n"), "{text}");
}

#[tokio::test]
async fn images_are_listed_with_their_checksums() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_onprem-lab")).arg("images").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(
        "6a657c2a61fdfbb1584fee9336f5d9d7ccac9943918e771e7bd728d12bcc9eb2  ubuntu-22.04.qcow2"
    ));
}

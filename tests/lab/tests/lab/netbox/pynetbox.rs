//! pynetbox, a client that nobody here wrote, drives the lab through the life of some addresses.

use std::path::Path;
use std::process::Stdio;

use onprem_lab::{Lab, LabOptions};
use tokio::process::Command;

use crate::venv;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pynetbox_manages_addresses() {
    let wanted = ["pynetbox==7.8.0", "requests==2.32.5"];
    let Some(python) = venv::python("pynetbox-7.8.0", &wanted, "pynetbox, requests").await else {
        return;
    };
    for version in ["4.6.8", "4.7.3"] {
        let lab = Lab::start(LabOptions::new().netbox_version(version)).await.unwrap();
        let before = lab.inventory();
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), lab.ca_pem()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/python/addresses.py");
        let output = Command::new(&python)
            .arg(script)
            .env("LAB_URL", lab.netbox_url())
            .env("LAB_TOKEN", lab.netbox_token())
            .env("LAB_TOKEN_V2", lab.netbox_token_v2())
            .env("LAB_CA", ca.path())
            .env("LAB_VERSION", version)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{version}: {text}");
        assert_eq!(lab.inventory(), before, "{version}: {text}");
    }
}

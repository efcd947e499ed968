//! sushy, a client that nobody here wrote, drives both iDRACs through an update.

use std::path::Path;
use std::process::Stdio;

use onprem_lab::{Lab, LabOptions};
use serde_json::json;
use tokio::process::Command;

use crate::venv;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sushy_updates_a_bios() {
    let Some(python) = venv::python("sushy-5.14.0", &["sushy==5.14.0"], "sushy").await else {
        return;
    };
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), lab.ca_pem()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/python/firmware.py");
    for ((name, endpoint), (model, version)) in
        lab.idracs().into_iter().zip([("R750", "1.14.1"), ("R770", "1.3.2")])
    {
        let output = Command::new(&python)
            .arg(&script)
            .env("LAB_ENDPOINT", endpoint)
            .env("LAB_WEB", lab.web_url())
            .env("LAB_USER", lab.idrac_username())
            .env("LAB_PASSWORD", lab.idrac_password())
            .env("LAB_CA", ca.path())
            .env("LAB_MODEL", format!("PowerEdge {model}"))
            .env("LAB_PACKAGE", format!("BIOS_{model}_WN64_{version}.EXE"))
            .env("LAB_VERSION", version)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {text}");
        let server = &lab.inventory()["servers"][&name];
        assert_eq!(server["power_events"], json!([{ "what": "GracefulRestart", "by": "client" }]));
        assert_eq!(server["sessions"], 0, "a session was left open");
    }
}

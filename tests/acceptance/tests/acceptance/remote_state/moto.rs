//! S3 and DynamoDB on loopback: moto's server, out of PyPI, in a virtual environment under target/.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use xtask::workspace;

const VERSION: &str = "5.2.5";

/// The bucket for states.
pub(crate) const BUCKET: &str = "states";
/// The table for locks, as Terraform wants it.
pub(crate) const TABLE: &str = "locks";

/// It ends when its standard input does, whatever we die of.
const LAUNCHER: &str = r#"
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"#;

/// A server with one empty bucket and one empty table. Dropping it ends it.
pub(crate) struct Moto {
    child: Child,
    url: String,
    client: Client,
    runtime: Runtime,
}

impl Moto {
    /// Start one. There is none, and the reason is on stderr, where there is no Python.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let python = match python() {
            Ok(python) => python,
            Err(reason) => {
                let line = format!("SKIPPED: {test}: {reason}");
                assert!(env::var_os("CI").is_none_or(|ci| ci.is_empty()), "{line}");
                eprintln!("{line}");
                return None;
            }
        };
        let mut child = Command::new(python)
            .args(["-c", LAUNCHER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let port = stdout.lines().find_map(|line| line.ok()?.trim().parse::<u16>().ok());
        // Another test of this process may have been first: it chose the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let moto = Self {
            child,
            url: format!("http://127.0.0.1:{}", port.expect("moto says its port")),
            client: Client::builder().no_proxy().build().unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        };
        moto.s3(&Method::PUT, "", String::new());
        moto.dynamodb(
            "CreateTable",
            &json!({
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "LockID", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "LockID", "KeyType": "HASH" }],
            }),
        );
        Some(moto)
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Keys of the bucket's objects.
    pub(crate) fn keys(&self) -> Vec<String> {
        let (_, list) = self.s3(&Method::GET, "?list-type=2", String::new());
        let parts = list.split("<Key>").skip(1);
        parts.filter_map(|part| Some(part.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// An object in JSON.
    pub(crate) fn object(&self, key: &str) -> Value {
        let (_, text) = self.s3(&Method::GET, &format!("/{key}"), String::new());
        serde_json::from_str(&text).unwrap()
    }

    /// How the server encrypts an object.
    pub(crate) fn encryption(&self, key: &str) -> String {
        let (headers, _) = self.s3(&Method::GET, &format!("/{key}"), String::new());
        let header = headers.get("x-amz-server-side-encryption");
        header.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Writes an object.
    pub(crate) fn put(&self, key: &str, object: &Value) {
        self.s3(&Method::PUT, &format!("/{key}"), object.to_string());
    }

    /// Keys of the table's items.
    pub(crate) fn items(&self) -> Vec<String> {
        let answer = self.dynamodb("Scan", &json!({ "TableName": TABLE }));
        let items = answer["Items"].as_array().unwrap().iter();
        let mut items: Vec<String> =
            items.map(|item| item["LockID"]["S"].as_str().unwrap().to_owned()).collect();
        items.sort();
        items
    }

    fn s3(&self, method: &Method, path: &str, body: String) -> (HeaderMap, String) {
        let url = format!("{}/{BUCKET}{path}", self.url);
        self.send(self.client.request(method.clone(), url).body(body), "s3")
    }

    fn dynamodb(&self, operation: &str, input: &Value) -> Value {
        let request = self
            .client
            .post(&self.url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(input.to_string());
        serde_json::from_str(&self.send(request, "dynamodb").1).unwrap()
    }

    /// Moto finds the service in the credentials, and checks no signature.
    fn send(&self, request: reqwest::RequestBuilder, service: &str) -> (HeaderMap, String) {
        let credential = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0");
        self.runtime.block_on(async {
            let answer = request.header("authorization", authorization).send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{status}: {text}");
            (headers, text)
        })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Python of the virtual environment, which the first test installs and the others wait for.
fn python() -> Result<PathBuf, String> {
    let home = workspace::target().join(format!("moto-{VERSION}"));
    let python = home.join("bin").join("python");
    fs::create_dir_all(workspace::target()).unwrap();
    let lock = File::create(workspace::target().join("moto.lock")).unwrap();
    lock.lock().unwrap();
    let complete = home.join("complete");
    if !complete.is_file() {
        eprintln!("Installing moto {VERSION} into {}", home.display());
        quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let package = format!("moto[server]=={VERSION}");
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
        quietly(Command::new(&python).args(install))?;
        fs::write(complete, VERSION).unwrap();
    }
    Ok(python)
}

fn quietly(command: &mut Command) -> Result<(), String> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`{name}` could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(format!("`{name}` failed: {}", reason.unwrap_or("it does not say why").trim()))
}

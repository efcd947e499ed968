//! The lab's Proxmox API, for what happens behind Terraform's back.

use std::sync::Arc;
use std::time::Duration;

use onprem_lab::Lab;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Somebody else who administers the lab's cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    runtime: Arc<Runtime>,
    client: Client,
    base: String,
    token: String,
}

impl Cluster {
    pub(crate) fn new(runtime: &Arc<Runtime>, lab: &Lab) -> Self {
        // Another test of this process may have been first: it chose the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certificate = reqwest::Certificate::from_pem(lab.ca_pem().as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).no_proxy().build().unwrap();
        Self {
            runtime: Arc::clone(runtime),
            client,
            base: format!("{}/api2/json", lab.proxmox_endpoints()[0]),
            token: lab.api_token().to_owned(),
        }
    }

    /// The `data` of an answer.
    ///
    /// # Panics
    /// When the cluster refuses.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.send(&Method::GET, path, &Value::Null)
    }

    /// Change something and wait for the task that does it.
    ///
    /// # Panics
    /// When the cluster refuses, or the task fails.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!({…})")]
    pub fn put(&self, path: &str, parameters: Value) {
        self.send(&Method::PUT, path, &parameters);
    }

    /// Make something and wait for the task that does it.
    ///
    /// # Panics
    /// When the cluster refuses, or the task fails.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!({…})")]
    pub fn post(&self, path: &str, parameters: Value) {
        self.send(&Method::POST, path, &parameters);
    }

    /// Start a task that makes something, and leave it running.
    ///
    /// # Panics
    /// When the cluster refuses.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!({…})")]
    pub fn start(&self, path: &str, parameters: Value) {
        let _ = self.runtime.block_on(self.request(&Method::POST, path, &parameters));
    }

    /// Delete something and wait for the task that does it.
    ///
    /// # Panics
    /// When the cluster refuses, or the task fails.
    pub fn delete(&self, path: &str) {
        self.send(&Method::DELETE, path, &Value::Null);
    }

    fn send(&self, method: &Method, path: &str, parameters: &Value) -> Value {
        self.runtime.block_on(async {
            let data = self.request(method, path, parameters).await;
            if let Some(upid) = data.as_str().filter(|text| text.starts_with("UPID:")) {
                self.wait(upid).await;
            }
            data
        })
    }

    async fn request(&self, method: &Method, path: &str, parameters: &Value) -> Value {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .header("authorization", format!("PVEAPIToken={}", self.token));
        if !parameters.is_null() {
            request = request.json(parameters);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path} answered {status}: {text}");
        let mut answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!({}));
        answer["data"].take()
    }

    async fn wait(&self, upid: &str) {
        let node = upid.split(':').nth(1).unwrap_or_default();
        let path = format!("/nodes/{node}/tasks/{upid}/status");
        loop {
            let task = self.request(&Method::GET, &path, &Value::Null).await;
            if task["status"] == "stopped" {
                assert_eq!(task["exitstatus"], "OK", "{upid}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

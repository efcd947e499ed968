//! A NetBox that tests use: the lab's, or a real one that the environment names.

use std::sync::Arc;

use onprem_lab::Lab;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Somebody else who works with the NetBox.
#[derive(Clone, Debug)]
pub struct NetBox {
    runtime: Arc<Runtime>,
    client: Client,
    url: String,
    token: String,
}

impl NetBox {
    pub(crate) fn of_lab(runtime: &Arc<Runtime>, lab: &Lab) -> Self {
        // Another test of this process may have been first: it chose the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certificate = reqwest::Certificate::from_pem(lab.ca_pem().as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).no_proxy().build().unwrap();
        let (url, token) = (lab.netbox_url(), lab.netbox_token().to_owned());
        Self { runtime: Arc::clone(runtime), client, url, token }
    }

    /// The real one of `ONPREM_NETBOX_URL`, `ONPREM_NETBOX_TOKEN` and `ONPREM_NETBOX_CA_CERTIFICATE`, if
    /// there is one.
    pub(crate) fn real(runtime: &Arc<Runtime>) -> Option<Self> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let set = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
        let url = set("ONPREM_NETBOX_URL")?.trim_end_matches('/').to_owned();
        let token = set("ONPREM_NETBOX_TOKEN")?;
        let mut builder = Client::builder().no_proxy();
        if let Some(file) = certificate_file() {
            let certificate = reqwest::Certificate::from_pem(&std::fs::read(file).unwrap());
            builder = builder.tls_certs_only([certificate.unwrap()]);
        }
        let client = builder.build().unwrap();
        Some(Self { runtime: Arc::clone(runtime), client, url, token })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token for it.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// An answer; `path` follows `/api`.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.send(&Method::GET, path, &Value::Null)
    }

    /// Make something; what it has become.
    ///
    /// # Panics
    /// When the server refuses.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!({…})")]
    pub fn post(&self, path: &str, body: Value) -> Value {
        self.send(&Method::POST, path, &body)
    }

    /// Change something.
    ///
    /// # Panics
    /// When the server refuses.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!({…})")]
    pub fn patch(&self, path: &str, body: Value) -> Value {
        self.send(&Method::PATCH, path, &body)
    }

    /// Delete something.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn delete(&self, path: &str) {
        self.send(&Method::DELETE, path, &Value::Null);
    }

    /// Objects that a search finds; `path` with its query.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = self.get(&format!("{path}{separator}limit=1000"));
        answer["results"].as_array().cloned().expect("a page of a list")
    }

    fn send(&self, method: &Method, path: &str, body: &Value) -> Value {
        self.runtime.block_on(async {
            let mut request = self
                .client
                .request(method.clone(), format!("{}/api{path}", self.url))
                .header("authorization", format!("Token {}", self.token));
            if !body.is_null() {
                request = request.json(body);
            }
            let response = request.send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            assert!(status.is_success(), "{method} {path} answered {status}: {text}");
            serde_json::from_str(&text).unwrap_or(Value::Null)
        })
    }
}

/// The file with the authority of the real one.
pub(crate) fn certificate_file() -> Option<String> {
    std::env::var("ONPREM_NETBOX_CA_CERTIFICATE").ok().filter(|path| !path.is_empty())
}

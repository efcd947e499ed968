//! A small client for the tests: sends forms, waits for tasks.

use std::sync::Arc;
use std::time::Duration;

use onprem_lab::Lab;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

/// A client of one endpoint with one token.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: String,
    token: String,
}

impl Client {
    pub(crate) fn new(lab: &Lab) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let ca = rustls::pki_types::CertificateDer::from_pem_slice(lab.ca_pem().as_bytes());
        roots.add(ca.unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let endpoint = lab.proxmox_endpoints()[0].clone();
        Self { http, endpoint, token: lab.api_token().to_owned() }
    }

    /// The same client at another URL.
    pub(crate) fn at(&self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self.clone() }
    }

    pub(crate) fn as_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Sends a form and returns status and body.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        form: &str,
    ) -> Result<(u16, Value), reqwest::Error> {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}/api2/json{path}", self.endpoint))
            .header("Authorization", format!("PVEAPIToken={}", self.token));
        if !form.is_empty() {
            request = request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form.to_owned());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Sends JSON outside the API, without a login.
    pub(crate) async fn plain(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.endpoint))
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Status of a request with a ticket instead of the token.
    pub(crate) async fn with_ticket(&self, ticket: &str, path: &str) -> u16 {
        let url = format!("{}/api2/json{path}", self.endpoint);
        let cookie = format!("PVEAuthCookie={}", utf8_percent_encode(ticket, NON_ALPHANUMERIC));
        let response = self.http.get(url).header("Cookie", cookie).send().await.unwrap();
        response.status().as_u16()
    }

    /// Sends a form, waits for the task that it starts, and returns its exit status.
    pub(crate) async fn finished(&self, method: &str, path: &str, form: &str) -> String {
        let (status, body) = self.call(method, path, form).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let upid = body["data"].as_str().unwrap();
        let node = upid.split(':').nth(1).unwrap();
        let upid = utf8_percent_encode(upid, NON_ALPHANUMERIC);
        loop {
            let path = format!("/nodes/{node}/tasks/{upid}/status");
            let (_, body) = self.call("GET", &path, "").await.unwrap();
            if body["data"]["status"] == "stopped" {
                return body["data"]["exitstatus"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

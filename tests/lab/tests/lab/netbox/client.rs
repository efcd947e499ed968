//! A small client of a NetBox: sends JSON, returns status, headers and body.

use std::sync::Arc;
use std::time::Duration;

use onprem_lab::{Lab, LabOptions};
use reqwest::header::HeaderMap;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Number of the object in the answer.
    pub(crate) fn id(&self) -> u64 {
        self.body["id"].as_u64().unwrap_or_else(|| panic!("{} {}", self.status, self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A client with a token.
#[derive(Clone)]
pub(crate) struct NetBox {
    http: reqwest::Client,
    pub(crate) url: String,
    authorization: String,
}

impl NetBox {
    pub(crate) fn of(lab: &Lab) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let ca = rustls::pki_types::CertificateDer::from_pem_slice(lab.ca_pem().as_bytes());
        roots.add(ca.unwrap()).unwrap();
        Self::at(&lab.netbox_url(), lab.netbox_token(), roots)
    }

    pub(crate) fn at(url: &str, token: &str, roots: rustls::RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let authorization = format!("Token {token}");
        Self { http, url: url.trim_end_matches('/').to_owned(), authorization }
    }

    pub(crate) fn authorized(&self, authorization: &str) -> Self {
        Self { authorization: authorization.to_owned(), ..self.clone() }
    }

    /// Sends JSON; `null` is no body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.with(method, path, body, &[]).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body).await
    }

    pub(crate) async fn with(
        &self,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}/api{path}", self.url))
            .header("Authorization", &self.authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        Ok(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}

/// A lab and a client of its NetBox.
pub(crate) async fn lab(version: &str) -> (Lab, NetBox) {
    let lab = Lab::start(LabOptions::new().netbox_version(version)).await.unwrap();
    let client = NetBox::of(&lab);
    (lab, client)
}

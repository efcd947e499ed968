//! A small Redfish client for the tests.

use std::sync::Arc;
use std::time::Duration;

use onprem_lab::Lab;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

pub(crate) const SIMPLE_UPDATE: &str =
    "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
pub(crate) const RESET: &str = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
pub(crate) const JOBS: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs";
pub(crate) const LC_STATUS: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellLCService/Actions/DellLCService.GetRemoteServicesAPIStatus";

/// A client of one iDRAC, by Basic authentication.
#[derive(Clone)]
pub(crate) struct Redfish {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: String,
    password: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Last segment of the id of the error's message.
    pub(crate) fn message(&self) -> &str {
        let id = self.body["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str();
        id.unwrap_or_default().rsplit('.').next().unwrap_or_default()
    }
}

impl Redfish {
    pub(crate) fn new(lab: &Lab, server: &str) -> Self {
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
        let found = lab.idracs().into_iter().find(|(name, _)| name == server);
        Self { http, endpoint: found.unwrap().1, password: lab.idrac_password().to_owned() }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Got, reqwest::Error> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !headers.iter().any(|(name, _)| *name == "X-Auth-Token") {
            request = request.basic_auth("root", Some(&self.password));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        Self::got(request).await
    }

    pub(crate) async fn got(request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Got { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], &Value::Null).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, &[], body).await.unwrap()
    }

    /// Starts an update from the lab's web server and returns the id of its job.
    pub(crate) async fn update(&self, package: &str) -> String {
        let uri = format!("http://images.example.com/firmware/{package}");
        let body = json!({ "ImageURI": uri, "TransferProtocol": "HTTP" });
        let got = self.post(SIMPLE_UPDATE, &body).await;
        assert_eq!(got.status, 202, "{:?}", got.body);
        got.header("location").rsplit('/').next().unwrap().to_owned()
    }

    /// Waits until a job is in one of some states; answers are missed while the iDRAC restarts.
    pub(crate) async fn until(&self, job: &str, states: &[&str]) -> Value {
        for _ in 0..20_000 {
            let got = self.send("GET", &format!("{JOBS}/{job}"), &[], &Value::Null).await;
            if let Ok(got) = got
                && got.status == 200
                && states.contains(&got.body["JobState"].as_str().unwrap())
            {
                return got.body;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the job never was in one of {states:?}");
    }
}

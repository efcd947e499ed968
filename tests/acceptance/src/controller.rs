//! A server's iDRAC, for what happens behind Terraform's back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use onprem_lab::Lab;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Somebody else who administers a server of the lab.
#[derive(Clone, Debug)]
pub struct Controller {
    runtime: Arc<Runtime>,
    client: Client,
    base: String,
    username: String,
    password: String,
}

impl Controller {
    pub(crate) fn new(runtime: &Arc<Runtime>, lab: &Lab, server: &str) -> Self {
        // Another test of this process may have been first: it chose the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certificate = reqwest::Certificate::from_pem(lab.ca_pem().as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).no_proxy().build().unwrap();
        let found = lab.idracs().into_iter().find(|(name, _)| name == server);
        let (_, base) = found.unwrap_or_else(|| panic!("the lab has no server {server}"));
        let (username, password) = (lab.idrac_username(), lab.idrac_password());
        Self {
            runtime: Arc::clone(runtime),
            client,
            base,
            username: username.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Install an image and wait for the end of the job.
    ///
    /// # Panics
    /// When the controller refuses, or the job does not end in a minute.
    pub fn update(&self, image: &str) {
        let id = self.start_update(image);
        let since = Instant::now();
        loop {
            let path = format!("/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs/{id}");
            let job = self.send(&Method::GET, &path, &Value::Null).0;
            match job["JobState"].as_str() {
                Some("Completed") => return,
                Some("Failed") => panic!("{job:#}"),
                _ => assert!(since.elapsed() < Duration::from_secs(60), "{job:#}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Change the power of the host, such as `ForceOff`.
    ///
    /// # Panics
    /// When the controller refuses.
    pub fn reset(&self, kind: &str) {
        let target = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
        self.send(&Method::POST, target, &serde_json::json!({ "ResetType": kind }));
    }

    /// Begin to install an image: the id of the job.
    ///
    /// # Panics
    /// When the controller refuses.
    #[must_use]
    pub fn start_update(&self, image: &str) -> String {
        let target = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
        let body = serde_json::json!({ "ImageURI": image, "TransferProtocol": "HTTP" });
        let location = self.send(&Method::POST, target, &body).1;
        location.rsplit('/').next().unwrap().to_owned()
    }

    fn send(&self, method: &Method, path: &str, body: &Value) -> (Value, String) {
        self.runtime.block_on(async {
            let mut request = self
                .client
                .request(method.clone(), format!("{}{path}", self.base))
                .basic_auth(&self.username, Some(&self.password));
            if !body.is_null() {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let response = request.send().await.unwrap();
            let status = response.status();
            let location = response.headers().get("location").cloned();
            let text = response.text().await.unwrap();
            assert!(status.is_success(), "{method} {path}: {status} {text}");
            let location = location.map(|value| value.to_str().unwrap().to_owned());
            (serde_json::from_str(&text).unwrap_or_default(), location.unwrap_or_default())
        })
    }
}

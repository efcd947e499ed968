//! Sends one recorded request as it was sent, with the names that this lab gave to things.

use std::collections::BTreeMap;
use std::time::Duration;

use onprem_lab::Lab;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method};
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

use super::compare;

/// How a record went.
pub(super) enum Outcome {
    Differs(String),
    Matches,
    /// The record cannot be sent again as it was, or says itself that it is not typical.
    NotJudged,
    NotSimulated,
}

/// What the lab answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) body: Value,
}

/// Plays records against one lab.
pub(super) struct Player {
    lab: Lab,
    client: Client,
    endpoint: String,
    /// Recorded text (UPID, digest, secret) to this lab's.
    names: BTreeMap<String, String>,
    limited_token: Option<String>,
}

impl Player {
    pub(super) fn new(lab: Lab) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let pem = lab.ca_pem().as_bytes().to_vec();
        roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let endpoint = lab.proxmox_endpoints()[0].clone();
        Self { lab, client, endpoint, names: BTreeMap::new(), limited_token: None }
    }

    pub(super) async fn play(&mut self, record: &Value) -> Outcome {
        if record["path"] == "/access/users/root@pam" && record["params"]["enable"] == 0 {
            self.make_helper().await;
        }
        let refused_container = record["status"] == 400
            && record["path"].as_str().is_some_and(|path| path.contains("/lxc/"));
        let refused = record["status"] == 500 || refused_container;
        if record.get("caveat").is_some() && refused {
            // A stock server does what this node could not: sending it would lead elsewhere.
            return Outcome::NotJudged;
        }
        let Some(request) = self.request(record).await else { return Outcome::NotJudged };
        let answer = match send(request).await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Differs(format!("no answer: {error}")),
        };
        if answer.reason.starts_with("the lab does not simulate") {
            return Outcome::NotSimulated;
        }
        self.learn(record, &answer);
        // Always waited for, so that every run leads through the same states.
        let exit = match answer.body["data"].as_str() {
            Some(upid) if upid.starts_with("UPID:") => Some(self.wait(upid).await),
            _ => None,
        };
        if path_ends(record, "/template") {
            self.wait_for_all().await;
        }
        let section = record["section"].as_str().unwrap_or_default();
        if record.get("concurrent").is_some()
            || record.get("caveat").is_some()
            || NOT_JUDGED.contains(&section)
        {
            return Outcome::NotJudged;
        }
        match compare::difference(record, &answer, exit.as_deref()) {
            Some(difference) => Outcome::Differs(difference),
            None => Outcome::Matches,
        }
    }

    async fn request(&mut self, record: &Value) -> Option<reqwest::RequestBuilder> {
        let method: Method = record["method"].as_str()?.parse().ok()?;
        let path = self.renamed(record["path"].as_str()?);
        let base = record.get("base").and_then(Value::as_str).unwrap_or("/api2/json");
        let mut url = format!("{}{base}{path}", self.endpoint);
        let mut body: Option<(Option<String>, Vec<u8>)> = None;
        let form = self.form(&record["params"]);
        if let Some(raw) = record.get("raw_body").and_then(Value::as_str) {
            let kind = record["content_type"].as_str().map(str::to_owned);
            let bytes = if raw.starts_with('<') {
                rebuilt_upload(record)?
            } else {
                self.renamed(raw).into_bytes()
            };
            body = Some((kind, bytes));
        } else if matches!(method, Method::POST | Method::PUT) {
            let kind = form.is_some().then(|| "application/x-www-form-urlencoded".to_owned());
            body = Some((kind, form.unwrap_or_default().into_bytes()));
        } else if let Some(form) = form.filter(|form| !form.is_empty()) {
            url = format!("{url}?{form}");
        }
        if let Some(query) = record.get("query").and_then(Value::as_str) {
            url = format!("{url}?{}", self.renamed(query));
        }
        let mut request = self.client.request(method, url);
        if let Some((kind, bytes)) = body {
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            request = request.body(bytes);
        }
        self.login(request, record.get("auth").and_then(Value::as_str)).await
    }

    fn form(&self, params: &Value) -> Option<String> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let text = |value: &Value| match value {
            Value::String(text) => self.renamed(text),
            Value::Bool(flag) => u8::from(*flag).to_string(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let mut pairs = Vec::new();
        match params {
            Value::Object(object) => {
                for (name, value) in object {
                    match value {
                        Value::Array(items) => {
                            pairs.extend(items.iter().map(|item| (name.clone(), text(item))));
                        }
                        value => pairs.push((name.clone(), text(value))),
                    }
                }
            }
            Value::Array(list) => {
                pairs.extend(list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))));
            }
            _ => return None,
        }
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        Some(pairs.join("&"))
    }

    async fn login(
        &mut self,
        request: reqwest::RequestBuilder,
        auth: Option<&str>,
    ) -> Option<reqwest::RequestBuilder> {
        let token = |token: &str| format!("PVEAPIToken={token}");
        Some(match auth {
            None | Some("root-token") => {
                request.header("Authorization", token(self.lab.api_token()))
            }
            Some("limited-token") => {
                request.header("Authorization", token(self.limited_token.as_deref()?))
            }
            Some("none") => request,
            Some("Bearer") => request.header("Authorization", "Bearer abc"),
            Some("basic auth") => request.header("Authorization", "Basic cm9vdDpyb290"),
            Some("bad token secret") => request
                .header("Authorization", token("root@pam!tf=00000000-0000-0000-0000-000000000000")),
            Some("unknown token id") => request.header(
                "Authorization",
                token("root@pam!nope=00000000-0000-0000-0000-000000000000"),
            ),
            Some("root-ticket") => {
                let (ticket, csrf) = self.root_ticket().await?;
                request
                    .header("Cookie", format!("PVEAuthCookie={ticket}"))
                    .header("CSRFPreventionToken", csrf)
            }
            Some("ticket without CSRF") => {
                let (ticket, _) = self.root_ticket().await?;
                request.header("Cookie", format!("PVEAuthCookie={ticket}"))
            }
            Some(_) => return None,
        })
    }

    /// Does what a note says was done inside the node.
    pub(super) async fn note(&mut self, note: &Value) {
        let text = note["fixture"].as_str().unwrap_or_default();
        if text.contains("root@pam -enable 1") {
            self.as_helper(Method::PUT, "/access/users/root@pam", "enable=1").await;
            self.as_helper(Method::DELETE, "/access/users/helper@pve", "").await;
        }
        for command in ["qm unlock ", "pct unlock "] {
            let rest = text.split(command).nth(1).unwrap_or_default();
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if let Ok(vmid) = digits.parse() {
                self.lab.unlock(vmid);
            }
        }
    }

    /// Makes a second administrator, for when root locks itself out.
    async fn make_helper(&self) {
        let calls = [
            (Method::POST, "/access/users", "userid=helper%40pve&password=helper-password"),
            (Method::PUT, "/access/acl", "path=%2F&roles=Administrator&users=helper%40pve"),
        ];
        for (method, path, form) in calls {
            let request = self
                .client
                .request(method, format!("{}/api2/json{path}", self.endpoint))
                .header("Authorization", format!("PVEAPIToken={}", self.lab.api_token()))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form);
            assert_eq!(send(request).await.unwrap().status, 200);
        }
    }

    async fn as_helper(&self, method: Method, path: &str, form: &'static str) {
        let (ticket, csrf) = self.ticket_of("helper%40pve", "helper-password").await.unwrap();
        let request = self
            .client
            .request(method, format!("{}/api2/json{path}", self.endpoint))
            .header("Cookie", format!("PVEAuthCookie={ticket}"))
            .header("CSRFPreventionToken", csrf)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        assert_eq!(send(request).await.unwrap().status, 200);
    }

    async fn root_ticket(&self) -> Option<(String, String)> {
        // Made anew each time: in the lab's time tickets are soon two hours old.
        self.ticket_of("root%40pam", self.lab.password()).await
    }

    async fn ticket_of(&self, user: &str, password: &str) -> Option<(String, String)> {
        let request = self
            .client
            .post(format!("{}/api2/json/access/ticket", self.endpoint))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("username={user}&password={password}"));
        let answer = send(request).await.ok()?;
        let data = &answer.body["data"];
        let ticket = data["ticket"].as_str()?.replace('+', "%2B").replace('=', "%3D");
        Some((ticket, data["CSRFPreventionToken"].as_str()?.to_owned()))
    }

    /// Waits until no task runs: the conversion of a container answers without naming its task.
    async fn wait_for_all(&self) {
        let url = format!("{}/api2/json/nodes/pve1/tasks?source=active", self.endpoint);
        loop {
            let authorization = format!("PVEAPIToken={}", self.lab.api_token());
            let request = self.client.get(&url).header("Authorization", authorization);
            let Ok(answer) = send(request).await else { return };
            if answer.body["data"].as_array().is_none_or(Vec::is_empty) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits for a task and returns its exit status.
    async fn wait(&self, upid: &str) -> String {
        let path = utf8_percent_encode(upid, NON_ALPHANUMERIC);
        let url = format!("{}/api2/json/nodes/pve1/tasks/{path}/status", self.endpoint);
        loop {
            let authorization = format!("PVEAPIToken={}", self.lab.api_token());
            let request = self.client.get(&url).header("Authorization", authorization);
            let Ok(answer) = send(request).await else { return "no status".to_owned() };
            if answer.body["data"]["status"] == "stopped" {
                let exit = answer.body["data"]["exitstatus"].as_str();
                return exit.unwrap_or_default().to_owned();
            }
            if answer.status != 200 {
                return format!("no status: {}", answer.reason);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Notes what this lab calls the things of the recorded answer.
    fn learn(&mut self, record: &Value, answer: &Answer) {
        let (recorded, own) = (&record["body"]["data"], &answer.body["data"]);
        let mut pairs = Vec::new();
        match (recorded, own) {
            (Value::String(recorded), Value::String(own)) if recorded.starts_with("UPID:") => {
                pairs.push((recorded.clone(), own.clone()));
            }
            (Value::Object(recorded), Value::Object(own)) => {
                for name in ["digest", "value"] {
                    if let (Some(Value::String(recorded)), Some(Value::String(own))) =
                        (recorded.get(name), own.get(name))
                    {
                        pairs.push((recorded.clone(), own.clone()));
                    }
                }
                if recorded.get("full-tokenid").is_some_and(|id| id == "lim@pve!lt") {
                    let secret = own.get("value").and_then(Value::as_str).unwrap_or_default();
                    self.limited_token = Some(format!("lim@pve!lt={secret}"));
                }
            }
            _ => {}
        }
        for (recorded, own) in pairs {
            if recorded.len() > 20 {
                let encode = |text: &str| utf8_percent_encode(text, ENCODED_UPID).to_string();
                self.names.insert(encode(&recorded), encode(&own));
                self.names.insert(recorded, own);
            }
        }
    }

    fn renamed(&self, text: &str) -> String {
        let mut text = text.replace("127.0.0.1:18080", "images.example.com");
        if text.len() < 20 {
            return text;
        }
        for (recorded, own) in &self.names {
            if text.contains(recorded.as_str()) {
                text = text.replace(recorded.as_str(), own);
            }
        }
        text
    }
}

/// Sections about requests in parallel, and one that a later recording replaces.
const NOT_JUDGED: &[&str] = &["04-clone", "04-clone-parallel-template", "06-power-concurrent"];

fn path_ends(record: &Value, end: &str) -> bool {
    record["path"].as_str().is_some_and(|path| path.ends_with(end))
}

/// How the recorder wrote UPIDs into paths.
const ENCODED_UPID: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The form of an upload whose bytes were not recorded, from what its task said.
fn rebuilt_upload(record: &Value) -> Option<Vec<u8>> {
    let log = record.get("task_log")?.as_array()?;
    let target = log.iter().find_map(|line| line.as_str()?.strip_prefix("target file: "))?;
    let (folder, file) = target.rsplit_once('/')?;
    let content = match folder.rsplit_once('/')?.1 {
        "cache" => "vztmpl",
        other => other,
    };
    let data = match file.rsplit_once('.')?.1 {
        "qcow2" => super::disk().to_vec(),
        "raw" => vec![0; 65_536],
        _ => vec![0; 1_112_051],
    };
    let boundary = record["content_type"].as_str()?.split("boundary=").nth(1)?;
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n{content}\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend(data);
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    Some(body)
}

async fn send(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let reason = response
        .extensions()
        .get::<hyper::ext::ReasonPhrase>()
        .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned())
        .or_else(|| response.status().canonical_reason().map(str::to_owned))
        .unwrap_or_default();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, reason, body })
}

//! A controller on loopback whose answers a test makes up request by request.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use onprem_redfish::{Client, ClientBuilder, RetryPolicy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it came
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method and path without the query, such as `GET /redfish/v1/UpdateService`
    pub(crate) line: String,
    pub(crate) query: String,
    /// The whole head, in lower case
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// The body as JSON
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What to do about it
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// 200 with this body
    Json(Value),
    /// A status with headers and a body
    Status(u16, Vec<(&'static str, String)>, Value),
    /// Close the connection without a word
    Lose,
}

impl Reply {
    /// An error as an iDRAC words it
    pub(crate) fn error(status: u16, code: &str, text: &str) -> Self {
        let message = json!({
            "MessageId": format!("IDRAC.2.7.{code}"), "Message": text, "Severity": "Warning",
            "Resolution": "Read the manual.",
        });
        let body = json!({ "error": {
            "code": "Base.1.12.GeneralError", "@Message.ExtendedInfo": [message],
        }});
        Self::Status(status, vec![], body)
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "SYS403", "The resource is not found.")
    }

    pub(crate) fn accepted(job: &str) -> Self {
        let location = format!("/redfish/v1/TaskService/Tasks/{job}");
        Self::Status(202, vec![("Location", location)], Value::Null)
    }
}

pub(crate) struct Server {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Logins and logouts are answered here, unless `answer` answers them; nothing is for the tree of
    /// [`idrac`].
    pub(crate) async fn start(
        mut answer: impl FnMut(&Received) -> Option<Reply> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        // The handler and the log in one lock: answers are made in the order of arrival.
        let handler = Arc::new(Mutex::new(move |request: &Received| {
            log.lock().unwrap().push(request.clone());
            answer(request).unwrap_or_else(|| idrac(request))
        }));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = handler.clone();
                tokio::spawn(async move {
                    let mut stream = stream;
                    while let Some(request) = receive(&mut stream).await {
                        let reply = handler.lock().unwrap()(&request);
                        if !send(&mut stream, &reply, request.line.starts_with("HEAD ")).await {
                            return;
                        }
                    }
                });
            }
        });
        Self { endpoint, seen }
    }

    /// A client of this server that wastes no time
    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(self.endpoint.clone(), "root", "secret-of-the-test")
            .lost_answer_patience(Duration::from_millis(50))
            .missing_job_patience(Duration::from_millis(50))
            .polling(Duration::from_millis(1), Duration::from_millis(2))
            .http(|http| {
                http.retry(RetryPolicy {
                    max_attempts: 2,
                    min_delay: Duration::from_millis(1),
                    max_delay: Duration::from_millis(2),
                })
            })
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests had this method and path
    pub(crate) fn count(&self, line: &str) -> usize {
        self.seen().iter().filter(|request| request.line == line).count()
    }
}

pub(crate) const ROOT: &str = "GET /redfish/v1/";
pub(crate) const LOGIN: &str = "POST /redfish/v1/SessionService/Sessions";
pub(crate) const LOGOUT: &str = "DELETE /redfish/v1/SessionService/Sessions/7";
pub(crate) const SERVICE: &str = "GET /redfish/v1/UpdateService";
pub(crate) const JOBS: &str = "GET /redfish/v1/Managers/idrac/Oem/Dell/Jobs";
pub(crate) const SIMPLE: &str = "POST /redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
pub(crate) const READY: &str = "POST /redfish/v1/Managers/idrac/Oem/Dell/DellLCService/Ready";

/// A small controller with everything in other places than a real one has it
fn idrac(request: &Received) -> Reply {
    let link = |path: &str| json!({ "@odata.id": path });
    let manager = "/redfish/v1/Managers/idrac";
    Reply::Json(match request.line.as_str() {
        ROOT => json!({
            "UpdateService": link("/redfish/v1/UpdateService"),
            "Managers": link("/redfish/v1/Managers"),
            "Systems": link("/redfish/v1/Systems"),
            "Tasks": link("/redfish/v1/TaskService"),
            "Links": { "Sessions": link("/redfish/v1/SessionService/Sessions") },
        }),
        LOGIN => {
            let headers = vec![
                ("X-Auth-Token", "token-of-the-test".to_owned()),
                ("Location", "/redfish/v1/SessionService/Sessions/7".to_owned()),
            ];
            return Reply::Status(201, headers, json!({ "Id": "7" }));
        }
        LOGOUT => Value::Null,
        "GET /redfish/v1/Managers" => json!({ "Members": [link(manager)] }),
        "GET /redfish/v1/Systems" => json!({ "Members": [link("/redfish/v1/Systems/1")] }),
        "GET /redfish/v1/Managers/idrac" => json!({
            "FirmwareVersion": "7.10.30.00",
            "Links": { "Oem": { "Dell": {
                "Jobs": link(&format!("{manager}/Oem/Dell/Jobs")),
                "DellJobService": link(&format!("{manager}/Oem/Dell/DellJobService")),
                "DellLCService": link(&format!("{manager}/Oem/Dell/DellLCService")),
            }}},
        }),
        "GET /redfish/v1/Managers/idrac/Oem/Dell/DellLCService" => json!({ "Actions": {
            "#DellLCService.GetRemoteServicesAPIStatus":
                { "target": format!("{manager}/Oem/Dell/DellLCService/Ready") },
        }}),
        "GET /redfish/v1/Managers/idrac/Oem/Dell/DellJobService" => json!({ "Actions": {
            "#DellJobService.DeleteJobQueue": { "target": format!("{manager}/Oem/Dell/Delete") },
        }}),
        READY => json!({ "Status": "Ready", "LCStatus": "Ready" }),
        JOBS => json!({ "Members": [] }),
        "GET /redfish/v1/TaskService" => json!({ "Tasks": link("/redfish/v1/TaskService/Tasks") }),
        SERVICE => json!({
            "FirmwareInventory": link("/redfish/v1/UpdateService/FirmwareInventory"),
            "HttpPushUri": "/redfish/v1/UpdateService/FirmwareInventory",
            "MultipartHttpPushUri": "/redfish/v1/UpdateService/MultipartUpload",
            "Actions": { "#UpdateService.SimpleUpdate": {
                "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate",
                "TransferProtocol@Redfish.AllowableValues": ["HTTP", "HTTPS"],
                "@Redfish.OperationApplyTimeSupport":
                    { "SupportedValues": ["Immediate", "OnReset", "OnStartUpdateRequest"] },
            }},
        }),
        _ => return Reply::not_found(),
    })
}

async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head_lower = head.to_ascii_lowercase();
            let length = head_lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            assert!(!head_lower.contains("transfer-encoding"), "no controller takes chunks");
            if body.len() >= length.unwrap_or_default() {
                let mut words = head.split(' ');
                let (method, target) = (words.next()?, words.next()?);
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                return Some(Received {
                    line: format!("{method} {path}"),
                    query: query.to_owned(),
                    head: head_lower,
                    body: body.to_owned(),
                });
            }
        }
        let mut chunk = [0; 65536];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => received.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}

async fn send(stream: &mut TcpStream, reply: &Reply, no_body: bool) -> bool {
    let (status, headers, body) = match reply {
        Reply::Json(body) => (200, vec![], body.clone()),
        Reply::Status(status, headers, body) => (*status, headers.clone(), body.clone()),
        Reply::Lose => return false,
    };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status} Reason\r\nContent-Type: application/json\r\n{headers}Content-Length: \
         {}\r\n\r\n",
        body.len()
    );
    let body = if no_body { "" } else { &body };
    stream.write_all(format!("{head}{body}").as_bytes()).await.is_ok()
}

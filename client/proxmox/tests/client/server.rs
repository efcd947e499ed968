//! A server on loopback whose answers a test makes up request by request.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use onprem_proxmox::{Authentication, Client, ClientBuilder, RetryPolicy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it came
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method and path without `/api2/json` and the query, such as `GET /version`
    pub(crate) line: String,
    /// Query or form, decoded
    pub(crate) params: BTreeMap<String, String>,
    /// The whole head
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What to do about it
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// 200 with this `data`
    Data(Value),
    /// 200 with this whole body
    Body(Value),
    /// A status with a reason and a body
    Error(u16, String, Value),
    /// Close the connection without a word
    Lose,
}

impl Reply {
    /// An error as Proxmox words it
    pub(crate) fn error(status: u16, text: &str) -> Self {
        Self::Error(
            status,
            text.to_owned(),
            json!({ "data": null, "message": format!("{text}\n") }),
        )
    }
}

pub(crate) struct Server {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) async fn start(mut answer: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        // The handler and the log in one lock: answers are made in the order of arrival.
        let handler = Arc::new(Mutex::new(move |request: &Received| {
            log.lock().unwrap().push(request.clone());
            answer(request)
        }));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = handler.clone();
                tokio::spawn(async move {
                    let mut stream = stream;
                    while let Some(request) = receive(&mut stream).await {
                        let reply = handler.lock().unwrap()(&request);
                        if !send(&mut stream, &reply).await {
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
        let token = Authentication::ApiToken("root@pam!test=secret-of-the-token".into());
        self.builder_with(token)
    }

    pub(crate) fn builder_with(&self, authentication: Authentication) -> ClientBuilder {
        Client::builder([self.endpoint.clone()], authentication)
            .lost_answer_patience(Duration::from_millis(50))
            .http(|http| {
                http.retry(RetryPolicy {
                    max_attempts: 3,
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

async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or_default() {
                return Some(parse(head, body));
            }
        }
        let mut chunk = [0; 65536];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => received.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}

fn parse(head: &str, body: &str) -> Received {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix("/api2/json").expect("requests go below /api2/json");
    let form = if body.contains("form-data") { "" } else { body };
    let pairs = query.split('&').chain(form.split('&')).filter(|pair| !pair.is_empty());
    let params = pairs
        .map(|pair| pair.split_once('=').expect("every parameter has a value"))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect();
    Received {
        line: format!("{method} {path}"),
        params,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Undo percent-encoding as a strict server does: what must be encoded may not stand raw
fn decode(text: &str) -> String {
    assert!(!text.contains([';', '+', '=', ' ']), "raw separators in {text:?}");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

async fn send(stream: &mut TcpStream, reply: &Reply) -> bool {
    let (status, reason, body) = match reply {
        Reply::Data(data) => (200, "OK".to_owned(), json!({ "data": data })),
        Reply::Body(body) => (200, "OK".to_owned(), body.clone()),
        Reply::Error(status, reason, body) => (*status, reason.clone(), body.clone()),
        Reply::Lose => return false,
    };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        reason.replace(['\r', '\n'], " "),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.is_ok()
}

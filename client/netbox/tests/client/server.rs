//! A server on loopback whose answers a test makes up request by request.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use onprem_http::RetryPolicy;
use onprem_netbox::Client;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it came
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Method, path and query, such as `GET /api/status/`
    pub(crate) line: String,
    /// The whole head, in lower case
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// What to do about it
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status with a body
    Json(u16, Value),
    /// A status with a header and a body
    With(u16, &'static str, String),
    /// Close the connection without a word
    Lose,
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) async fn start(mut answer: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/netbox", listener.local_addr().unwrap());
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
        Self { url, seen }
    }

    /// A client of this server that wastes no time
    pub(crate) fn client(&self) -> Client {
        let policy = RetryPolicy {
            max_attempts: 3,
            min_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
        };
        // As users write it, with slashes and all.
        let url = format!("{}/api/", self.url);
        let builder = Client::builder(&url, TOKEN).patience(Duration::from_millis(50));
        builder.http(|http| http.retry(policy)).build().unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|request| request.line).collect()
    }
}

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or_default() {
                let mut words = head.split(' ');
                let (method, target) = (words.next()?, words.next()?);
                let path = target.strip_prefix("/netbox").expect("the sub-path is kept");
                return Some(Received {
                    line: format!("{method} {path}"),
                    head: head.to_ascii_lowercase(),
                    body: serde_json::from_str(body).unwrap_or_default(),
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

async fn send(stream: &mut TcpStream, reply: &Reply) -> bool {
    let (status, header, body) = match reply {
        Reply::Json(status, body) => (status, "API-Version: 4.6", body.to_string()),
        Reply::With(status, header, body) => (status, *header, body.clone()),
        Reply::Lose => return false,
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nX-Request-ID: r-1\r\n{header}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.is_ok()
}

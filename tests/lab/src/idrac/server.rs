//! The HTTPS port of an iDRAC: connections, bodies, faults, the log of requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Idrac;
use super::reply::{Answer, Failure};
use super::{messages, routes};
use crate::faults::When;
use crate::requests::Request as Logged;

/// Largest upload that the lab keeps in memory.
const LIMIT: usize = 1 << 30;

/// Serves one iDRAC until its task is aborted; while it is down its port refuses.
pub(crate) async fn serve(
    idrac: Arc<Idrac>,
    listener: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
) {
    let mut listener = Some(listener);
    let mut faults = idrac.faults.changes();
    let mut changed = idrac.changed.subscribe();
    let mut connections = JoinSet::new();
    loop {
        if idrac.refuses() {
            listener = None;
            connections.abort_all();
        } else if listener.is_none() {
            match TcpListener::bind(address).await {
                Ok(bound) => listener = Some(bound),
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            }
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = accepted => {
                let Ok((stream, _)) = accepted else { continue };
                let (idrac, tls) = (Arc::clone(&idrac), tls.clone());
                connections.spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let service = service_fn(move |request| respond(Arc::clone(&idrac), request));
                    // A broken connection concerns the client alone.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            _ = faults.changed() => {}
            _ = changed.changed() => {}
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Marks a connection that a fault breaks.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a fault broke the connection")
    }
}

impl std::error::Error for Broken {}

async fn respond(
    idrac: Arc<Idrac>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let path = decode(parts.uri.path());
    let query = pairs(parts.uri.query().unwrap_or_default());
    let chunked = parts.headers.contains_key(header::TRANSFER_ENCODING);
    let body = Limited::new(body, LIMIT).collect().await.map(http_body_util::Collected::to_bytes);
    let method = parts.method.as_str().to_owned();
    let index = idrac.requests.arrived(Logged {
        system: "idrac".to_owned(),
        node: idrac.name().to_owned(),
        method: method.clone(),
        path: path.clone(),
        parameters: parameters(&query, body.as_deref().unwrap_or_default()),
        status: None,
    });
    let verdict = idrac.faults.judge("idrac", idrac.name(), &method, &path);
    if !verdict.latency.is_zero() {
        idrac.clock.sleep(verdict.latency).await;
    }
    if let Some((fault, When::Before)) = verdict.stall
        && !idrac.faults.hold(fault, &method, &path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::Before) {
        return Err(Broken);
    }
    if verdict.restart {
        idrac.restart();
        return Err(Broken);
    }
    let answer = if let Some((status, message)) = verdict.status {
        Err(match message {
            Some(message) if messages::known(&message) => Failure::new(status, &message),
            Some(message) => Failure::message(status, message),
            None => Failure::new(status, "SYS446"),
        })
    } else {
        match body {
            Ok(_) if chunked => Err(Failure::new(411, "SYS412")),
            Ok(body) => {
                let (method, headers) = (parts.method.clone(), parts.headers);
                let incoming =
                    routes::Incoming { method, headers, path: path.clone(), query, body };
                routes::answer(&idrac, &incoming)
            }
            Err(_) => Err(Failure::new(413, "SYS411")),
        }
    };
    if let Some((fault, When::After)) = verdict.stall
        && !idrac.faults.hold(fault, &method, &path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::After) {
        return Err(Broken);
    }
    let response = render(&idrac, answer, method == "HEAD");
    idrac.requests.answered(index, response.status().as_u16());
    Ok(response)
}

fn render(idrac: &Idrac, answer: Answer, head: bool) -> Response<Full<Bytes>> {
    let (status, headers, body) = match answer {
        Ok(reply) => (reply.status, reply.headers, reply.body),
        Err(failure) => {
            let mut headers = Vec::new();
            match failure.status {
                401 => {
                    headers.push(("WWW-Authenticate", "Basic realm=\"RedfishService\"".to_owned()))
                }
                503 => headers.push(("Retry-After", "30".to_owned())),
                _ => {}
            }
            (failure.status, headers, failure.body(idrac.generation()))
        }
    };
    let text = if body.is_null() || head { String::new() } else { body.to_string() };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let map = response.headers_mut();
    map.insert("OData-Version", HeaderValue::from_static("4.0"));
    map.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if !body.is_null() {
        let kind =
            HeaderValue::from_static("application/json;odata.metadata=minimal;charset=utf-8");
        map.insert(header::CONTENT_TYPE, kind);
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            map.insert(name, value);
        }
    }
    response
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Names of what a request carries; never a value.
fn parameters(query: &[(String, String)], body: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = query.iter().map(|(name, _)| name.clone()).collect();
    if body.len() < 1 << 16
        && let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(body)
    {
        names.extend(object.keys().cloned());
    }
    names.sort();
    names.dedup();
    names
}

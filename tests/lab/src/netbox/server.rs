//! The HTTPS port of NetBox: connections, bodies, faults, headers.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::NetBox;
use super::api::ApiRequest;
use super::reply::{Body, Reply};
use crate::faults::When;
use crate::requests::Request as Logged;

/// Largest body that the server takes.
const BODY_LIMIT: usize = 16 << 20;
/// Name of this system in faults and in the log of requests.
const SYSTEM: &str = "netbox";

/// Serves NetBox until its task is aborted.
pub(crate) async fn serve(netbox: Arc<NetBox>, listener: TcpListener, tls: TlsAcceptor) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (netbox, tls) = (Arc::clone(&netbox), tls.clone());
                connections.spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let service = service_fn(move |request| respond(Arc::clone(&netbox), request));
                    // A broken connection concerns the client alone.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
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
    netbox: Arc<NetBox>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let text = |name: header::HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Broken)?.to_bytes();
    let path = crate::proxmox::decode(parts.uri.path().as_bytes(), false);
    let api_path = path.strip_prefix("/api").unwrap_or(&path).to_owned();
    let method = parts.method.as_str().to_owned();
    let query = pairs(parts.uri.query().unwrap_or_default());
    let index = netbox.requests.arrived(Logged {
        system: SYSTEM.to_owned(),
        node: SYSTEM.to_owned(),
        method: method.clone(),
        path: api_path.clone(),
        parameters: names(&query, &body),
        status: None,
    });
    let verdict = netbox.faults.judge(SYSTEM, SYSTEM, &method, &api_path);
    if !verdict.latency.is_zero() {
        netbox.clock.sleep(verdict.latency).await;
    }
    if let Some((fault, When::Before)) = verdict.stall
        && !netbox.faults.hold(fault, &method, &api_path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::Before) {
        return Err(Broken);
    }
    let id = crate::lab::uuid();
    let reply = if let Some((status, message)) = verdict.status {
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        let message = message.unwrap_or_else(|| reason.unwrap_or("fault").to_owned());
        match status {
            // What stands before NetBox, or its own crash, answers with a page.
            500.. => Reply { status, body: Body::Html(message), headers: Vec::new() },
            _ => Reply::detail(status, message),
        }
    } else {
        let host = text(header::HOST).unwrap_or_else(|| "localhost".to_owned());
        let request = ApiRequest {
            method: method.clone(),
            path,
            query,
            authorization: text(header::AUTHORIZATION),
            if_match: text(header::IF_MATCH),
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            body,
            base: format!("https://{host}"),
            id: id.clone(),
            race: verdict.race,
        };
        // In a task of its own: the server finishes what it began even when the client goes away.
        let processing = Arc::clone(&netbox);
        let work = tokio::spawn(async move { processing.answer(&request) });
        let panicked = |_| Reply::detail(500, "the lab's handler panicked");
        work.await.unwrap_or_else(panicked)
    };
    if let Some((fault, When::After)) = verdict.stall
        && !netbox.faults.hold(fault, &method, &api_path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::After) {
        return Err(Broken);
    }
    let response = render(&netbox, reply, &id);
    netbox.requests.answered(index, response.status().as_u16());
    Ok(response)
}

/// Decoded parameters of a query, in their order.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| crate::proxmox::decode(text.as_bytes(), true);
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Names of the parameters in query and body, for the log.
fn names(query: &[(String, String)], body: &Bytes) -> Vec<String> {
    let mut names: Vec<String> = query.iter().map(|(name, _)| name.clone()).collect();
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let entries = match &body {
        serde_json::Value::Array(entries) => entries.as_slice(),
        entry => std::slice::from_ref(entry),
    };
    for entry in entries.iter().filter_map(serde_json::Value::as_object) {
        names.extend(entry.keys().cloned());
    }
    names.sort();
    names.dedup();
    names
}

fn render(netbox: &NetBox, reply: Reply, id: &str) -> Response<Full<Bytes>> {
    let (kind, body) = match reply.body {
        Body::Empty => (None, Bytes::new()),
        Body::Html(title) => {
            let page = format!(
                "<!DOCTYPE html>\n<html lang=\"en\"><head><title>{title} | NetBox</title></head>\n<body><h1>{title}</h1></body></html>\n"
            );
            (Some("text/html; charset=utf-8"), page.into())
        }
        Body::Json(value) => (Some("application/json"), value.to_string().into()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let version = format!("4.{}", netbox.version.minor());
    let own = [("API-Version", version), ("X-Request-ID", id.to_owned())];
    for (name, value) in reply.headers.into_iter().chain(own) {
        let name = header::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    response
}

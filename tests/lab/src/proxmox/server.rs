//! The HTTPS port of a node: connections, bodies, faults, the shape of answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::dispatch::{self, Incoming as ApiRequest};
use super::error::{Answer, ApiError};
use super::params::{Params, decode};
use super::upload;
use crate::faults::When;
use crate::requests::Request as Logged;

/// Largest form or JSON body that the server takes.
const FORM_LIMIT: usize = 512 * 1024;
/// Largest upload that the lab keeps in memory.
const UPLOAD_LIMIT: usize = 2 << 30;

/// Serves one node until its task is aborted; while the node is offline its port refuses.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    node: String,
    listener: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
) {
    let mut listener = Some(listener);
    let mut faults = shared.faults.changes();
    let mut connections = JoinSet::new();
    loop {
        if shared.faults.offline(&node) {
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
                let (shared, node, tls) = (Arc::clone(&shared), node.clone(), tls.clone());
                connections.spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let service = service_fn(move |request| {
                        respond(Arc::clone(&shared), node.clone(), request)
                    });
                    // A broken connection concerns the client alone.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            _ = faults.changed() => {}
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
    shared: Arc<Shared>,
    node: String,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let path = decode(parts.uri.path().as_bytes(), false);
    let (format, api_path) = split_format(&path);
    let head =
        Head { method: parts.method, headers: parts.headers, path: api_path.clone(), format };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let read = read_body(&head, body).await;
    let mut parameters = Params::from_form(query.as_bytes()).names();
    if let Ok((params, _)) = &read {
        parameters.extend(params.names());
    }
    parameters.sort();
    parameters.dedup();
    let method = head.method.as_str().to_owned();
    let index = shared.requests.arrived(Logged {
        system: "proxmox".to_owned(),
        node: node.clone(),
        method: method.clone(),
        path: api_path.clone(),
        parameters,
        status: None,
    });
    let verdict = shared.faults.judge("proxmox", &node, &method, &api_path);
    if !verdict.latency.is_zero() {
        shared.clock.sleep(verdict.latency).await;
    }
    if let Some((fault, When::Before)) = verdict.stall
        && !shared.faults.hold(fault, &method, &api_path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::Before) {
        return Err(Broken);
    }
    let answer = if let Some((status, message)) = verdict.status {
        let message = message.unwrap_or_else(|| {
            let code = StatusCode::from_u16(status).ok();
            code.and_then(|code| code.canonical_reason()).unwrap_or("fault").to_owned()
        });
        Err(ApiError::new(status, message))
    } else {
        // In a task of its own: the server finishes what it began even when the client goes away.
        let incoming = ApiRequest {
            method: head.method.clone(),
            headers: head.headers.clone(),
            path: api_path.clone(),
            query: Params::from_form(query.as_bytes()),
            body: read,
            lock_timeout: verdict.lock_timeout,
        };
        let (processing, entry) = (Arc::clone(&shared), node.clone());
        let work = tokio::spawn(async move { process(processing, entry, incoming).await });
        work.await.unwrap_or_else(|_| Err(ApiError::internal("the lab's handler panicked")))
    };
    if let Some((fault, When::After)) = verdict.stall
        && !shared.faults.hold(fault, &method, &api_path).await
    {
        return Err(Broken);
    }
    if verdict.reset == Some(When::After) {
        return Err(Broken);
    }
    let response = render(&head, answer);
    shared.requests.answered(index, response.status().as_u16());
    Ok(response)
}

async fn process(shared: Arc<Shared>, node: String, incoming: ApiRequest) -> Answer {
    let answer = dispatch::handle(&shared, &node, incoming).await;
    if let Err(error) = &answer {
        shared.clock.sleep(error.delay).await;
    }
    answer
}

/// What of a request decides the shape of its answer.
struct Head {
    method: Method,
    headers: HeaderMap,
    path: String,
    format: Format,
}

enum Format {
    Extjs,
    Json,
    Unknown(String),
    /// Not under `/api2`.
    Web,
}

/// Splits `/api2/json/version` into format and path.
fn split_format(path: &str) -> (Format, String) {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some("api2") {
        return (Format::Web, path.to_owned());
    }
    let format = match segments.next() {
        Some("json") => Format::Json,
        Some("extjs") => Format::Extjs,
        other => Format::Unknown(other.unwrap_or_default().to_owned()),
    };
    let rest: Vec<&str> = segments.collect();
    (format, format!("/{}", rest.join("/")))
}

type Body = Result<(Params, Option<Bytes>), ApiError>;

async fn read_body(head: &Head, body: Incoming) -> Body {
    let content_type = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/x-www-form-urlencoded")
        .to_owned();
    let uploads = head.path.ends_with("/upload") && content_type.starts_with("multipart/form-data");
    if head.headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(ApiError::new(501, "chunked transfer encoding not supported"));
    }
    let limit = if uploads { UPLOAD_LIMIT } else { FORM_LIMIT };
    let bytes = match Limited::new(body, limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ApiError::new(501, "for data too large"));
        }
        Err(_) => return Err(ApiError::new(400, "bad request")),
    };
    if matches!(head.method, Method::GET | Method::DELETE) {
        if bytes.is_empty() {
            return Ok((Params::default(), None));
        }
        let text = format!("Unexpected content for method '{}'", head.method);
        return Err(ApiError::new(501, text));
    }
    if uploads {
        return upload::parse(&content_type, &bytes);
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/json" => read_json(&bytes).map(|params| (params, None)),
        "application/x-www-form-urlencoded" | "" => Ok((Params::from_form(&bytes), None)),
        _ if bytes.is_empty() => Ok((Params::default(), None)),
        _ => {
            let text = format!("upload 'Content-Type '{kind}' not implemented");
            Err(ApiError::new(506, text))
        }
    }
}

fn read_json(bytes: &Bytes) -> Result<Params, ApiError> {
    const AT: &str = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line";
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(Params::from_json(object)),
        Ok(Value::String(text)) => Err(ApiError::internal(format!(
            "Can't use string (\"{text}\") as a HASH ref while \"strict refs\" in use {AT} 978."
        ))),
        Ok(_) => Err(ApiError::internal(format!("Not a HASH reference {AT} 978."))),
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            let error = match text.strip_prefix('{') {
                Some(rest) => {
                    format!("'\"' expected, at character offset 1 (before \"{rest}\")")
                }
                None => {
                    let near = if text.is_empty() { "(end of string)" } else { &text };
                    format!(
                        "malformed JSON string, neither tag, array, object, number, string or atom, at character offset 0 (before \"{near}\")"
                    )
                }
            };
            Err(ApiError::internal(format!("{error} {AT} 934.")))
        }
    }
}

fn render(head: &Head, answer: Answer) -> Response<Full<Bytes>> {
    match &head.format {
        Format::Json => {}
        Format::Extjs => return render_extjs(answer),
        Format::Unknown(format) => {
            if format.is_empty() {
                return plain_error(501, "no such uri");
            }
            let path = head.path.trim_start_matches('/');
            return plain_error(501, &format!("no formatter for uri /{path}, {format}"));
        }
        Format::Web => return web_page(&head.path),
    }
    match answer {
        Ok(reply) => {
            let mut object = json!({ "data": reply.data });
            for (name, value) in reply.extra {
                object[name] = value;
            }
            json_response(200, None, &object, false)
        }
        Err(error) if error.bare || head.method == Method::HEAD => {
            plain_error(error.status, &error.message)
        }
        Err(error) => {
            let mut object = json!({ "data": null, "message": format!("{}\n", error.message) });
            if !error.errors.is_empty() {
                object["errors"] = json!(error.errors);
            }
            json_response(error.status, Some(&error.message), &object, true)
        }
    }
}

fn render_extjs(answer: Answer) -> Response<Full<Bytes>> {
    match answer {
        Ok(reply) => {
            let mut object = json!({ "success": 1, "data": reply.data });
            for (name, value) in reply.extra {
                object[name] = value;
            }
            json_response(200, None, &object, false)
        }
        Err(error) if error.status == 401 => plain_error(401, &error.message),
        Err(error) => {
            let status: Value = match error.status {
                400 | 403 => error.status.to_string().into(),
                status => status.into(),
            };
            let message = format!("{}\n", error.message);
            let mut object =
                json!({ "success": 0, "data": null, "message": message, "status": status });
            if !error.errors.is_empty() {
                object["errors"] = json!(error.errors);
            }
            json_response(200, None, &object, false)
        }
    }
}

fn web_page(path: &str) -> Response<Full<Bytes>> {
    if path != "/" {
        return plain_error(500, &format!("no such file '{path}'"));
    }
    let page = "<!doctype html><title>onprem-lab</title><p>The API is under /api2/json.\n";
    let mut response = Response::new(Full::new(Bytes::from_static(page.as_bytes())));
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain_error(status: u16, reason: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    set_status(&mut response, status, Some(reason));
    common_headers(&mut response, true);
    response
}

fn json_response(
    status: u16,
    reason: Option<&str>,
    body: &Value,
    close: bool,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    set_status(&mut response, status, reason);
    common_headers(&mut response, close);
    let kind = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn set_status(response: &mut Response<Full<Bytes>>, status: u16, reason: Option<&str>) {
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // The reason is one line; the body carries the rest.
    let line = reason.and_then(|reason| reason.lines().next()).map(str::trim_end);
    if let Some(Ok(phrase)) = line.map(|line| ReasonPhrase::try_from(line.as_bytes().to_vec())) {
        response.extensions_mut().insert(phrase);
    }
}

fn common_headers(response: &mut Response<Full<Bytes>>, close: bool) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::SERVER, HeaderValue::from_static("pve-api-daemon/3.0"));
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Serves the plain HTTP ports of the lab (web server, admin API).
pub(crate) async fn serve_plain<F, S>(listener: TcpListener, tls: Option<TlsAcceptor>, answer: F)
where
    F: Fn(Request<Incoming>) -> S + Clone + Send + 'static,
    S: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let service = service_fn(answer.clone());
                let tls = tls.clone();
                connections.spawn(async move {
                    let builder = hyper::server::conn::http1::Builder::new();
                    // A broken connection concerns the client alone.
                    match tls {
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                        }
                        None => {
                            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                        }
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

//! The admin API: plain HTTP on loopback, JSON in and out.
//!
//! | request | meaning |
//! |---|---|
//! | `GET /clock` | lab time, factor, whether it is frozen |
//! | `POST /clock` `{"advance": "10s", "factor": 60, "frozen": true}` | any of these |
//! | `GET /faults` | armed faults with their numbers |
//! | `POST /faults` `{"kind": …}` | arm one ([`crate::Fault`]); answers `{"fault": 1}` |
//! | `DELETE /faults`, `DELETE /faults/1` | disarm all, or one |
//! | `GET /stalls` | requests that are held now |
//! | `GET /stalls/1` | waits until fault 1 holds a request, then describes it |
//! | `POST /stalls/1/release`, `POST /stalls/1/abort` | let it go on, or break its connection |
//! | `GET /requests`, `DELETE /requests` | log of requests, or forget it |
//! | `GET /inventory` | everything that the cluster and the servers hold |
//! | `POST /servers/r750-01/reset` | restart the host, as somebody beside it does |
//! | `POST /servers/r750-01/restart-idrac` | restart its iDRAC |
//! | `GET /images` | files of the web server with sizes and checksums |

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::lab::Systems;
use crate::proxmox::Shared;
use crate::web;

/// Answers one admin request.
pub(crate) async fn answer(
    systems: Arc<Systems>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, 1 << 20).collect().await.map(|body| body.to_bytes());
    let result = match body {
        Ok(body) => act(&systems, &parts.method, parts.uri.path(), &body).await,
        Err(error) => Err((400, error.to_string())),
    };
    let (status, value) = match result {
        Ok(value) => (200, value),
        Err((status, error)) => (status, json!({ "error": error })),
    };
    let mut response = Response::new(Full::new(Bytes::from(format!("{value}\n"))));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

async fn act(
    systems: &Systems,
    method: &Method,
    path: &str,
    body: &Bytes,
) -> Result<Value, (u16, String)> {
    let shared = &systems.proxmox;
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let bad = |error: String| (400, error);
    let number = |text: &str| text.parse::<u64>().map_err(|error| bad(error.to_string()));
    let parsed = || serde_json::from_slice::<Value>(body).map_err(|error| bad(error.to_string()));
    let faults = &shared.faults;
    match (method.as_str(), &segments[..]) {
        ("GET", ["clock"]) => {}
        ("POST", ["clock"]) => set_clock(shared, &parsed()?).map_err(bad)?,
        ("GET", ["faults"]) => {
            let rows: Vec<Value> = faults
                .list()
                .into_iter()
                .map(|(number, fault, met)| json!({ "number": number, "met": met, "fault": fault }))
                .collect();
            return Ok(rows.into());
        }
        ("POST", ["faults"]) => {
            let fault: Fault =
                serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
            let number = faults.arm_at(fault, shared.clock.unix()).map_err(bad)?;
            return Ok(json!({ "fault": number }));
        }
        ("DELETE", ["faults"]) => {
            faults.clear();
            return Ok(Value::Null);
        }
        ("DELETE", ["faults", fault]) => return Ok(faults.disarm(number(fault)?).into()),
        ("GET", ["stalls"]) => return Ok(json!(faults.stalls())),
        ("GET", ["stalls", fault]) => return Ok(json!(faults.stalled(number(fault)?).await)),
        ("POST", ["stalls", fault, "release"]) => {
            faults.release(number(fault)?);
            return Ok(Value::Null);
        }
        ("POST", ["stalls", fault, "abort"]) => {
            faults.abort(number(fault)?);
            return Ok(Value::Null);
        }
        ("GET", ["requests"]) => return Ok(json!(shared.requests.all())),
        ("DELETE", ["requests"]) => {
            shared.requests.clear();
            return Ok(Value::Null);
        }
        ("GET", ["inventory"]) => return Ok(systems.inventory()),
        ("POST", ["servers", name, action]) => {
            let idrac = systems.idracs.iter().find(|idrac| idrac.name() == *name);
            let idrac = idrac.ok_or_else(|| (404, format!("no such server: {name}")))?;
            match *action {
                "reset" => idrac.reset_host(),
                "restart-idrac" => idrac.restart(),
                _ => return Err((404, format!("no such call: {method} {path}"))),
            }
            return Ok(Value::Null);
        }
        ("GET", ["images"]) => {
            let rows: Vec<Value> = web::images()
                .iter()
                .map(|image| {
                    json!({ "name": image.name, "size": image.data.len(), "sha256": image.sha256 })
                })
                .collect();
            return Ok(rows.into());
        }
        _ => return Err((404, format!("no such call: {method} {path}"))),
    }
    Ok(json!({
        "time": shared.clock.unix(),
        "passed": shared.clock.passed().as_secs_f64(),
        "factor": shared.clock.factor(),
        "frozen": shared.clock.frozen(),
    }))
}

fn set_clock(shared: &Shared, wanted: &Value) -> Result<(), String> {
    let clock = &shared.clock;
    if let Some(frozen) = wanted.get("frozen").and_then(Value::as_bool) {
        if frozen { clock.freeze() } else { clock.resume() }
    }
    if let Some(factor) = wanted.get("factor").and_then(Value::as_f64) {
        clock.set_factor(factor);
    }
    match wanted.get("advance") {
        None => {}
        Some(Value::Number(seconds)) => {
            let seconds = seconds.as_f64().unwrap_or_default().max(0.0);
            clock.advance(std::time::Duration::from_secs_f64(seconds));
        }
        Some(Value::String(text)) => {
            clock.advance(humantime::parse_duration(text).map_err(|error| error.to_string())?);
        }
        Some(_) => return Err("`advance` is a duration like \"10s\" or seconds".to_owned()),
    }
    Ok(())
}

//! Which request does what.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use super::Idrac;
use super::hardware::Generation;
use super::reply::{Answer, Failure, Reply, success};
use super::state::Availability;
use super::{auth, documents, power, queue, update};

/// One request.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// Decoded path.
    pub(crate) path: String,
    /// Decoded pairs of the query.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// Answers one request.
pub(crate) fn answer(idrac: &Arc<Idrac>, request: &Incoming) -> Answer {
    if idrac.state().availability == Availability::Initializing {
        return Err(Failure::new(503, "RAC0768"));
    }
    let path = request.path.trim_end_matches('/');
    if path == "/redfish" {
        return Ok(Reply::ok(json!({ "v1": "/redfish/v1/" })));
    }
    let Some(rest) = path.strip_prefix("/redfish/v1") else {
        return Err(Failure::not_found(path));
    };
    let segments: Vec<&str> = rest.split('/').skip(1).collect();
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    match &segments[..] {
        [] if reads => {}
        ["SessionService", "Sessions"] | ["SessionService", "Sessions", "Members"]
            if request.method == Method::POST =>
        {
            return auth::log_in(idrac, &json_body(request)?);
        }
        _ => auth::authenticate(idrac, &request.headers)?,
    }
    if idrac.state().availability == Availability::LifecycleController {
        match &segments[..] {
            ["UpdateService", "FirmwareInventory", ..] => return Err(Failure::new(503, "SYS518")),
            ["JobService", "Jobs", _]
            | ["Managers", _, "Oem", "Dell", "Jobs", _]
            | ["Managers", _, "Jobs", _]
            | ["TaskService", "Tasks" | "TaskMonitors", _] => return Err(Failure::not_found(path)),
            _ => {}
        }
    }
    let reads_or_asks = reads
        || path.ends_with("Status")
        || matches!(segments[..], ["SessionService", "Sessions", _]);
    if !reads_or_asks && idrac.faults.lockdown(idrac.name()) {
        return Err(Failure::new(403, "SYS406"));
    }
    match request.method {
        Method::GET | Method::HEAD => get(idrac, request, &segments, path),
        Method::POST => post(idrac, request, &segments, path),
        Method::DELETE => delete(idrac, request, &segments, path),
        _ if documents::document(idrac, &segments).is_some() => Err(Failure::new(405, "SYS402")),
        _ => Err(Failure::not_found(path)),
    }
}

fn get(idrac: &Idrac, request: &Incoming, segments: &[&str], path: &str) -> Answer {
    let mut document =
        documents::document(idrac, segments).ok_or_else(|| Failure::not_found(path))?;
    for (name, value) in &request.query {
        match name.as_str() {
            "$expand" => expand(idrac, &mut document),
            "$select" => select(&mut document, value),
            _ => {}
        }
    }
    let mut reply = Reply::ok(document);
    match segments {
        ["UpdateService", "FirmwareInventory", ..] => {
            let revision = idrac.state().revision;
            reply = reply.header("ETag", format!("\"{revision}\""));
        }
        ["TaskService", "Tasks" | "TaskMonitors", id] if documents::task_pending(idrac, id) => {
            reply.status = 202;
            reply = reply.header("Location", path);
        }
        _ => {}
    }
    Ok(reply)
}

/// Puts the members of a collection in the place of the links to them.
fn expand(idrac: &Idrac, document: &mut Value) {
    let Some(members) = document["Members"].as_array_mut() else { return };
    for member in members {
        let Some(rest) =
            member["@odata.id"].as_str().and_then(|id| id.strip_prefix("/redfish/v1/"))
        else {
            continue;
        };
        let segments: Vec<&str> = rest.split('/').collect();
        if let Some(full) = documents::document(idrac, &segments) {
            *member = full;
        }
    }
}

fn select(document: &mut Value, wanted: &str) {
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
    if let Some(object) = document.as_object_mut() {
        object.retain(|name, _| name.starts_with("@odata.") || wanted.contains(&name.as_str()));
    }
}

fn post(idrac: &Arc<Idrac>, request: &Incoming, segments: &[&str], path: &str) -> Answer {
    let content_type = request.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let generation = idrac.generation();
    match segments {
        ["Systems", "System.Embedded.1", "Actions", "ComputerSystem.Reset"] => {
            power::reset(idrac, &json_body(request)?)
        }
        ["Managers", "iDRAC.Embedded.1", "Actions", "Manager.Reset"] => {
            let body = json_body(request)?;
            match body["ResetType"].as_str() {
                Some("GracefulRestart") => {
                    let restarting = Arc::clone(idrac);
                    idrac.spawn(async move {
                        // The answer goes out first.
                        restarting.pass(5).await;
                        super::engine::restart_idrac(&restarting, None).await;
                    });
                    Ok(Reply::no_content())
                }
                Some(other) => Err(Failure::not_in_list(other, "ResetType")),
                None => Err(Failure::missing("ResetType")),
            }
        }
        ["Managers", "iDRAC.Embedded.1", "Oem", "Dell", service, "Actions", action] => {
            let body = json_body(request)?;
            match (*service, *action) {
                ("DellJobService", "DellJobService.CreateRebootJob") => {
                    queue::create_reboot(idrac, &body)
                }
                ("DellJobService", "DellJobService.DeleteJobQueue") => queue::delete(idrac, &body),
                ("DellJobService", "DellJobService.SetupJobQueue") => queue::set_up(idrac, &body),
                ("DellLCService", "DellLCService.GetRemoteServicesAPIStatus") => {
                    Ok(Reply::ok(merge(generation, documents::remote_services_status(idrac))))
                }
                ("DellLCService", "DellLCService.GetRSStatus") => {
                    let status = documents::remote_services_status(idrac)["Status"].clone();
                    Ok(Reply::ok(merge(generation, json!({ "Status": status }))))
                }
                _ => Err(Failure::not_found(path)),
            }
        }
        ["UpdateService", "Actions", "UpdateService.SimpleUpdate"] => {
            update::simple(idrac, &request.headers, &json_body(request)?)
        }
        ["UpdateService", "Actions", "UpdateService.StartUpdate"] => update::start(idrac),
        ["UpdateService", "Actions", "Oem", "DellUpdateService.Install"]
            if generation == Generation::Nine =>
        {
            update::install(idrac, &json_body(request)?)
        }
        ["UpdateService", "MultipartUpload"] => {
            update::multipart(idrac, content_type, &request.body)
        }
        ["UpdateService", "FirmwareInventory"] => {
            update::push(idrac, &request.headers, content_type, &request.body)
        }
        _ if documents::document(idrac, segments).is_some() => Err(Failure::new(405, "SYS402")),
        _ => Err(Failure::not_found(path)),
    }
}

fn delete(idrac: &Idrac, request: &Incoming, segments: &[&str], path: &str) -> Answer {
    match segments {
        ["SessionService", "Sessions", id] => auth::log_out(idrac, id, path),
        ["UpdateService", "FirmwareInventory", id] if id.starts_with("Available-") => {
            update::discard(idrac, &request.headers, id)
        }
        ["JobService", "Jobs", id]
        | ["Managers", "iDRAC.Embedded.1", "Oem", "Dell", "Jobs", id] => {
            if !idrac.state().jobs.contains_key(*id) {
                return Err(Failure::not_found(path));
            }
            queue::remove(idrac, id)?;
            Ok(Reply::ok(success(idrac.generation(), "SUP020")))
        }
        _ if documents::document(idrac, segments).is_some() => Err(Failure::new(405, "SYS402")),
        _ => Err(Failure::not_found(path)),
    }
}

/// An action's results together with the message of its success.
fn merge(generation: Generation, results: Value) -> Value {
    let mut body = success(generation, "SYS413");
    if let (Some(body), Value::Object(results)) = (body.as_object_mut(), results) {
        body.extend(results);
    }
    body
}

fn json_body(request: &Incoming) -> Result<Value, Failure> {
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Failure::new(415, "SYS401"));
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(object)) => Ok(Value::Object(object)),
        Ok(_) | Err(_) => Err(Failure::new(400, "SYS405")),
    }
}

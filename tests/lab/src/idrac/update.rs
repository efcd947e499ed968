//! The doors of the update service: by URL, by multipart form, by a pushed file with ETag.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::Idrac;
use super::engine::{self, ApplyTime, Source};
use super::hardware::Generation;
use super::inventory;
use super::jobs::JobState;
use super::multipart;
use super::packages::Package;
use super::reply::{Answer, Failure, Reply};

const INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory/";

/// `UpdateService.SimpleUpdate`.
pub(crate) fn simple(idrac: &Arc<Idrac>, headers: &HeaderMap, body: &Value) -> Answer {
    if idrac.generation() == Generation::Ten && headers.contains_key("if-match") {
        return Err(Failure::new(412, "SYS400"));
    }
    let uri = body["ImageURI"].as_str().ok_or_else(|| Failure::missing("ImageURI"))?;
    let time = match &body["@Redfish.OperationApplyTime"] {
        // Without a word a host is not rebooted.
        Value::Null => ApplyTime::OnReset,
        Value::String(time) => apply_time(time, true)?,
        other => return Err(wrong_type(other, "@Redfish.OperationApplyTime")),
    };
    let source = match uri.strip_prefix(INVENTORY) {
        Some(id) => from_inventory(idrac, id, uri)?,
        None => {
            let scheme = uri.split_once("://").map_or("", |(scheme, _)| scheme);
            let protocol = match &body["TransferProtocol"] {
                Value::Null => scheme.to_ascii_uppercase(),
                Value::String(protocol) => protocol.clone(),
                other => return Err(wrong_type(other, "TransferProtocol")),
            };
            match protocol.as_str() {
                "HTTP" | "HTTPS" if matches!(scheme, "http" | "https") => {}
                "HTTP" | "HTTPS" => {
                    return Err(Failure::new(400, "SYS425").with(uri).with("ImageURI"));
                }
                // There is no such share in the lab.
                "NFS" | "CIFS" | "TFTP" => return Err(Failure::new(400, "RED016")),
                other => return Err(Failure::not_in_list(other, "TransferProtocol")),
            }
            Source::Url(uri.to_owned())
        }
    };
    accepted(idrac, &engine::create(idrac, source, time)?)
}

/// `UpdateService.StartUpdate`.
pub(crate) fn start(idrac: &Idrac) -> Answer {
    let found = idrac.change(|state| {
        let mut found = false;
        for job in state.jobs.values_mut().filter(|job| job.state == JobState::Downloaded) {
            job.let_go = true;
            found = true;
        }
        found
    });
    if found { Ok(Reply::done(idrac.generation())) } else { Err(Failure::new(400, "SUP011")) }
}

/// `MultipartHttpPushUri`.
pub(crate) fn multipart(idrac: &Arc<Idrac>, content_type: &str, body: &Bytes) -> Answer {
    if !content_type.starts_with("multipart/form-data") {
        return Err(Failure::new(415, "SYS401"));
    }
    let parts = multipart::parse(content_type, body).ok_or_else(|| Failure::new(400, "SYS412"))?;
    let [parameters, file] = &parts[..] else { return Err(Failure::new(400, "SYS412")) };
    if parameters.name != "UpdateParameters" {
        return Err(Failure::missing("UpdateParameters"));
    }
    if file.name != "UpdateFile" {
        return Err(Failure::missing("UpdateFile"));
    }
    let parameters: Value =
        serde_json::from_slice(&parameters.data).map_err(|_| Failure::new(400, "SYS405"))?;
    let time = match &parameters["@Redfish.OperationApplyTime"] {
        Value::Null => ApplyTime::OnReset,
        Value::String(time) => apply_time(time, idrac.generation() == Generation::Nine)?,
        other => return Err(wrong_type(other, "@Redfish.OperationApplyTime")),
    };
    check_name(idrac, file.file_name.as_deref())?;
    let package = Package::read(&file.data).map_err(|id| Failure::new(400, id))?;
    let source = Source::Package { package, available: None };
    accepted(idrac, &engine::create(idrac, source, time)?)
}

/// `HttpPushUri`: the file becomes an `Available-` member of the inventory.
pub(crate) fn push(idrac: &Idrac, headers: &HeaderMap, content_type: &str, body: &Bytes) -> Answer {
    if idrac.generation() == Generation::Ten {
        return Err(Failure::new(405, "SYS402"));
    }
    if !content_type.starts_with("multipart/form-data") {
        return Err(Failure::new(415, "SYS401"));
    }
    check_etag(idrac, headers)?;
    let parts = multipart::parse(content_type, body).ok_or_else(|| Failure::new(400, "SYS412"))?;
    let [file] = &parts[..] else { return Err(Failure::new(400, "SYS412")) };
    check_name(idrac, file.file_name.as_deref())?;
    let package = Package::read(&file.data).map_err(|id| Failure::new(400, id))?;
    let id = idrac.change(|state| {
        let place = state
            .components
            .iter()
            .position(|component| package.fits(component.part.component_id, component.part.pci))?;
        let id = inventory::id("Available", state.components[place].part, &package.version);
        state.available.insert(id.clone(), package);
        state.revision += 1;
        Some(id)
    });
    let id = id.ok_or_else(|| Failure::new(400, "RED097"))?;
    let body = super::reply::success(idrac.generation(), "SYS414");
    Ok(Reply::created(format!("{INVENTORY}{id}"), body))
}

/// Takes a pushed file away.
pub(crate) fn discard(idrac: &Idrac, headers: &HeaderMap, id: &str) -> Answer {
    check_etag(idrac, headers)?;
    let found = idrac.change(|state| {
        state.revision += 1;
        state.available.remove(id)
    });
    let path = format!("{INVENTORY}{id}");
    found.map(|_| Reply::done(idrac.generation())).ok_or_else(|| Failure::not_found(&path))
}

/// `DellUpdateService.Install`.
pub(crate) fn install(idrac: &Arc<Idrac>, body: &Value) -> Answer {
    let uris = body["SoftwareIdentityURIs"]
        .as_array()
        .ok_or_else(|| Failure::missing("SoftwareIdentityURIs"))?;
    let [uri] = &uris[..] else { return Err(Failure::new(400, "SYS442")) };
    let uri = uri.as_str().ok_or_else(|| wrong_type(uri, "SoftwareIdentityURIs"))?;
    let time = match body["InstallUpon"].as_str() {
        Some("Now" | "NextReboot") => ApplyTime::OnReset,
        Some("NowAndReboot") => ApplyTime::Immediate,
        Some(other) => return Err(Failure::not_in_list(other, "InstallUpon")),
        None => return Err(Failure::missing("InstallUpon")),
    };
    let id = uri.strip_prefix(INVENTORY).ok_or_else(|| Failure::not_found(uri))?;
    let source = from_inventory(idrac, id, uri)?;
    accepted(idrac, &engine::create(idrac, source, time)?)
}

fn accepted(idrac: &Idrac, id: &str) -> Answer {
    let folder = match idrac.generation() {
        Generation::Nine => "Tasks",
        Generation::Ten => "TaskMonitors",
    };
    let location = format!("/redfish/v1/TaskService/{folder}/{id}");
    Ok(Reply::accepted(idrac.generation(), location))
}

/// An installed version cannot be installed again from itself; others can.
fn from_inventory(idrac: &Idrac, id: &str, uri: &str) -> Result<Source, Failure> {
    let state = idrac.state();
    if let Some(package) = state.available.get(id) {
        let available = Some(id.to_owned());
        return Ok(Source::Package { package: package.clone(), available });
    }
    if id.starts_with("Previous-") {
        let place = state.components.iter().position(|component| {
            let previous = component.previous.as_deref();
            previous.is_some_and(|version| inventory::id("Previous", component.part, version) == id)
        });
        return place.map(Source::Previous).ok_or_else(|| Failure::not_found(uri));
    }
    if id.starts_with("Installed-") || id.starts_with("Current-") {
        return Err(Failure::new(400, "RED018"));
    }
    Err(Failure::not_found(uri))
}

fn check_name(idrac: &Idrac, name: Option<&str>) -> Result<(), Failure> {
    let extension = name.and_then(|name| name.rsplit_once('.')).map_or("", |(_, end)| end);
    let image = idrac.generation().image_extension();
    let known = ["exe", "pm", image].iter().any(|known| known.eq_ignore_ascii_case(extension));
    if known { Ok(()) } else { Err(Failure::new(400, "SYS434")) }
}

fn check_etag(idrac: &Idrac, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(etag) = headers.get("if-match").and_then(|value| value.to_str().ok()) else {
        return Err(Failure::new(428, "SYS404"));
    };
    let wanted = idrac.state().revision.to_string();
    let bare = etag.trim_start_matches("W/").trim_matches('"');
    if bare == wanted || bare == "*" { Ok(()) } else { Err(Failure::new(412, "SYS400")) }
}

fn apply_time(time: &str, startable: bool) -> Result<ApplyTime, Failure> {
    match time {
        "Immediate" => Ok(ApplyTime::Immediate),
        "OnReset" => Ok(ApplyTime::OnReset),
        "OnStartUpdateRequest" if startable => Ok(ApplyTime::OnStartUpdateRequest),
        other => Err(Failure::not_in_list(other, "@Redfish.OperationApplyTime")),
    }
}

fn wrong_type(value: &Value, property: &str) -> Failure {
    Failure::new(400, "SYS424").with(value.to_string()).with(property)
}

//! Storage configuration. API: `/storage`.

use serde_json::Value;

use super::{Storage, status};
use crate::proxmox::Call;
use crate::proxmox::error::{Answer, ApiError};

pub(crate) fn route(call: &Call, method: &str) -> Answer {
    match (method, call.params.get("storage")) {
        ("GET", None) => list(call),
        ("GET", Some(name)) => get(call, name),
        _ => Err(ApiError::new(501, format!("the lab does not simulate {method} /storage"))),
    }
}

fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let rows: Vec<Value> = state
        .storages
        .values()
        .filter(|storage| status::visible(&state, &call.who, &storage.name))
        .filter(|storage| call.params.get("type").is_none_or(|kind| kind == storage.kind))
        .map(|storage| with_digest(storage, &state.storages))
        .collect();
    Ok(Value::from(rows).into())
}

fn get(call: &Call, name: &str) -> Answer {
    let state = call.shared.state();
    match state.storages.get(name) {
        Some(storage) => Ok(with_digest(storage, &state.storages).into()),
        None => Err(ApiError::internal(format!("storage '{name}' does not exist"))),
    }
}

fn with_digest(storage: &Storage, all: &std::collections::BTreeMap<String, Storage>) -> Value {
    let mut object = storage.configuration();
    let text = format!("{all:?}");
    let sum =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    object["digest"] = crate::web::hex(sum.as_ref()).into();
    object
}

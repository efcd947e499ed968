//! State of storages on a node. API: `GET /nodes/{node}/storage`.

use serde_json::{Map, Value, json};

use super::Storage;
use crate::proxmox::Call;
use crate::proxmox::auth::Identity;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::split_list;

/// Whether the caller may see a storage at all.
pub(crate) fn visible(state: &Datacenter, who: &Identity, storage: &str) -> bool {
    let granted = state.access.privileges(who, &format!("/storage/{storage}"));
    granted.contains_key("Datastore.Audit") || granted.contains_key("Datastore.AllocateSpace")
}

/// `GET /nodes/{node}/storage`.
pub(crate) fn list(call: &Call) -> Answer {
    let params = &call.params;
    let state = call.shared.state();
    if let Some(name) = params.get("storage")
        && !state.storages.contains_key(name)
    {
        return Err(ApiError::internal(format!("storage '{name}' does not exist")));
    }
    let wanted = params.get("content").map(split_list).unwrap_or_default();
    let rows: Vec<Value> = state
        .storages
        .values()
        .filter(|storage| visible(&state, &call.who, &storage.name))
        .filter(|storage| params.get("storage").is_none_or(|name| name == storage.name))
        .filter(|storage| wanted.is_empty() || wanted.iter().any(|content| storage.holds(content)))
        .filter(|storage| !params.flag("enabled") || !storage.disabled())
        .filter(|storage| storage.on_node(&call.node))
        .map(|storage| {
            let mut row = describe(&state, &call.node, storage);
            row.insert("storage".to_owned(), storage.name.as_str().into());
            if let (Some(total), Some(used)) = (row["total"].as_f64(), row["used"].as_f64()) {
                let fraction = if total > 0.0 { used / total } else { 0.0 };
                row.insert("used_fraction".to_owned(), fraction.into());
            }
            if params.flag("format") {
                let supported: &[&str] = match storage.path() {
                    Some(_) => &["qcow2", "raw", "subvol", "vmdk"],
                    None => &["raw"],
                };
                let default = storage.default_format();
                let set: Map<String, Value> =
                    supported.iter().map(|format| ((*format).to_owned(), 1.into())).collect();
                row.insert("format".to_owned(), json!([set, default]));
                let formats = json!({ "supported": supported, "default": default });
                row.insert("formats".to_owned(), formats);
            }
            row.into()
        })
        .collect();
    Ok(Value::from(rows).into())
}

/// `GET /nodes/{node}/storage/{storage}/status`.
pub(crate) fn status(call: &Call) -> Answer {
    let state = call.shared.state();
    let name = call.params.text("storage");
    let Some(storage) = state.storages.get(name) else {
        return Err(ApiError::parameter("storage", "No such storage."));
    };
    Ok(Value::from(describe(&state, &call.node, storage)).into())
}

/// `GET /nodes/{node}/storage/{storage}`.
pub(crate) fn index() -> Answer {
    let names = [
        "content",
        "download-url",
        "file-restore",
        "import-metadata",
        "identity",
        "oci-registry-pull",
        "prunebackups",
        "rrd",
        "rrddata",
        "status",
        "upload",
    ];
    let rows: Vec<Value> = names.iter().map(|name| json!({ "subdir": name })).collect();
    Ok(Value::from(rows).into())
}

pub(crate) fn describe(state: &Datacenter, node: &str, storage: &Storage) -> Map<String, Value> {
    let mut row = Map::new();
    let enabled = !storage.disabled();
    row.insert("type".to_owned(), storage.kind.as_str().into());
    row.insert("content".to_owned(), storage.option("content").unwrap_or_default().into());
    row.insert("shared".to_owned(), u8::from(storage.shared()).into());
    row.insert("enabled".to_owned(), u8::from(enabled).into());
    row.insert("active".to_owned(), u8::from(enabled).into());
    let total = if enabled { storage.total } else { 0 };
    let used = if enabled { state.used(node, &storage.name).min(total) } else { 0 };
    row.insert("total".to_owned(), total.into());
    row.insert("used".to_owned(), used.into());
    row.insert("avail".to_owned(), (total - used).into());
    row
}

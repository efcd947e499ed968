//! Storage configuration. API: `/storage`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Storage, status};
use crate::proxmox::Call;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::{Param, split_list};

/// Options that are secrets: kept beside the configuration, never shown.
const SECRETS: &[&str] = &["password", "keyring", "encryption-key", "master-pubkey"];
/// Space on a storage that was added later, in bytes.
const SPACE: u64 = 270_553_174_016;

pub(crate) fn route(call: &Call, method: &str) -> Option<Answer> {
    Some(match (method, call.params.get("storage")) {
        ("GET", None) => list(call),
        ("GET", Some(name)) => get(call, name),
        ("POST", Some(name)) => create(call, name),
        ("PUT", Some(name)) => update(call, name),
        ("DELETE", Some(name)) => delete(call, name),
        _ => return None,
    })
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

fn with_digest(storage: &Storage, all: &BTreeMap<String, Storage>) -> Value {
    let mut object = storage.configuration();
    object["digest"] = digest(all).into();
    object
}

fn digest(all: &BTreeMap<String, Storage>) -> String {
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    crate::web::hex(aws_lc_rs::digest::digest(algorithm, format!("{all:?}").as_bytes()).as_ref())
}

/// Options that a type cannot do without.
fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "dir" | "btrfs" => &["path"],
        "nfs" => &["server", "export"],
        "cifs" => &["server", "share"],
        "lvm" => &["vgname"],
        "lvmthin" => &["thinpool", "vgname"],
        "zfspool" => &["pool"],
        "pbs" => &["server", "datastore", "username"],
        _ => &[],
    }
}

/// Options of places that other types have.
fn foreign(kind: &str) -> impl Iterator<Item = &'static str> + use<> {
    const ALL: [&str; 11] = [
        "path",
        "server",
        "export",
        "share",
        "vgname",
        "thinpool",
        "pool",
        "datastore",
        "portal",
        "target",
        "monhost",
    ];
    let own: &[&str] = match kind {
        "rbd" => &["pool", "monhost"],
        "cephfs" => &["path", "monhost"],
        "iscsi" => &["portal", "target"],
        "nfs" | "cifs" => &["server", "export", "share", "path"],
        "dir" | "btrfs" | "lvm" | "lvmthin" | "zfspool" | "pbs" => required(kind),
        _ => &ALL,
    };
    ALL.into_iter().filter(move |name| !own.contains(name))
}

fn create(call: &Call, name: &str) -> Answer {
    let kind = call.params.text("type");
    let mut state = call.shared.state();
    let mut options = given(call);
    let failed = |text: String| ApiError::internal(format!("create storage failed: {text}"));
    if let Some(missing) = required(kind).iter().find(|name| !options.contains_key(**name)) {
        return Err(ApiError::internal(format!("missing value for required option '{missing}'")));
    }
    if let Some(extra) = foreign(kind).find(|name| options.contains_key(*name)) {
        return Err(ApiError::internal(format!("unexpected property '{extra}'")));
    }
    if state.storages.contains_key(name) {
        return Err(failed(format!("storage ID '{name}' already defined")));
    }
    if options.get("content").is_some_and(|content| content == "none") {
        return Err(failed("unknown vtype 'none'".to_owned()));
    }
    if let Some(path) = options.get("path").filter(|path| path.starts_with("/proc/")) {
        return Err(failed(format!(
            "mkdir {path}: No such file or directory at /usr/share/perl5/PVE/Storage/Plugin.pm line 2663."
        )));
    }
    let default = default_content(kind);
    options.entry("content".to_owned()).or_insert_with(|| default.to_owned());
    let storage = Storage { name: name.to_owned(), kind: kind.to_owned(), options, total: SPACE };
    state.storages.insert(name.to_owned(), storage);
    let mut data = json!({ "storage": name, "type": kind });
    if kind == "pbs" {
        data["config"] = json!({});
    }
    Ok(data.into())
}

fn default_content(kind: &str) -> &'static str {
    match kind {
        "pbs" | "cephfs" => "backup",
        "nfs" | "cifs" | "iscsi" => "images",
        _ => "images,rootdir",
    }
}

fn given(call: &Call) -> BTreeMap<String, String> {
    const OWN: &[&str] = &["storage", "type", "delete", "digest"];
    call.params
        .0
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()) && !SECRETS.contains(&name.as_str()))
        .filter_map(|(name, param)| match param {
            Param::Text(text) => Some((name.clone(), text.clone())),
            Param::List(_) | Param::Object | Param::Undefined => None,
        })
        .collect()
}

fn update(call: &Call, name: &str) -> Answer {
    let mut state = call.shared.state();
    let failed = |text: String| ApiError::internal(format!("update storage failed: {text}"));
    let now = digest(&state.storages);
    let Some(storage) = state.storages.get_mut(name) else {
        return Err(failed(format!("storage '{name}' does not exist")));
    };
    if call.params.get("digest").is_some_and(|digest| digest != now) {
        let text = "detected modified configuration - file changed by other user? Try again.";
        return Err(failed(text.to_owned()));
    }
    let delete = split_list(call.params.get("delete").unwrap_or_default());
    const KNOWN: &[&str] = &[
        "nodes",
        "content",
        "disable",
        "shared",
        "prune-backups",
        "max-protected-backups",
        "bwlimit",
        "preallocation",
        "mkdir",
        "content-dirs",
        "create-base-path",
        "create-subdirs",
        "format",
        "is_mountpoint",
        "options",
        "snapshot-as-volume-chain",
    ];
    for option in &delete {
        if required(&storage.kind).contains(&option.as_str()) {
            return Err(failed(format!("unable to delete required option '{option}'")));
        }
        if !KNOWN.contains(&option.as_str()) && !storage.options.contains_key(option) {
            return Err(failed(format!("no such option '{option}'")));
        }
    }
    for option in delete {
        storage.options.remove(&option);
        if option == "content" {
            let default = default_content(&storage.kind);
            storage.options.insert(option, default.to_owned());
        }
    }
    for (option, text) in given(call) {
        let off = text.is_empty() || (option == "disable" && text == "0");
        if off && option != "content" {
            storage.options.remove(&option);
        } else {
            storage.options.insert(option, text);
        }
    }
    Ok(json!({ "storage": name, "type": storage.kind }).into())
}

fn delete(call: &Call, name: &str) -> Answer {
    let mut state = call.shared.state();
    if state.storages.remove(name).is_none() {
        let text = format!("delete storage failed: storage '{name}' does not exist");
        return Err(ApiError::internal(text));
    }
    Ok(Value::Null.into())
}

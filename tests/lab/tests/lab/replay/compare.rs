//! Compares an answer with the recorded one.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::Value;

use super::player::Answer;

/// What is different, if anything is.
pub(super) fn difference(record: &Value, answer: &Answer, exit: Option<&str>) -> Option<String> {
    let status = record["status"].as_u64().unwrap_or_default();
    let body = &record["body"];
    if status != u64::from(answer.status) {
        let text = record["reason"].as_str().unwrap_or_default();
        let errors = &body["errors"];
        let own = &answer.body["errors"];
        return Some(format!(
            "status {status} {text} {errors}, lab {} {} {own}",
            answer.status, answer.reason
        ));
    }
    if status != 200 {
        let wanted = record["reason"].as_str().unwrap_or_default().trim();
        let (wanted, own) = (settled(wanted), settled(answer.reason.trim()));
        if wanted != own {
            return Some(format!("reason `{wanted}`, lab `{own}`"));
        }
    }
    let (wanted, own) = (&body["errors"], &answer.body["errors"]);
    if sorted_lines(wanted) != sorted_lines(own) {
        return Some(format!("errors {wanted}, lab {own}"));
    }
    let path = record["path"].as_str().unwrap_or_default();
    let own_data = &answer.body["data"];
    if !path.ends_with("/pending")
        && let Some(text) = shapes_differ(&body["data"], own_data, path)
    {
        return Some(text);
    }
    let shows_values = record["method"] == "GET"
        && (path.contains("/qemu/") || path.contains("/lxc/"))
        && (path.ends_with("/config") || path.ends_with("/pending"));
    if shows_values {
        let (wanted, own) = (values(&body["data"]), values(own_data));
        for (name, wanted) in &wanted {
            let own = own.get(name);
            if own != Some(wanted) {
                return Some(format!("{name} is `{wanted}`, lab {own:?}"));
            }
        }
    }
    let wanted = record.get("task_exit").and_then(Value::as_str);
    match (wanted, exit) {
        (Some(wanted), Some(own)) if settled(wanted.trim()) != settled(own.trim()) => {
            Some(format!("task exit `{wanted}`, lab `{own}`"))
        }
        (Some(wanted), None) if status == 200 => Some(format!("task exit `{wanted}`, lab no task")),
        _ => None,
    }
}

/// Errors by name, with the lines of each in one order.
fn sorted_lines(errors: &Value) -> BTreeMap<String, Vec<String>> {
    let Value::Object(errors) = errors else { return BTreeMap::new() };
    errors
        .iter()
        .map(|(name, text)| {
            let text = settled(text.as_str().unwrap_or_default());
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            (name.clone(), lines)
        })
        .collect()
}

/// A text without what differs at every run.
fn settled(text: &str) -> String {
    let text =
        text.replace("127.0.0.1:18080", "images.example.com").replace("qemu-img.stock", "qemu-img");
    let rules = [
        (r"UPID:[^\s']+", "UPID"),
        (r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "UUID"),
        (r"BC:24:11(:[0-9A-F]{2}){3}", "MAC"),
        (r"\b[0-9a-f]{40}\b", "DIGEST"),
        (r"pveupload-[0-9a-f]+", "UPLOAD"),
        (r"tmp_dwnl\.\d+", "DOWNLOAD"),
        (r"ctime=\d+", "ctime"),
    ];
    rules.iter().fold(text, |text, (pattern, with)| {
        Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

/// Options of a configuration, from an object or from the rows of `pending`.
fn values(data: &Value) -> BTreeMap<String, String> {
    let show =
        |value: &Value| settled(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match data {
        Value::Object(object) => object
            .iter()
            .filter(|(name, _)| *name != "digest")
            .map(|(name, value)| (name.clone(), show(value)))
            .collect(),
        Value::Array(rows) => rows
            .iter()
            .flat_map(|row| {
                let key = row["key"].as_str().unwrap_or_default().to_owned();
                ["value", "pending", "delete"].into_iter().filter_map(move |part| {
                    let value = row.get(part)?;
                    Some((format!("{key}.{part}"), value.clone()))
                })
            })
            .filter(|(name, _)| !name.starts_with("digest"))
            .map(|(name, value)| (name, show(&value)))
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// Keys that depend on the machine under the server, not on the request.
const INCIDENTAL: &[&str] = &[
    "pressurecpufull",
    "pressurecpusome",
    "pressureiofull",
    "pressureiosome",
    "pressurememoryfull",
    "pressurememorysome",
    "nics",
    "blockstat",
    "proxmox-support",
    "balloon",
    "ballooninfo",
    "balloon_min",
    "freemem",
    "clipboard",
    "pid",
    "vmstate",
    "running-machine",
    "running-qemu",
    "diskread",
    "diskwrite",
    "running",
    "level",
    "cpu",
    "maxcpu",
    "maxdisk",
    "maxmem",
    "mem",
    "disk",
    "uptime",
    "cgroup-mode",
    "netin",
    "netout",
    "memhost",
    "name",
    "template",
    "hastate",
    "serial",
    "lock",
    "tags",
    "pool",
];

fn shapes_differ(wanted: &Value, own: &Value, path: &str) -> Option<String> {
    match (wanted, own) {
        (Value::Object(wanted), Value::Object(own)) => {
            let varies = !path.ends_with("/config");
            let incidental = |name: &String| varies && INCIDENTAL.contains(&name.as_str());
            for (name, value) in wanted.iter().filter(|(name, _)| !incidental(name)) {
                let Some(own) = own.get(name) else {
                    return Some(format!("`{name}` is missing (recorded {value})"));
                };
                if let Some(text) = shapes_differ(value, own, path) {
                    return Some(format!("{name}: {text}"));
                }
            }
            own.keys()
                .find(|name| !wanted.contains_key(*name) && !incidental(name))
                .map(|name| format!("`{name}` is too much (lab {})", own[name]))
        }
        (Value::Array(wanted), Value::Array(own)) => {
            if wanted.is_empty() != own.is_empty() {
                return Some(format!("{} rows, lab {}", wanted.len(), own.len()));
            }
            // Rows are compared by their kind: one of each must look like one of the other side.
            let first = wanted.first()?;
            let named = |row: &Value| {
                let names =
                    ["id", "storage", "vmid", "userid", "roleid", "tokenid", "volid", "sid"];
                names.iter().find_map(|name| row.get(name).cloned())
            };
            let kind = |row: &Value| row.get("type").or_else(|| row.get("content")).cloned();
            let like = own
                .iter()
                .find(|row| named(first).is_some() && named(row) == named(first))
                .or_else(|| own.iter().find(|row| kind(row) == kind(first)))
                .or_else(|| own.first())?;
            shapes_differ(first, like, path)
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => None,
        _ => Some(format!("{wanted}, lab {own}")),
    }
}

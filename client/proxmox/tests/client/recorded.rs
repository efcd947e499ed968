//! Every recorded answer of a real server is readable.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
};

use flate2::read::GzDecoder;
use onprem_proxmox::{
    ContainerStatus, ErrorKind, FeatureCheck, FirewallAlias, FirewallGroup, FirewallOptions,
    FirewallRule, GuestConfig, GuestInterface, HaResource, IpSetEntry, IpSetInfo, Method,
    NetworkDevice, NodeEntry, Params, PendingValue, PoolEntry, PoolInfo, Resource, RuleEdit,
    RuleEntry, Snapshot, StorageEntry, StorageStatus, TaskEntry, TaskStatus, Upid, Version,
    VmStatus, Volume, VolumeInfo, codec, property_string::PropertyString,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::{Reply, Server};

/// The recorded requests and answers, or `None` with a visible line when they are not here
fn recordings() -> Option<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/apis");
    let mut records = Vec::new();
    for name in ["pve-9.2-recorded.jsonl.gz", "pve-9.2-recorded-2.jsonl.gz"] {
        let Ok(file) = std::fs::File::open(folder.join(name)) else {
            let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty());
            assert!(!ci, "the recorded answers {name} are missing");
            eprintln!("SKIPPED: the recorded answers {name} are not beside the workspace");
            return None;
        };
        let lines = BufReader::new(GzDecoder::new(file)).lines();
        let parsed = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        // Some records are of other kinds: notes, and whole connections.
        records.extend(parsed.filter(|record: &Value| {
            record["method"].is_string() && !record["body"].is_array() && record["base"].is_null()
        }));
    }
    Some(records)
}

fn read<T: DeserializeOwned>(record: &Value) -> T {
    codec::from_value(&record["body"]["data"]).unwrap_or_else(|error| {
        panic!("{} {}: {error}\n{record}", record["method"], record["path"])
    })
}

/// Read the answer as the type that the client reads it as; false for paths without one
fn read_as_modelled(path: &str, record: &Value) -> bool {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match *segments.as_slice() {
        ["version"] => drop(read::<Version>(record)),
        ["nodes"] => drop(read::<Vec<NodeEntry>>(record)),
        ["cluster", "resources"] => drop(read::<Vec<Resource>>(record)),
        ["cluster", "nextid"] => drop(read::<onprem_proxmox::VmId>(record)),
        ["nodes", _, "storage"] => drop(read::<Vec<StorageEntry>>(record)),
        ["nodes", _, "storage", _, "status"] => drop(read::<StorageStatus>(record)),
        ["nodes", _, "storage", _, "content"] => drop(read::<Vec<Volume>>(record)),
        ["nodes", _, "storage", _, "content", ..] => drop(read::<VolumeInfo>(record)),
        ["nodes", _, "tasks"] => drop(read::<Vec<TaskEntry>>(record)),
        ["nodes", _, "tasks", _, "status"] => drop(read::<TaskStatus>(record)),
        ["nodes", _, "qemu", _, "status", "current"] => drop(read::<VmStatus>(record)),
        ["nodes", _, "qemu", _, "cloudinit"] => drop(read::<Vec<PendingValue>>(record)),
        ["nodes", _, "qemu", _, "cloudinit", "dump"] => drop(read::<String>(record)),
        ["nodes", _, "lxc", _, "status", "current"] => drop(read::<ContainerStatus>(record)),
        ["nodes", _, "lxc", _, "interfaces"] => drop(read::<Vec<GuestInterface>>(record)),
        ["nodes", _, _, _, "feature"] => drop(read::<FeatureCheck>(record)),
        ["nodes", _, _, _, "snapshot"] => drop(read::<Vec<Snapshot>>(record)),
        ["pools"] if record["params"]["poolid"].is_string() => {
            drop(read::<Vec<PoolInfo>>(record));
        }
        ["pools"] => drop(read::<Vec<PoolEntry>>(record)),
        ["cluster", "ha", "resources"] => drop(read::<Vec<HaResource>>(record)),
        ["cluster", "ha", "resources", _] => drop(read::<HaResource>(record)),
        ["cluster", "firewall", ref rest @ ..]
        | ["nodes", _, "firewall", ref rest @ ..]
        | ["nodes", _, _, _, "firewall", ref rest @ ..] => return read_firewall(rest, record),
        ["nodes", _, "qemu" | "lxc", _, "pending"] => drop(read::<Vec<PendingValue>>(record)),
        ["nodes", _, kind @ ("qemu" | "lxc"), _, "config"] => {
            read_devices(kind, &read::<GuestConfig>(record));
        }
        _ => return false,
    }
    true
}

fn read_firewall(path: &[&str], record: &Value) -> bool {
    match path {
        ["rules"] | ["groups", _] => {
            for entry in read::<Vec<RuleEntry>>(record) {
                assert!(!entry.digest.is_empty(), "{record}");
            }
        }
        ["rules", _] | ["groups", _, _] => drop(read::<RuleEntry>(record)),
        ["options"] => assert!(!read::<FirewallOptions>(record).digest().is_empty()),
        ["groups"] => drop(read::<Vec<FirewallGroup>>(record)),
        ["ipset"] => drop(read::<Vec<IpSetInfo>>(record)),
        ["ipset", _] => drop(read::<Vec<IpSetEntry>>(record)),
        ["ipset", ..] => drop(read::<IpSetEntry>(record)),
        ["aliases"] => drop(read::<Vec<FirewallAlias>>(record)),
        ["aliases", _] => drop(read::<FirewallAlias>(record)),
        _ => return false,
    }
    true
}

fn read_devices(kind: &str, config: &GuestConfig) {
    assert!(!config.digest().is_empty());
    for (key, value) in config.values() {
        let text = value.as_str().unwrap_or_default();
        let device = key.trim_end_matches(|character: char| character.is_ascii_digit());
        if ["scsi", "virtio", "ide", "sata", "efidisk", "mp", "net"].contains(&device) {
            let parsed = PropertyString::parse(text).unwrap();
            assert_eq!(parsed.to_string(), text);
        }
        if device == "net" && kind == "qemu" {
            let device: NetworkDevice = config.get(key).unwrap().unwrap();
            let known: BTreeMap<String, String> = codec::from_value(value).unwrap();
            let written = codec::to_value(&device).unwrap();
            assert_eq!(codec::from_text::<BTreeMap<_, _>>(&written).unwrap(), known);
        }
    }
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(records) = recordings() else { return };
    let mut read_by_path: BTreeMap<String, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| record["status"] == 200) {
        let path = record["path"].as_str().unwrap();
        let data = &record["body"]["data"];
        if data.as_str().is_some_and(|text| text.starts_with("UPID:")) {
            read::<Upid>(record);
            *read_by_path.entry("tasks".to_owned()).or_default() += 1;
        } else if record["method"] == "GET" && read_as_modelled(path, record) {
            let leaf = path.rsplit('/').next().unwrap_or_default().to_owned();
            *read_by_path.entry(leaf).or_default() += 1;
        }
    }
    // The recordings hold hundreds of these; fewer means that the test reads past them.
    for (leaf, least) in [
        ("config", 300),
        ("tasks", 500),
        ("pending", 20),
        ("resources", 5),
        ("rules", 40),
        ("options", 20),
        ("interfaces", 4),
        ("pools", 8),
    ] {
        assert!(read_by_path.get(leaf).is_some_and(|count| *count >= least), "{read_by_path:?}");
    }
}

#[tokio::test]
async fn every_recorded_error_keeps_the_servers_words() {
    let Some(records) = recordings() else { return };
    let errors = records.into_iter().filter(|record| {
        let status = record["status"].as_u64().unwrap_or_default();
        matches!(status, 400 | 401 | 403 | 500 | 501)
    });
    let errors: Vec<Value> = errors.collect();
    let mut replies = errors.clone().into_iter().map(|record| {
        let status = u16::try_from(record["status"].as_u64().unwrap()).unwrap();
        let reason = record["reason"].as_str().unwrap_or_default();
        let body = if record["body"].is_object() { record["body"].clone() } else { Value::Null };
        Reply::Error(status, reason.to_owned(), body)
    });
    let server = Server::start(move |_| replies.next().unwrap()).await;
    let (client, none) = (server.client(), Params::new());
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for record in &errors {
        let error = client.request(Method::GET, "/x", &none).await.unwrap_err();
        assert!(!error.text().is_empty(), "{record}");
        assert_ne!(*error.kind(), ErrorKind::Decode, "{record}");
        let lock = [ErrorKind::LockTimeout, ErrorKind::WorkerNotStarted].contains(error.kind());
        assert_eq!(error.is_transient(), lock, "{error:?} {record}");
        for (parameter, text) in record["body"]["errors"].as_object().into_iter().flatten() {
            let text = text.as_str().unwrap_or_default().trim_end();
            let shown = error.to_string();
            assert!(shown.contains(parameter) && shown.contains(text), "{shown} {record}");
        }
        if let Some(message) = record["body"]["message"].as_str()
            && record["body"]["errors"].is_null()
        {
            assert_eq!(error.text(), message.trim(), "{record}");
        }
        let kind = format!("{:?}", error.kind());
        *kinds.entry(kind.split([' ', '(', '{']).next().unwrap().to_owned()).or_default() += 1;
    }
    for (kind, least) in [
        ("AlreadyExists", 20),
        ("BadParameters", 300),
        ("DigestMismatch", 5),
        ("Forbidden", 50),
        ("LockTimeout", 5),
        ("Locked", 10),
        ("NoSuchNode", 2),
        ("NoSuchStorage", 5),
        ("NotFound", 20),
        ("Unauthorized", 3),
    ] {
        assert!(kinds.get(kind).is_some_and(|count| *count >= least), "{kind}: {kinds:?}");
    }
}

/// What a change of one rule says about it
fn overlay(rule: &mut FirewallRule, params: &Value) {
    for (key, value) in params.as_object().into_iter().flatten() {
        match key.as_str() {
            "comment" => rule.comment = value.as_str().map(str::to_owned),
            "enable" => rule.enabled = value != 0,
            "delete" => {
                for key in value.as_str().unwrap_or_default().split(',') {
                    match key {
                        "comment" => rule.comment = None,
                        "dport" => rule.dport = None,
                        _ => panic!("{params} deletes something else"),
                    }
                }
            }
            "digest" => {}
            _ => panic!("{params} changes something else"),
        }
    }
}

/// What the server keeps of a rule: one line of the comment, and of a group only where it applies
fn as_kept(mut rule: FirewallRule) -> FirewallRule {
    if let Some(comment) = &mut rule.comment {
        *comment = comment.lines().next().unwrap_or_default().to_owned();
    }
    if rule.direction.as_str() == "group" {
        rule.proto = None;
    }
    rule
}

#[test]
fn rules_move_as_the_server_moved_them() {
    let Some(records) = recordings() else { return };
    let mut lists: BTreeMap<String, Vec<FirewallRule>> = BTreeMap::new();
    let (mut compared, mut moved) = (0, 0);
    for record in records.iter().filter(|record| record["status"] == 200) {
        let (path, params) = (record["path"].as_str().unwrap(), &record["params"]);
        if record["method"] == "DELETE" {
            // A guest takes its rules with it.
            lists.retain(|scope, _| scope.strip_suffix(" true") != Some(path));
        }
        let Some((scope, pos)) = path.split_once("/firewall/rules") else { continue };
        let pos: Option<usize> = pos.strip_prefix('/').map(|pos| pos.parse().unwrap());
        // The second recording began on a fresh node; its sections are numbered.
        let numbered = record["section"].as_str().unwrap().starts_with(char::is_numeric);
        let scope = format!("{scope} {numbered}");
        let list = lists.get_mut(&scope);
        let edit = match (record["method"].as_str().unwrap(), pos) {
            ("GET", None) => {
                let seen: Vec<RuleEntry> = read(record);
                let mut seen: Vec<_> = seen.into_iter().map(|row| (row.pos, row.rule)).collect();
                seen.sort_by_key(|(pos, _)| *pos);
                let seen: Vec<FirewallRule> = seen.into_iter().map(|(_, rule)| rule).collect();
                // A clone begins with the rules of its source.
                if let Some(list) = list {
                    assert_eq!(*list, seen, "{record}");
                } else {
                    lists.insert(scope, seen);
                    continue;
                }
                compared += usize::from(seen.len() > 1);
                continue;
            }
            ("POST", None) => {
                RuleEdit::Create { rule: as_kept(codec::from_value(params).unwrap()) }
            }
            ("PUT", Some(pos)) if params["moveto"].is_number() => {
                moved += 1;
                let before = usize::try_from(params["moveto"].as_u64().unwrap()).unwrap();
                RuleEdit::Move { pos, before }
            }
            ("PUT", Some(pos)) => {
                let mut rule = lists[&scope][pos].clone();
                overlay(&mut rule, params);
                RuleEdit::Update { pos, rule }
            }
            ("DELETE", Some(pos)) => RuleEdit::Delete { pos },
            _ => continue,
        };
        edit.apply_to(lists.entry(scope).or_default());
    }
    assert!(compared >= 15 && moved >= 8, "{compared} lists compared, {moved} moves");
}

//! The tree of the lab's iDRAC9, laid beside the recorded tree of a real R750: the same properties,
//! the same types. What may differ, and why, is in `accepted.txt`; a difference that is not listed
//! fails, and so does a listed one that is gone.

use std::collections::{BTreeMap, BTreeSet};

use onprem_lab::{Lab, LabOptions};
use serde_json::{Value, json};

use super::client::{RESET, Redfish};
use crate::facts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tree_has_the_shapes_of_a_recorded_one() {
    let Some(packed) = facts::open_bytes("apis/idrac-r750-6.00.30.tar.gz") else { return };
    let recorded = untar(&packed);
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let redfish = Redfish::new(&lab, "r750-01");
    let login = json!({ "UserName": lab.idrac_username(), "Password": lab.idrac_password() });
    redfish.post("/redfish/v1/SessionService/Sessions", &login).await;
    let job = redfish.update("BIOS_R750_WN64_1.14.1.EXE").await;
    redfish.until(&job, &["Scheduled"]).await;
    redfish.post(RESET, &json!({ "ResetType": "ForceRestart" })).await;
    redfish.until(&job, &["Completed"]).await;

    let mut found = BTreeSet::new();
    let mut compared = 0;
    for (path, document) in crawl(&redfish).await {
        let Some(twin) = twin(&recorded, &path) else {
            found.insert(format!("{} not-recorded", pattern(&path)));
            continue;
        };
        compared += 1;
        compare(&pattern(&path), "", &document, &[twin], &mut found);
    }
    assert!(compared > 40, "only {compared} documents were compared");
    let accepted: BTreeSet<String> = include_str!("accepted.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(" | ").next().unwrap().to_owned())
        .collect();
    let new: Vec<&String> = found.difference(&accepted).collect();
    let gone: Vec<&String> = accepted.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "not accepted: {new:#?}\ngone: {gone:#?}");
}

/// Every link that the lab gives leads somewhere, on both generations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_link_leads_to_a_document() {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    for (server, _) in lab.idracs() {
        let redfish = Redfish::new(&lab, &server);
        assert!(crawl(&redfish).await.len() > 40, "{server}");
    }
}

/// The documents that links lead to from the root, by path.
async fn crawl(redfish: &Redfish) -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    let mut open = vec!["/redfish/v1".to_owned()];
    while let Some(path) = open.pop() {
        let path = path.split('#').next().unwrap().to_owned();
        if documents.contains_key(&path) {
            continue;
        }
        let got = redfish.get(&path.replace('#', "%23")).await;
        assert_eq!(got.status, 200, "{path}: {:?}", got.body);
        links(&got.body, &mut open);
        documents.insert(path, got.body);
        assert!(documents.len() < 1000, "the tree has no end");
    }
    documents
}

fn links(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(path) if name == "@odata.id" => found.push(path.clone()),
                    Value::String(path) if name == "Uri" => found.push(path.clone()),
                    _ => links(value, found),
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| links(value, found)),
        _ => {}
    }
}

/// Path of a document without what differs from machine to machine.
fn pattern(path: &str) -> String {
    let parts: Vec<&str> = path
        .trim_start_matches("/redfish/v1")
        .split('/')
        .map(|part| match part {
            part if part.starts_with("JID_") => "JID",
            part if part.starts_with("DCIM:") => "DCIM",
            part if part.contains("__") => part.split('-').next().unwrap(),
            part if part.parse::<u64>().is_ok() => "N",
            part => part,
        })
        .collect();
    format!("/redfish/v1{}", parts.join("/"))
}

/// The recorded document that matches best: the same path, or the same pattern with the same device.
fn twin<'a>(recorded: &'a BTreeMap<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(same) = recorded.get(path) {
        return Some(same);
    }
    let wanted = pattern(path);
    let device = |path: &str| path.rsplit("__").next().unwrap_or_default().to_owned();
    let alike: Vec<&String> = recorded.keys().filter(|path| pattern(path) == wanted).collect();
    let best =
        alike.iter().find(|candidate| device(candidate) == device(path)).or_else(|| alike.first());
    best.and_then(|path| recorded.get(*path))
}

/// Notes properties that no recorded one has, and types that none of them has. Null is any type.
fn compare(
    document: &str,
    at: &str,
    lab: &Value,
    recorded: &[&Value],
    found: &mut BTreeSet<String>,
) {
    let place = if at.is_empty() { "." } else { at };
    let kinds: BTreeSet<&str> = recorded.iter().map(|value| kind(value)).collect();
    if !lab.is_null() && !kinds.contains("null") && !kinds.contains(kind(lab)) {
        found.insert(format!("{document} {place} {} not {kinds:?}", kind(lab)));
        return;
    }
    match lab {
        Value::Object(object) => {
            for (name, value) in object {
                let twins: Vec<&Value> =
                    recorded.iter().filter_map(|recorded| recorded.get(name)).collect();
                let place = format!("{at}.{name}");
                if twins.is_empty() {
                    found.insert(format!("{document} {place} not-recorded"));
                    continue;
                }
                let text = ["@odata.type", "@odata.context"].contains(&name.as_str())
                    || at.starts_with(".Messages.") && name == "Message";
                if text && !twins.contains(&value) {
                    found.insert(format!("{document} {place} {value} not {}", twins[0]));
                }
                compare(document, &place, value, &twins, found);
            }
        }
        Value::Array(array) => {
            let twins: Vec<&Value> =
                recorded.iter().filter_map(|value| value.as_array()).flatten().collect();
            if !twins.is_empty() {
                for value in array {
                    compare(document, &format!("{at}[]"), value, &twins, found);
                }
            }
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The documents of a tar of folders with an `index.json` each, by path.
fn untar(data: &[u8]) -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    let mut long_name = None;
    let mut at = 0;
    while data.get(at).is_some_and(|byte| *byte != 0) {
        let header = &data[at..at + 512];
        let text = |range: std::ops::Range<usize>| {
            let bytes = header[range].split(|byte| *byte == 0).next().unwrap();
            String::from_utf8_lossy(bytes).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        let content = &data[at + 512..at + 512 + size];
        at += 512 + size.next_multiple_of(512);
        if header[156] == b'L' {
            let name = String::from_utf8_lossy(content);
            long_name = Some(name.trim_end_matches('\0').to_owned());
            continue;
        }
        let name = long_name.take().unwrap_or_else(|| text(0..100));
        if let Some(path) = name.strip_suffix("/index.json") {
            documents.insert(format!("/{path}"), serde_json::from_slice(content).unwrap());
        }
    }
    documents
}

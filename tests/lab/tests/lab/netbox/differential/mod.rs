//! The judge: the same requests go to the lab and to a real NetBox, and the answers are compared.
//!
//! Compared are status, ETag and Location, and the whole body; what differs by nature (numbers, times,
//! addresses of servers, UUIDs) is made equal first. `requests.txt` is the table. A difference stands
//! there with its reason; one that is gone fails the test too.

use std::collections::BTreeMap;
use std::path::Path;

use onprem_lab::{Lab, LabOptions};
use regex_lite::Regex;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use super::client::{Answer, NetBox};
use crate::facts::skip;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lab_answers_as_a_real_netbox_does() {
    let Some(real) = real() else { return };
    let status = real.get("/status/").await;
    let version = status.body["netbox-version"].as_str().unwrap().to_owned();
    let lab = Lab::start(LabOptions::new().netbox_version(version)).await.unwrap();
    let run = Run::new();
    let mut sides = [Side::new(NetBox::of(&lab)), Side::new(real)];
    let (mut reason, mut condition) = (None, None);
    let (mut equal, mut accepted) = (0, 0);
    let (mut unlisted, mut outdated) = (Vec::new(), Vec::new());
    for (number, line) in include_str!("requests.txt").lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(text) = line.strip_prefix("differs: ") {
            reason = Some(text);
            continue;
        }
        if let Some(text) = line.strip_prefix("If-Match ") {
            condition = Some(text);
            continue;
        }
        let step = Step::read(line, condition.take());
        let mut answers = Vec::new();
        for side in &mut sides {
            answers.push(side.send(&run, &step).await);
        }
        let place = format!("line {}: {line}", number + 1);
        match (difference(&answers[0], &answers[1]), reason.take()) {
            (None, None) => equal += 1,
            (None, Some(_)) => outdated.push(place),
            (Some(_), Some(_)) => accepted += 1,
            (Some(text), None) => unlisted.push(format!("{place}\n    {text}\n")),
        }
    }
    sides[1].clean_up().await;
    println!("differential: {equal} equal, {accepted} accepted, {} differ", unlisted.len());
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join("netbox-differences.txt");
    std::fs::write(report, unlisted.join("\n")).unwrap();
    assert!(unlisted.is_empty(), "{} differences:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(outdated.is_empty(), "listed as different but equal: {outdated:#?}");
}

/// The real NetBox that `cargo xtask netbox up` or `cargo xtask test` started.
fn real() -> Option<NetBox> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let url = variable("ONPREM_NETBOX_URL");
    let Some((url, token)) = url.zip(variable("ONPREM_NETBOX_TOKEN")) else {
        skip(
            "ONPREM_NETBOX_URL and ONPREM_NETBOX_TOKEN name no real NetBox to compare the lab with",
        );
        return None;
    };
    let mut roots = rustls::RootCertStore::empty();
    if let Some(file) = variable("ONPREM_NETBOX_CA_CERTIFICATE") {
        let pem = std::fs::read(file).unwrap();
        roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    }
    Some(NetBox::at(&url, &token, roots))
}

/// What only this run uses, so that it may come to a NetBox that is not empty.
struct Run {
    word: String,
    net: String,
}

impl Run {
    fn new() -> Self {
        let bytes: [u8; 8] = rand::random();
        let letters = bytes[..6].iter().map(|byte| char::from(b'a' + byte % 26));
        let net = format!("198.{}.{}", 18 + bytes[6] % 2, bytes[7]);
        Self { word: letters.collect(), net }
    }

    fn fill(&self, text: &str) -> String {
        text.replace('@', &self.word).replace("NET", &self.net)
    }
}

/// A line of the table.
struct Step {
    method: String,
    path: String,
    body: String,
    name: Option<String>,
    condition: Option<String>,
}

impl Step {
    fn read(line: &str, condition: Option<&str>) -> Self {
        let (line, name) = match line.rsplit_once(" -> ") {
            Some((line, name)) => (line, Some(name.to_owned())),
            None => (line, None),
        };
        let mut parts = line.splitn(3, ' ');
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let (method, path, body) = (next(), next(), next());
        Self { method, path, body, name, condition: condition.map(str::to_owned) }
    }
}

/// One of the two servers, and the numbers that it gave.
struct Side {
    netbox: NetBox,
    ids: BTreeMap<String, u64>,
    made: Vec<String>,
}

impl Side {
    fn new(netbox: NetBox) -> Self {
        Self { netbox, ids: BTreeMap::new(), made: Vec::new() }
    }

    async fn send(&mut self, run: &Run, step: &Step) -> Answer {
        let fill = |text: &str| {
            let mut text = run.fill(text);
            for (name, id) in &self.ids {
                let (quoted, plain) = (format!("\"{{{name}}}\""), format!("{{{name}}}"));
                text = text.replace(&quoted, &id.to_string()).replace(&plain, &id.to_string());
            }
            text
        };
        let path = fill(&step.path);
        let body: Value = match fill(&step.body).as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")),
        };
        let condition = step.condition.as_deref().map(|text| ("If-Match", text));
        let headers: Vec<(&str, &str)> = condition.into_iter().collect();
        let answer = self.netbox.with(&step.method, &path, body, &headers).await.unwrap();
        if step.method == "POST" && answer.status == 201 {
            let made = match &answer.body {
                Value::Array(made) => made.as_slice(),
                made => std::slice::from_ref(made),
            };
            let urls = made.iter().filter_map(|object| object["url"].as_str());
            let urls =
                urls.filter_map(|url| url.split_once("/api").map(|(_, path)| path.to_owned()));
            self.made.extend(urls);
        }
        if let Some(name) = &step.name {
            assert_eq!(answer.status, 201, "{} {path}: {}", self.netbox.url, answer.body);
            self.ids.insert(name.clone(), answer.id());
        }
        answer
    }

    /// Removes what is left, the newest first, until nothing more goes.
    async fn clean_up(&mut self) {
        for _ in 0..3 {
            let mut left = Vec::new();
            for path in self.made.drain(..).rev() {
                if self.netbox.call("DELETE", &path, Value::Null).await.status == 409 {
                    left.insert(0, path);
                }
            }
            self.made = left;
        }
    }
}

/// What is different, if anything is.
fn difference(lab: &Answer, real: &Answer) -> Option<String> {
    if lab.status != real.status {
        return Some(format!(
            "status {}, lab {}\n    real {}\n    lab  {}",
            real.status, lab.status, real.body, lab.body
        ));
    }
    for name in ["etag", "location"] {
        let (own, wanted) = (lab.header(name).is_some(), real.header(name).is_some());
        if own != wanted {
            return Some(format!("header {name}: {wanted}, lab {own}"));
        }
    }
    let kind = |answer: &Answer| answer.header("content-type").map(str::to_owned);
    if kind(lab) != kind(real) {
        return Some(format!("content type {:?}, lab {:?}", kind(real), kind(lab)));
    }
    let (mut own, mut wanted) = (lab.body.clone(), real.body.clone());
    if wanted.get("netbox-version").is_some() {
        // Versions of what the server is built of.
        for body in [&mut own, &mut wanted] {
            for name in ["django-version", "hostname", "installed_apps", "python-version"] {
                body[name] = Value::Null;
            }
            body["rq-workers-running"] = Value::Null;
        }
    }
    let (own, wanted) = (settled(&own, ""), settled(&wanted, ""));
    let mut differences = Vec::new();
    compare(&wanted, &own, "", &mut differences);
    (!differences.is_empty()).then(|| differences.join("\n    "))
}

fn compare(wanted: &Value, own: &Value, path: &str, differences: &mut Vec<String>) {
    match (wanted, own) {
        (Value::Object(wanted), Value::Object(own)) => {
            for (name, value) in wanted {
                match own.get(name) {
                    Some(own) => compare(value, own, &format!("{path}.{name}"), differences),
                    None => differences.push(format!("{path}.{name} is missing, real {value}")),
                }
            }
            for (name, value) in own.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                differences.push(format!("{path}.{name} is too much, lab {value}"));
            }
        }
        (Value::Array(wanted), Value::Array(own)) if wanted.len() == own.len() => {
            for (index, (wanted, own)) in wanted.iter().zip(own).enumerate() {
                compare(wanted, own, &format!("{path}[{index}]"), differences);
            }
        }
        _ if wanted != own => differences.push(format!("{path} is {wanted}, lab {own}")),
        _ => {}
    }
}

/// A body without what differs by nature.
fn settled(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(values) => {
            let values = values.iter().map(|(key, value)| {
                let inside = if name.ends_with("change_data") { name } else { key.as_str() };
                (key.clone(), settled(value, inside))
            });
            values.collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(|value| settled(value, name)).collect(),
        Value::Number(_)
            if name == "id" || name.ends_with("_id") || name.ends_with("change_data") =>
        {
            "N".into()
        }
        Value::String(text) => settled_text(text).into(),
        other => other.clone(),
    }
}

fn settled_text(text: &str) -> String {
    let rules = [
        (r"https://127\.0\.0\.1:\d+", "BASE"),
        (r"/\d+/", "/N/"),
        (r"\(\d+\)", "(N)"),
        (r"(start|_id|[?&]id)=\d+", "$1=N"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "TIME"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    ];
    let mut text = text.to_owned();
    for (pattern, shown) in rules {
        text = Regex::new(pattern).unwrap().replace_all(&text, shown).into_owned();
    }
    text
}

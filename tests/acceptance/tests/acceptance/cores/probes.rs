//! Every value of an object, changed in every way: what a Terraform refuses, the harness names, and the other way
//! round.
//!
//! The sample changes each object as its name says, so that one command has Terraform judge all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use acceptance::Run;
use regex_lite::Regex;
use serde_json::{Value, json};

use super::play::{Play, Theatre, sample};

/// Where a Terraform and the harness are of two minds.
pub(super) fn differences(theatre: &Theatre) -> Vec<String> {
    let judged = judged();
    let probes = judged["probes"].as_array().unwrap();
    assert!(probes.len() > 500, "{judged}");
    let mut refused = BTreeMap::new();
    let stages = |stages: &[&str]| {
        let names = probes.iter().map(|probe| probe["name"].as_str().unwrap());
        let wanted = |name: &&str| stages.contains(&name.split('-').next().unwrap());
        names.filter(wanted).collect::<Vec<_>>()
    };

    let mut play = theatre.play("plan");
    objects(&play, &stages(&["plan"]), false);
    play.breaks("probes");
    refused.extend(refusals(&play.run(&["plan", "-json"])));

    let mut play = theatre.play("apply");
    objects(&play, &stages(&["apply"]), false);
    play.breaks("probes");
    refused.extend(refusals(&play.run(&["apply", "-json", "-auto-approve"])));

    let mut play = theatre.play("later");
    objects(&play, &stages(&["read", "update"]), false);
    let _ = play.run(&["apply", "-json", "-auto-approve"]).succeeded();
    objects(&play, &stages(&["read", "update"]), true);
    play.breaks("probes");
    refused.extend(refusals(&play.run(&["plan", "-json"])));

    let differs = probes.iter().filter_map(|probe| {
        let (broken, place) = (probe["broken"].as_array().unwrap(), &probe["place"]);
        let name = probe["name"].as_str().unwrap();
        match (broken.is_empty(), refused.get(name)) {
            (true, Some(error)) => Some(format!("only Terraform, {name}, {place}: {error}")),
            (false, None) if stricter(place, broken) => None,
            (false, None) => Some(format!("only the harness, {name}, {place}: {broken:?}")),
            _ => None,
        }
    });
    differs.collect()
}

/// Whether the harness alone complains because it compares the elements of a set that is planned:
/// Terraform counts them.
fn stricter(place: &Value, broken: &[Value]) -> bool {
    let inside = place.as_str().is_some_and(|place| place.starts_with("peers["));
    let elements = "is planned with other elements than configured";
    inside && broken.iter().all(|one| one.as_str().is_some_and(|one| one.ends_with(elements)))
}

/// What the harness says, which is the same beside every Terraform.
fn judged() -> &'static Value {
    static JUDGED: OnceLock<Value> = OnceLock::new();
    JUDGED.get_or_init(|| {
        let output = Command::new(sample()).arg("probes").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

/// Configures an object for each name; those that have a plan of an update now get it.
fn objects(play: &Play<'_>, names: &[&str], updated: bool) {
    let judged = judged();
    let objects: BTreeMap<&str, Value> = names
        .iter()
        .map(|name| {
            let mut configuration = judged["configuration"].clone();
            configuration["name"] = json!(name);
            if updated && name.starts_with("update") {
                configuration["memory"] = judged["updated"].clone();
            }
            (*name, configuration)
        })
        .collect();
    let resources = json!({ "resource": { "sample_server": objects } });
    play.write("main.tf.json", resources.to_string());
}

/// The objects that Terraform complains of, and what it says.
fn refusals(run: &Run) -> BTreeMap<String, String> {
    let name = Regex::new("sample_server[.]([a-z]+-[0-9]+)").unwrap();
    let refused = run.errors().into_iter().map(|error| {
        let text = error.text();
        let names: BTreeSet<&str> =
            name.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
        assert_eq!(names.len(), 1, "of which object? {text}");
        (names.into_iter().next().unwrap().to_owned(), text.clone())
    });
    refused.collect()
}

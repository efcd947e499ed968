//! The judge: requests recorded on a real server are sent to the lab, and the answers compared.
//!
//! Compared are status, reason, error texts, keys and types of the body, the values of guests'
//! configurations, and the exit status of tasks; what differs at every run (UPIDs, digests, UUIDs,
//! generated addresses, times) is not. `accepted.txt` lists the records that may differ, under the
//! reason why; a record there that no longer differs fails the test too.

mod compare;
mod player;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use onprem_lab::{Lab, LabOptions};
use serde_json::Value;

use crate::facts;
use player::{Outcome, Player};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_answers_are_the_labs_answers() {
    let mut differences: BTreeMap<String, String> = BTreeMap::new();
    let (mut matched, mut not_simulated, mut not_judged) = (0, BTreeMap::new(), 0);
    for (number, file) in
        [(1, "apis/pve-9.2-recorded.jsonl.gz"), (2, "apis/pve-9.2-recorded-2.jsonl.gz")]
    {
        let Some(text) = facts::open(file) else { return };
        let lab = Lab::start(fixture()).await.unwrap();
        let mut player = Player::new(lab);
        for (index, line) in text.lines().enumerate() {
            let record: Value = serde_json::from_str(line).unwrap();
            if record.get("method").is_none() {
                player.note(&record).await;
                continue;
            }
            match player.play(&record).await {
                Outcome::Differs(difference) => {
                    let place = format!("{number}:{index}");
                    let what = format!(
                        "[{}] {} {} {}: {difference}",
                        record["section"].as_str().unwrap_or_default(),
                        record["method"].as_str().unwrap_or_default(),
                        record["path"].as_str().unwrap_or_default(),
                        shortened(&record["params"].to_string()),
                    );
                    differences.insert(place, what);
                }
                Outcome::Matches => matched += 1,
                Outcome::NotJudged => not_judged += 1,
                Outcome::NotSimulated => {
                    let section = record["section"].as_str().unwrap_or_default().to_owned();
                    *not_simulated.entry(section).or_insert(0) += 1;
                }
            }
        }
    }
    let missing: usize = not_simulated.values().sum();
    println!(
        "replay: {matched} matched, {} differ, {missing} not simulated, {not_judged} not judged",
        differences.len()
    );
    let report: Vec<String> =
        differences.iter().map(|(place, what)| format!("{place} {what}\n")).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("replay-differences.txt"), report.concat()).unwrap();
    let accepted = accepted();
    let unlisted: Vec<&String> = differences
        .iter()
        .filter(|(place, _)| !accepted.contains_key(*place))
        .map(|(_, what)| what)
        .collect();
    let outdated: Vec<&String> =
        accepted.keys().filter(|place| !differences.contains_key(*place)).collect();
    assert!(
        unlisted.is_empty(),
        "{} differences are not in accepted.txt, the first: {:#?}",
        unlisted.len(),
        &unlisted[..unlisted.len().min(20)]
    );
    assert!(outdated.is_empty(), "listed in accepted.txt but equal: {outdated:?}");
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Records that may differ, each with its reason.
fn accepted() -> BTreeMap<String, String> {
    let mut reason = String::new();
    let mut accepted = BTreeMap::new();
    for line in include_str!("accepted.txt").lines() {
        match line.strip_prefix('#') {
            Some(text) => text.trim().clone_into(&mut reason),
            None => {
                for place in line.split_whitespace() {
                    assert!(!reason.is_empty(), "{place} stands under no reason");
                    accepted.insert(place.to_owned(), reason.clone());
                }
            }
        }
    }
    accepted
}

/// A lab like the node on which the requests were recorded.
fn fixture() -> LabOptions {
    let template = vec![0_u8; 1_112_051];
    let mut options = LabOptions::new()
        .clock(2000.0)
        .file("t.iso", T_ISO)
        .file("small.iso", vec![0_u8; 1 << 20])
        .file("disk.qcow2", disk())
        .file("disk.raw", vec![0_u8; 8 << 20])
        .file("disk.img.gz", packed_disk())
        .file("tpl.tar.zst", template.clone())
        .volume("local:vztmpl/alpine-3.20-default_20240908_amd64.tar.zst", template)
        .volume("local:snippets/user.yaml", "#cloud-config\npackage_update: false\n\n")
        .volume("local:snippets/hook.pl", "#!/usr/bin/perl\nexit 0;\n\n");
    options.nodes = vec!["pve1".to_owned()];
    options.token_name = "tf".to_owned();
    options.password = "testpass".to_owned();
    options.plain_storage = true;
    // The recorded guests had no system that would come up.
    options.guest_boot = Duration::from_secs(1 << 30);
    options.local_size = 270_553_174_016;
    options
}

const T_ISO: &str = "hello-iso\n";

/// A qcow2 of 64 MiB, as long as the recorded one.
fn disk() -> Bytes {
    let mut disk = vec![0; 196_616];
    disk[..8].copy_from_slice(b"QFI\xfb\0\0\0\x03");
    disk[24..32].copy_from_slice(&(64_u64 << 20).to_be_bytes());
    disk.into()
}

fn packed_disk() -> Bytes {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&vec![0; 8 << 20]).unwrap();
    packer.finish().unwrap().into()
}

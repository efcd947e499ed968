//! The list of core's rules, line by line: what each clause says, the providers that break it, and the tests
//! that show it kept.
//!
//! The lines are in the order in which an object meets them. A provider that breaks a clause is named by
//! what the harness must say of it (rule, call, place); `broken` has them. A test is named by its module
//! here, or by its file from the root of the workspace. Where the server checks itself, in debug builds, its
//! own words stand in the clause, too.

mod changes;
mod others;
mod values;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use conformance::Rule;

use super::broken;

/// A line of the list.
struct Line {
    says: &'static str,
    clauses: &'static [Clause],
}

/// A part of it that can be broken, or kept, by itself.
struct Clause {
    says: &'static str,
    broken: &'static [Broken],
    tests: &'static [&'static str],
    server: &'static [&'static str],
}

/// What the harness says of a provider that breaks it.
type Broken = (Rule, &'static str, &'static str);

const fn clause(
    says: &'static str,
    broken: &'static [Broken],
    tests: &'static [&'static str],
) -> Clause {
    Clause { says, broken, tests, server: &[] }
}

impl Clause {
    /// The words of the server's own check of it.
    const fn server(mut self, server: &'static [&'static str]) -> Self {
        self.server = server;
        self
    }
}

const LOAD: &str = "GetProviderSchema";
const IDENTITIES: &str = "GetResourceIdentitySchemas";
const VALIDATE: &str = "ValidateResourceConfig";
const UPGRADE: &str = "UpgradeResourceState";
const READ: &str = "ReadResource";
const PLAN: &str = "PlanResourceChange";
const APPLY: &str = "ApplyResourceChange";
const IMPORT: &str = "ImportResourceState";
const MOVE: &str = "MoveResourceState";
const DATA: &str = "ReadDataSource";
const OPEN: &str = "OpenEphemeralResource";
const CALL: &str = "CallFunction";
const LIST: &str = "ListResource";
const INVOKE: &str = "InvokeAction";
const GENERATE: &str = "GenerateResourceConfig";

fn lines() -> Vec<&'static Line> {
    [values::LINES, changes::LINES, others::LINES].into_iter().flatten().collect()
}

fn clauses() -> impl Iterator<Item = &'static Clause> {
    lines().into_iter().flat_map(|line| line.clauses)
}

/// Values 7, schemas 2, validation 3, upgrades and reads 2, plans 10, applies 4, all else 11, and the
/// harness itself.
const LENGTH: usize = 40;

#[test]
fn no_line_is_missing_or_empty() {
    assert_eq!(lines().len(), LENGTH);
    for line in lines() {
        let broken = line.clauses.iter().map(|clause| clause.broken.len()).sum::<usize>();
        assert!(broken > 0, "nothing breaks: {}", line.says);
        for clause in line.clauses {
            assert!(!clause.tests.is_empty(), "nothing shows: {}: {}", line.says, clause.says);
        }
    }
}

#[test]
fn every_rule_judges_a_line() {
    let judging: BTreeSet<Rule> = clauses().flat_map(|one| one.broken).map(|one| one.0).collect();
    let idle: Vec<_> = Rule::ALL.iter().filter(|rule| !judging.contains(rule)).collect();
    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn every_broken_provider_breaks_a_line_and_every_line_names_one_that_is_there() {
    let named: BTreeSet<Broken> = clauses().flat_map(|one| one.broken).copied().collect();
    let there: BTreeSet<Broken> = broken::samples().collect();
    let unknown: Vec<_> = named.difference(&there).collect();
    assert!(unknown.is_empty(), "no provider breaks {unknown:#?}");
    let unnamed: Vec<_> = there.difference(&named).collect();
    assert!(unnamed.is_empty(), "no line has {unnamed:#?}");
}

#[test]
fn every_test_is_there() {
    let mut gone = vec![];
    for name in clauses().flat_map(|one| one.tests) {
        let (place, test) = name.rsplit_once("::").unwrap();
        if !is_test(&read(&file(place)), test) {
            gone.push(*name);
        }
    }
    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn the_server_says_what_it_is_said_to_say() {
    let framework = root().join("provider/framework/src");
    let sources = ["engine/check.rs", "server/resource.rs", "server/mod.rs"];
    let words: String = sources.iter().map(|name| read(&framework.join(name))).collect();
    for clause in clauses() {
        for text in clause.server {
            assert!(words.contains(text), "{}: the server does not say {text:?}", clause.says);
        }
    }
    assert!(clauses().filter(|clause| !clause.server.is_empty()).count() > 5);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The file of a module of these tests, or a file named by its path.
fn file(place: &str) -> PathBuf {
    if place.ends_with(".rs") {
        return root().join(place);
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let module = tests.join(format!("{place}.rs"));
    if module.exists() { module } else { tests.join(place).join("mod.rs") }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Whether a source has the function, marked as a test.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {name}(");
    lines.iter().enumerate().any(|(at, line)| {
        let before = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        line.contains(&function) && before.into_iter().any(|line| line.contains("test"))
    })
}

//! The sample of the tests with one of its answers tampered with, in the way that
//! `SAMPLE_BREAKS` names.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use conformance::Core;
use tf_provider::Provider;
use tf_provider_protocol::serve::{ServeError, ServeOptions, serve};
use tonic::Status;

use super::sample::Sample;
use super::sample::rack::Racks;
use cases::{CASES, Case, Drive};
use changes::CHANGES;
use clauses::CLAUSES;
use tampered::{Answer, Tampered};

#[macro_use]
#[path = "../../tests/conformance/broken/cases.rs"]
mod cases;
#[path = "../../tests/conformance/broken/changes.rs"]
mod changes;
#[path = "../../tests/conformance/broken/clauses.rs"]
mod clauses;
pub(super) mod probes;
#[path = "../../tests/conformance/broken/tampered.rs"]
mod tampered;

/// The cases, by rule, RPC and place; several of one kind are numbered from 1.
pub(super) fn names() -> Vec<String> {
    let mut seen = BTreeMap::new();
    let names = all().map(|Case { rule, rpc, path, .. }| {
        let name = format!("{rule:?} {rpc} {path}").trim_end().to_owned();
        let count: &mut usize = seen.entry(name.clone()).or_default();
        *count += 1;
        match count {
            1 => name,
            count => format!("{name} ({count})"),
        }
    });
    names.collect()
}

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(CLAUSES).chain(CHANGES)
}

/// Serves the sample, honest unless `SAMPLE_BREAKS` says otherwise; `racks` is the honest one with blocks.
pub(super) async fn served() -> Result<(), ServeError> {
    let options = ServeOptions::new(Sample::ADDRESS);
    let sample = |tamper| Tampered::new(tf_provider::testing::service::<Sample>(), tamper);
    let breaks = env::var("SAMPLE_BREAKS").unwrap_or_default();
    match breaks.as_str() {
        "" => return serve(sample(tamper), options, || async {}).await,
        "racks" => return serve(Racks::default(), options, || async {}).await,
        "probes" => {
            probes::remember_type().await;
            return serve(sample(probes::tamper), options, || async {}).await;
        }
        _ => {}
    }
    let found = names().into_iter().zip(all()).find(|(name, _)| *name == breaks);
    let (_, case) = found.unwrap_or_else(|| panic!("there is no case {breaks}"));
    // The values in the answers are read by the types of the untampered schema.
    tampered::remember_types(&Core::new::<Sample>().await.expect_value());
    CHOSEN.get_or_init(|| case);
    if let Drive::Racks = case.drive {
        return serve(Tampered::new(Racks::default(), tamper), options, || async {}).await;
    }
    serve(sample(tamper), options, || async {}).await
}

static CHOSEN: OnceLock<&Case> = OnceLock::new();

/// Tampers as the chosen case does, with a count that goes on from one process to the next. What was changed is
/// written down: a case that changes nothing proves nothing.
fn tamper(answer: &mut Answer<'_>, _: usize) -> Option<Status> {
    let case = CHOSEN.get()?;
    let before = format!("{answer:?}");
    let kind = before.split('(').next().unwrap_or_default();
    let folder = env::var_os("SAMPLE_FOLDER")?;
    let file = Path::new(&folder).join(format!("{kind}.count"));
    let count = fs::read_to_string(&file).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    fs::write(&file, (count + 1).to_string()).unwrap();
    let failure = (case.tamper)(answer, count);
    if failure.is_some() || format!("{answer:?}") != before {
        let tampered = Path::new(&folder).join("tampered");
        let mut file = OpenOptions::new().create(true).append(true).open(tampered).unwrap();
        writeln!(file, "{kind} {count}").unwrap();
    }
    failure
}

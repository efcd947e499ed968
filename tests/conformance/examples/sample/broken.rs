//! The sample of the tests with one of its answers tampered with, in the way that
//! `SAMPLE_BREAKS` names.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use conformance::Core;
use tf_provider_protocol::proto::provider_server::Provider as Service;
use tonic::Status;

use super::sample::Sample;
use cases::{CASES, Case};
use tampered::{Answer, Tampered};

#[allow(dead_code, reason = "the harness needs to know how far to go")]
#[path = "../../tests/conformance/broken/cases.rs"]
mod cases;
pub(super) mod probes;
#[allow(dead_code, reason = "further cases of the harness use the rest")]
#[path = "../../tests/conformance/broken/tampered.rs"]
mod tampered;

/// The cases, by rule, RPC and place; several of one kind are numbered from 1.
pub(super) fn names() -> Vec<String> {
    let mut seen = BTreeMap::new();
    let names = CASES.iter().map(|Case { rule, rpc, path, .. }| {
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

/// The sample, honest unless `SAMPLE_BREAKS` says otherwise.
pub(super) async fn service() -> impl Service {
    let breaks = env::var("SAMPLE_BREAKS").ok();
    if breaks.as_deref() == Some("probes") {
        probes::remember_type().await;
        return Tampered::new(tf_provider::testing::service::<Sample>(), probes::tamper);
    }
    if let Some(name) = breaks {
        let found = names().iter().position(|one| *one == name);
        let case = CASES.get(found.unwrap_or(CASES.len()));
        let case = case.unwrap_or_else(|| panic!("there is no case {name}"));
        // The values in the answers are read by the types of the untampered schema.
        tampered::remember_types(&Core::new::<Sample>().await.expect_value());
        CHOSEN.get_or_init(|| case);
    }
    Tampered::new(tf_provider::testing::service::<Sample>(), tamper)
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

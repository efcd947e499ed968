//! What is configured, from the block and the environment.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use onprem_http::Secret;
use tf_provider::Value;

use super::IdracConfigValues;
use super::client::{Common, HostSettings, Hosts};

#[derive(Debug)]
pub(super) enum Settings {
    Absent,
    /// A value of this name is known only at apply.
    Unknown(&'static str),
    Known(Arc<Hosts>),
}

pub(super) fn settings(block: Value<IdracConfigValues>) -> Settings {
    let block = match block {
        Value::Unknown => return Settings::Unknown("servers"),
        Value::Null => return Settings::Absent,
        Value::Known(block) => block,
    };
    let mut missing = None;
    macro_rules! take {
        ($from:expr, $field:ident) => {
            take(&$from.$field, stringify!($field), &mut missing)
        };
    }
    let username = take!(block, username).or_else(|| env_text("IDRAC_USERNAME"));
    let password = take!(block, password).or_else(|| env_text("IDRAC_PASSWORD"));
    let mut servers = BTreeMap::new();
    for (name, server) in take!(block, servers).unwrap_or_default() {
        let Value::Known(server) = server else {
            missing.get_or_insert("servers");
            continue;
        };
        let host = HostSettings {
            endpoint: take!(server, endpoint).unwrap_or_default(),
            username: take!(server, username).or_else(|| username.clone()),
            password: take!(server, password).or_else(|| password.clone()).map(Secret::new),
        };
        servers.insert(name, host);
    }
    let pins = take!(block, fingerprints).unwrap_or_default();
    let fingerprints = all_known(pins, "fingerprints", &mut missing);
    let headers = take!(block, headers).unwrap_or_default();
    let (names, values): (Vec<_>, Vec<_>) = headers.into_iter().unzip();
    let values = all_known(values, "headers", &mut missing).into_iter().map(Secret::new);
    let timeout = take!(block, timeout).and_then(|seconds| u64::try_from(seconds).ok());
    let common = Common {
        ca_certificate: take!(block, ca_certificate).or_else(|| env_text("IDRAC_CA_CERTIFICATE")),
        fingerprints,
        insecure: take!(block, insecure).unwrap_or_default(),
        timeout: timeout.map(Duration::from_secs),
        max_concurrency: take!(block, max_concurrency)
            .and_then(|count| usize::try_from(count).ok()),
        headers: names.into_iter().zip(values).collect(),
    };
    match missing {
        Some(name) => Settings::Unknown(name),
        None => Settings::Known(Arc::new(Hosts::new(common, servers))),
    }
}

fn take<T: Clone>(
    value: &Value<T>,
    name: &'static str,
    missing: &mut Option<&'static str>,
) -> Option<T> {
    if value.is_unknown() {
        missing.get_or_insert(name);
    }
    value.known().cloned()
}

/// The elements of a list; one that is unknown makes the whole unknown, or a pin would be lost.
fn all_known(
    list: Vec<Value<String>>,
    name: &'static str,
    missing: &mut Option<&'static str>,
) -> Vec<String> {
    if list.iter().any(Value::is_unknown) {
        missing.get_or_insert(name);
    }
    list.into_iter().filter_map(Value::into_known).collect()
}

/// A variable of the environment that is set to something.
fn env_text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

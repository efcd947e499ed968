//! What is configured, from the block and the environment.

use std::env;
use std::ops::RangeInclusive;
use std::time::Duration;

use onprem_http::Secret;
use onprem_proxmox::{Authentication, Client, Error, VmId};
use tf_provider::Value;

use super::ProxmoxConfigValues;
use super::client::Proxmox;

#[derive(Debug)]
pub(super) enum Settings {
    Absent,
    /// A value of this name is known only at apply.
    Unknown(&'static str),
    Known(Box<Known>),
}

#[derive(Debug)]
pub(super) struct Known {
    endpoints: Vec<String>,
    pub(super) authentication: Option<Authentication>,
    ca_certificate: Option<String>,
    fingerprints: Vec<String>,
    insecure: bool,
    timeout: Option<Duration>,
    max_concurrency: Option<usize>,
    headers: Vec<(String, Secret)>,
    owner: Option<String>,
    vm_id_range: Option<RangeInclusive<VmId>>,
}

pub(super) fn settings(block: Value<ProxmoxConfigValues>, owner: &Value<String>) -> Settings {
    let endpoint = env_text("PROXMOX_VE_ENDPOINT");
    let block = match block {
        Value::Unknown => return Settings::Unknown("endpoints"),
        Value::Null if endpoint.is_none() => return Settings::Absent,
        Value::Null => None,
        Value::Known(block) => Some(block),
    };
    let mut missing = None;
    macro_rules! take {
        ($field:ident) => {
            block.as_ref().and_then(|block| take(&block.$field, stringify!($field), &mut missing))
        };
    }
    let endpoints = match take!(endpoints) {
        Some(list) => all_known(list, "endpoints", &mut missing),
        None => endpoint
            .iter()
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().to_owned())
            .collect(),
    };
    let token = take!(api_token).or_else(|| env_text("PROXMOX_VE_API_TOKEN"));
    let username = take!(username).or_else(|| env_text("PROXMOX_VE_USERNAME"));
    let password = take!(password).or_else(|| env_text("PROXMOX_VE_PASSWORD"));
    let authentication = match (token, username, password) {
        (Some(token), ..) => Some(Authentication::ApiToken(Secret::new(token))),
        (None, Some(username), Some(password)) => {
            Some(Authentication::Password { username, password: Secret::new(password) })
        }
        _ => None,
    };
    let pins = take!(fingerprints).unwrap_or_default();
    let fingerprints = all_known(pins, "fingerprints", &mut missing);
    let headers = take!(headers).unwrap_or_default();
    let (names, values): (Vec<_>, Vec<_>) = headers.into_iter().unzip();
    let values = all_known(values, "headers", &mut missing).into_iter().map(Secret::new);
    let headers = names.into_iter().zip(values).collect();
    let on = |text: String| matches!(text.as_str(), "1" | "true" | "yes");
    let known = Known {
        endpoints,
        authentication,
        ca_certificate: take!(ca_certificate).or_else(|| env_text("PROXMOX_VE_CA_CERTIFICATE")),
        fingerprints,
        insecure: take!(insecure)
            .or_else(|| env_text("PROXMOX_VE_INSECURE").map(on))
            .unwrap_or_default(),
        timeout: take!(timeout).and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs),
        max_concurrency: take!(max_concurrency).and_then(|count| usize::try_from(count).ok()),
        headers,
        owner: owner.known().cloned(),
        vm_id_range: take!(vm_id_range).and_then(|range| {
            let first = VmId::new(range.first.into_known()?).ok()?;
            let last = VmId::new(range.last.into_known()?).ok()?;
            Some(first..=last)
        }),
    };
    match missing {
        Some(name) => Settings::Unknown(name),
        None => Settings::Known(Box::new(known)),
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

impl Known {
    pub(super) fn client(&self, authentication: Authentication) -> Result<Proxmox, Error> {
        let mut builder =
            Client::builder(self.endpoints.clone(), authentication).insecure(self.insecure);
        if let Some(certificate) = &self.ca_certificate {
            builder = builder.ca_certificate(certificate);
        }
        for fingerprint in &self.fingerprints {
            builder = builder.fingerprint(fingerprint);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(count) = self.max_concurrency {
            builder = builder.max_concurrency(count);
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value.clone());
        }
        let login = match &self.authentication {
            Some(Authentication::Password { username, password }) => {
                Some((username.clone(), password.clone()))
            }
            _ => None,
        };
        Ok(Proxmox::new(builder.build()?, self.owner.clone(), self.vm_id_range.clone(), login))
    }
}

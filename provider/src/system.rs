//! What the systems of the provider block have in common: settings from the block or the environment,
//! and the transport that they configure.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use onprem_http::{HttpClientBuilder, Secret};
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, Diagnostics, Value};

/// A system as it is configured, or is not.
#[derive(Debug)]
pub(crate) enum Settings<K> {
    Absent,
    /// A value of this name is known only at apply.
    Unknown(&'static str),
    Known(Box<K>),
}

/// Takes settings out of a block and notes the first that is known only at apply.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    missing: Option<&'static str>,
}

impl Reader {
    /// A setting.
    pub(crate) fn take<T: Clone>(
        &mut self,
        value: Option<&Value<T>>,
        name: &'static str,
    ) -> Option<T> {
        let value = value?;
        if value.is_unknown() {
            self.missing.get_or_insert(name);
        }
        value.known().cloned()
    }

    /// A text, from the block or from the first of these variables that is set.
    pub(crate) fn text(
        &mut self,
        value: Option<&Value<String>>,
        name: &'static str,
        variables: &[&str],
    ) -> Option<String> {
        let given = self.take(value, name);
        given.or_else(|| variables.iter().find_map(|variable| variable_text(variable)))
    }

    /// The elements of a list; one that is unknown makes the whole unknown, or a pin would be lost.
    pub(crate) fn list(&mut self, list: Vec<Value<String>>, name: &'static str) -> Vec<String> {
        if list.iter().any(Value::is_unknown) {
            self.missing.get_or_insert(name);
        }
        list.into_iter().filter_map(Value::into_known).collect()
    }

    /// What was read, unless something of it is not known.
    pub(crate) fn finish<K>(self, known: K) -> Settings<K> {
        match self.missing {
            Some(name) => Settings::Unknown(name),
            None => Settings::Known(Box::new(known)),
        }
    }
}

/// How requests of a system travel.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) ca_certificate: Option<String>,
    pub(crate) fingerprints: Vec<String>,
    pub(crate) insecure: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_concurrency: Option<usize>,
    pub(crate) headers: Vec<(String, Secret)>,
}

impl Transport {
    /// Configures a client.
    pub(crate) fn apply(&self, mut builder: HttpClientBuilder) -> HttpClientBuilder {
        builder = builder.insecure(self.insecure);
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
        builder
    }
}

/// Reads the [`Transport`] of an optional block; the variables begin with the prefix.
macro_rules! transport {
    ($reader:expr, $block:expr, $prefix:literal) => {{
        let block = $block;
        let certificate = &[concat!($prefix, "_CA_CERTIFICATE")];
        let fingerprints = $reader.take(block.map(|b| &b.fingerprints), "fingerprints");
        let headers = $reader.take(block.map(|b| &b.headers), "headers");
        let insecure = $reader.take(block.map(|b| &b.insecure), "insecure");
        let timeout = $reader.take(block.map(|b| &b.timeout), "timeout");
        let count = $reader.take(block.map(|b| &b.max_concurrency), "max_concurrency");
        $crate::system::Transport {
            ca_certificate: $reader.text(
                block.map(|b| &b.ca_certificate),
                "ca_certificate",
                certificate,
            ),
            fingerprints: $reader.list(fingerprints.unwrap_or_default(), "fingerprints"),
            insecure: insecure
                .unwrap_or_else(|| $crate::system::switched_on(concat!($prefix, "_INSECURE"))),
            timeout: timeout
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map(::std::time::Duration::from_secs),
            max_concurrency: count.and_then(|count| usize::try_from(count).ok()),
            headers: $crate::system::headers($reader, headers.unwrap_or_default()),
        }
    }};
}
pub(crate) use transport;

/// Headers, whose values may be secrets.
pub(crate) fn headers(
    reader: &mut Reader,
    headers: BTreeMap<String, Value<String>>,
) -> Vec<(String, Secret)> {
    let (names, values): (Vec<_>, Vec<_>) = headers.into_iter().unzip();
    let values = reader.list(values, "headers").into_iter().map(Secret::new);
    names.into_iter().zip(values).collect()
}

/// Whether a variable of the environment says yes.
pub(crate) fn switched_on(variable: &str) -> bool {
    variable_text(variable).is_some_and(|text| matches!(text.as_str(), "1" | "true" | "yes"))
}

/// A variable of the environment that is set to something.
pub(crate) fn variable_text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Reports a URL that no request can go to.
pub(crate) fn check_url(url: &str, path: Path, example: &str, diagnostics: &mut Diagnostics) {
    let problem = match url::Url::parse(url) {
        Err(error) => format!("It is no URL: {error}."),
        Ok(url) if !matches!(url.scheme(), "https" | "http") => {
            format!("Its scheme is `{}`.", url.scheme())
        }
        Ok(url) if url.host_str().is_none() => "It names no host.".to_owned(),
        Ok(_) => return,
    };
    diagnostics.push(
        Diagnostic::error(format!("`{url}` is not an endpoint"))
            .detail(problem)
            .hint(format!("write it like `{example}`"))
            .at(path),
    );
}

//! The `proxmox` part of the provider block, and the client that it makes.
//!
//! What is not in the block comes from the environment. Nothing is contacted and no file is read before
//! the first operation; a value that is unknown at plan is an error only when an operation needs it.

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::ops::{Deref, RangeInclusive};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use onprem_http::{Deadline, Secret};
use onprem_proxmox::{Authentication, Client, GuestLocation, VmId};
use tf_provider::cty::Path;
use tf_provider::{
    Attributes, Context, Diagnostic, Diagnostics, FromClients, ResourceModel, Result, Value,
};

use crate::Clients;

/// How to reach a Proxmox VE cluster.
#[derive(Clone, Attributes)]
pub struct ProxmoxConfig {
    /// URLs of the nodes, the preferred one first, for example `https://pve1:8006`. When one cannot be
    /// reached the next is asked. Environment: `PROXMOX_VE_ENDPOINT`, separated by commas.
    #[attr(optional)]
    endpoints: Option<Vec<String>>,
    /// API token, for example `terraform@pve!prod=6f6e70…`. Environment: `PROXMOX_VE_API_TOKEN`.
    #[attr(optional, sensitive)]
    api_token: Option<String>,
    /// User, for example `terraform@pve`, where there is no token. Environment: `PROXMOX_VE_USERNAME`.
    #[attr(optional)]
    username: Option<String>,
    /// Password of the user. Environment: `PROXMOX_VE_PASSWORD`.
    #[attr(optional, sensitive)]
    password: Option<String>,
    /// Certificate authority of the nodes, as PEM or as the path of a PEM file; the system's authorities
    /// otherwise. Environment: `PROXMOX_VE_CA_CERTIFICATE`.
    #[attr(optional)]
    ca_certificate: Option<String>,
    /// SHA-256 fingerprints of the nodes' certificates: exactly these are trusted, whoever signed them.
    #[attr(optional)]
    fingerprints: Option<Vec<String>>,
    /// Trusts any certificate. Anybody on the way can then read the token. Environment:
    /// `PROXMOX_VE_INSECURE`.
    #[attr(optional)]
    insecure: Option<bool>,
    /// Time limit of one request in seconds, 30 unless set.
    #[attr(optional, range(1, 3600))]
    timeout: Option<i64>,
    /// Requests that run at once, 16 unless set.
    #[attr(optional, range(1, 256))]
    max_concurrency: Option<i64>,
    /// Headers that every request carries, for a proxy on the way.
    #[attr(optional, sensitive)]
    headers: Option<BTreeMap<String, String>>,
    /// Where to look for a free `vm_id` when a guest has none; the cluster's own range otherwise.
    #[attr(optional)]
    vm_id_range: Option<VmIdRange>,
}

/// A range of guest numbers, both ends included.
#[derive(Clone, Attributes)]
pub struct VmIdRange {
    /// The smallest number.
    #[attr(required, range(100, 999_999_999))]
    first: i64,
    /// The largest number.
    #[attr(required, range(100, 999_999_999))]
    last: i64,
}

/// Reports what is wrong with the block before anything is contacted.
pub(crate) fn validate(config: &ProxmoxConfigValues, diagnostics: &mut Diagnostics) {
    let block = Path::from("proxmox");
    if config.api_token.known().is_some() && config.password.known().is_some() {
        diagnostics.push(
            Diagnostic::error("`api_token` and `password` are both set")
                .hint("keep the token, it needs no session")
                .at(block.clone().attribute("password")),
        );
    }
    for (index, endpoint) in (0..).zip(config.endpoints.known().into_iter().flatten()) {
        if let Some(endpoint) = endpoint.known()
            && let Some(problem) = endpoint_problem(endpoint)
        {
            diagnostics.push(
                Diagnostic::error(format!("`{endpoint}` is not an endpoint"))
                    .detail(problem)
                    .hint("write it like `https://pve1.example:8006`")
                    .at(block.clone().attribute("endpoints").index(index)),
            );
        }
    }
    if let Some(token) = config.api_token.known()
        && !(token.contains('!') && token.contains('='))
    {
        diagnostics.push(
            Diagnostic::error("`api_token` is not a token")
                .detail("A token has the form `user@realm!name=secret`.")
                .at(block.attribute("api_token")),
        );
    }
}

fn endpoint_problem(endpoint: &str) -> Option<String> {
    match url::Url::parse(endpoint) {
        Err(error) => Some(format!("It is no URL: {error}.")),
        Ok(url) if !matches!(url.scheme(), "https" | "http") => {
            Some(format!("Its scheme is `{}`.", url.scheme()))
        }
        Ok(url) if url.host_str().is_none() => Some("It names no host.".to_owned()),
        Ok(_) => None,
    }
}

/// The system as it is configured, or is not.
#[derive(Debug)]
pub(crate) struct ProxmoxSystem {
    settings: Settings,
    // Made on first use: reading a certificate file is I/O, which configuring must not do.
    client: OnceLock<Result<Proxmox, onprem_proxmox::Error>>,
}

#[derive(Debug)]
enum Settings {
    Absent,
    /// A value of this name is known only at apply.
    Unknown(&'static str),
    Known(Box<Known>),
}

#[derive(Debug)]
struct Known {
    endpoints: Vec<String>,
    authentication: Option<Authentication>,
    ca_certificate: Option<String>,
    fingerprints: Vec<String>,
    insecure: bool,
    timeout: Option<Duration>,
    max_concurrency: Option<usize>,
    headers: Vec<(String, Secret)>,
    owner: Option<String>,
    vm_id_range: Option<RangeInclusive<VmId>>,
}

impl ProxmoxSystem {
    pub(crate) fn new(block: Value<ProxmoxConfigValues>, owner: &Value<String>) -> Self {
        let settings = settings(block, owner);
        Self { settings, client: OnceLock::new() }
    }

    fn client(&self) -> Result<Proxmox> {
        match &self.settings {
            Settings::Absent => Err(Diagnostic::error("Proxmox VE is not configured")
                .detail("The provider block has no `proxmox`, and PROXMOX_VE_ENDPOINT is not set.")
                .hint(
                    "add it: provider \"onprem\" { proxmox = { endpoints = [\"https://pve1:8006\"], \
                     api_token = var.proxmox_api_token } }",
                )),
            Settings::Unknown(name) => {
                Err(Diagnostic::error("Proxmox VE cannot be reached during this plan").detail(format!(
                    "`proxmox.{name}` in provider \"onprem\" is known only after another resource is \
                     applied."
                ))
                .hint("apply that resource first, with `-target`, or give the value as a variable"))
            }
            Settings::Known(known) => {
                let Some(authentication) = &known.authentication else {
                    return Err(Diagnostic::error("Proxmox VE has no credentials")
                        .detail(
                            "Neither `proxmox.api_token` nor `proxmox.username` with \
                             `proxmox.password` is set in provider \"onprem\", nor in the \
                             environment (PROXMOX_VE_API_TOKEN).",
                        )
                        .hint("create a token: `pveum user token add terraform@pve prod`"));
                };
                let client = self.client.get_or_init(|| known.client(authentication.clone()));
                client.clone().map_err(Into::into)
            }
        }
    }
}

fn settings(block: Value<ProxmoxConfigValues>, owner: &Value<String>) -> Settings {
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
    fn client(&self, authentication: Authentication) -> Result<Proxmox, onprem_proxmox::Error> {
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
        Ok(Proxmox {
            client: builder.build()?,
            deadline: Deadline::after(DEFAULT_LIMIT, "the default timeout"),
            owner: self.owner.clone(),
            begun: Arc::default(),
            vm_id_range: self.vm_id_range.clone(),
        })
    }
}

/// Time limit where no operation brings its own: data sources and plans.
const DEFAULT_LIMIT: Duration = Duration::from_secs(5 * 60);

/// A client of the configured cluster; dereferences to [`onprem_proxmox::Client`].
#[derive(Clone, Debug)]
pub(crate) struct Proxmox {
    client: Client,
    deadline: Deadline,
    /// The configuration's name, which marks what it is about to create.
    pub(crate) owner: Option<String>,
    /// The guests that this process has begun to make.
    begun: Arc<Mutex<HashSet<VmId>>>,
    /// Where to look for a free guest number.
    pub(crate) vm_id_range: Option<RangeInclusive<VmId>>,
}

impl Proxmox {
    /// The same client, within the time that the operation has.
    pub(crate) fn within<R: ResourceModel>(&self, cx: &Context<R>) -> Self {
        let name = format!("the {} timeout", cx.operation().verb());
        let deadline = Deadline::at(cx.deadline().into_std(), cx.time_limit(), &name);
        Self { client: self.client.until(&deadline), deadline, ..self.clone() }
    }

    /// When the operation's time is up.
    pub(crate) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Finds a guest, once nobody is making it any more: until then its configuration is a lock and
    /// nothing else.
    pub(crate) async fn locate_made(&self, vm_id: VmId) -> Result<Option<GuestLocation>> {
        loop {
            let found = self.locate(vm_id).await?;
            let lock = found.as_ref().and_then(|found| found.config.text("lock"));
            if !matches!(lock.as_deref(), Some("create" | "clone")) || self.deadline.has_passed() {
                return Ok(found);
            }
            tokio::time::sleep(self.deadline.at_most(Duration::from_millis(500))).await;
        }
    }

    /// Notes that this process makes the guest; whether it was not noted before.
    pub(crate) fn begin(&self, vm_id: VmId) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(vm_id)
    }

    /// Whether this process has begun to make the guest.
    pub(crate) fn has_begun(&self, vm_id: VmId) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).contains(&vm_id)
    }
}

impl Deref for Proxmox {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl FromClients<Clients> for Proxmox {
    fn from_clients(clients: &Clients) -> Result<Self> {
        clients.proxmox.client()
    }

    fn unknown(clients: &Clients) -> bool {
        matches!(clients.proxmox.settings, Settings::Unknown(_))
    }
}

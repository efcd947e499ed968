//! The `proxmox` part of the provider block, and the client that it makes.
//!
//! What is not in the block comes from the environment (`settings`). Nothing is contacted and no file is
//! read before the first operation makes the `client`; a value that is unknown at plan is an error only
//! when an operation needs it.

mod client;
mod settings;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tf_provider::cty::Path;
use tf_provider::{Attributes, Diagnostic, Diagnostics, FromClients, Result, Value};

use crate::{Clients, system};
use settings::Settings;

pub(crate) use client::Proxmox;

/// How to reach a Proxmox VE cluster.
#[derive(Clone, Attributes)]
#[attributes(conflicting(api_token, password))]
pub struct ProxmoxConfig {
    /// URLs of the nodes, the preferred one first, for example `https://pve1:8006`. When one cannot be
    /// reached the next is asked. Environment: `PROXMOX_VE_ENDPOINT`, separated by commas.
    #[attr(optional)]
    endpoints: Option<Vec<String>>,
    /// API token, for example `terraform@pve!prod=6f6e70…`; unlike a password it needs no session.
    /// Environment: `PROXMOX_VE_API_TOKEN`.
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
    pub(crate) first: i64,
    /// The largest number.
    #[attr(required, range(100, 999_999_999))]
    pub(crate) last: i64,
}

/// Reports what is wrong with the block before anything is contacted.
pub(crate) fn validate(config: &ProxmoxConfigValues, diagnostics: &mut Diagnostics) {
    let block = Path::from("proxmox");
    for (index, endpoint) in (0..).zip(config.endpoints.known().into_iter().flatten()) {
        if let Some(endpoint) = endpoint.known() {
            let path = block.clone().attribute("endpoints").index(index);
            system::check_url(endpoint, path, "https://pve1.example:8006", diagnostics);
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

/// The system as it is configured, or is not.
#[derive(Debug)]
pub(crate) struct ProxmoxSystem {
    settings: Settings,
    // Made on first use: reading a certificate file is I/O, which configuring must not do.
    client: OnceLock<Result<Proxmox, onprem_proxmox::Error>>,
}

impl ProxmoxSystem {
    pub(crate) fn new(block: Value<ProxmoxConfigValues>, owner: &Value<String>) -> Self {
        let settings = settings::settings(block, owner);
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

impl FromClients<Clients> for Proxmox {
    fn from_clients(clients: &Clients) -> Result<Self> {
        clients.proxmox.client()
    }

    fn unknown(clients: &Clients) -> bool {
        matches!(clients.proxmox.settings, Settings::Unknown(_))
    }
}

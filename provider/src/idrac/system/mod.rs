//! The `idrac` part of the provider block, and the clients that it makes: one a server, on first use.
//!
//! User and password that are not in the block come from the environment. Nothing is contacted and no
//! file is read before an operation needs a server.

mod client;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use tf_provider::cty::Path;
use tf_provider::{Attributes, Diagnostic, Diagnostics, FromClients, Result, Value};

use crate::Clients;
use crate::system;
use client::Hosts;
use settings::Settings;

pub(crate) use client::{Host, Idrac};

/// How to reach the iDRACs of servers.
#[derive(Clone, Attributes)]
pub struct IdracConfig {
    /// User on every iDRAC, for example `terraform`. Environment: `IDRAC_USERNAME`.
    #[attr(optional)]
    username: Option<String>,
    /// Password of the user. Environment: `IDRAC_PASSWORD`.
    #[attr(optional, sensitive)]
    password: Option<String>,
    /// Certificate authority of the iDRACs, as PEM or as the path of a PEM file; the system's
    /// authorities otherwise. Environment: `IDRAC_CA_CERTIFICATE`.
    #[attr(optional)]
    ca_certificate: Option<String>,
    /// SHA-256 fingerprints of the iDRACs' certificates: exactly these are trusted, whoever signed them.
    #[attr(optional)]
    fingerprints: Option<Vec<String>>,
    /// Trusts any certificate. Anybody on the way can then read the password. Environment:
    /// `IDRAC_INSECURE`.
    #[attr(optional)]
    insecure: Option<bool>,
    /// Time limit of one request in seconds, 30 unless set.
    #[attr(optional, range(1, 3600))]
    timeout: Option<i64>,
    /// Requests that run at once on one iDRAC, 4 unless set: more than that slows it down.
    #[attr(optional, range(1, 32))]
    max_concurrency: Option<i64>,
    /// Headers that every request carries, for a proxy on the way.
    #[attr(optional, sensitive)]
    headers: Option<BTreeMap<String, String>>,
    /// The servers by a name of yours, for example `r750-01`: what resources call `server`.
    #[attr(optional)]
    servers: Option<BTreeMap<String, IdracServer>>,
}

/// The iDRAC of one server.
#[derive(Clone, Attributes)]
pub struct IdracServer {
    /// URL, for example `https://10.0.0.21`.
    #[attr(required)]
    endpoint: String,
    /// User on this iDRAC, where it is another one.
    #[attr(optional)]
    username: Option<String>,
    /// Password on this iDRAC, where it is another one.
    #[attr(optional, sensitive)]
    password: Option<String>,
}

/// Reports what is wrong with the block before anything is contacted.
pub(crate) fn validate(config: &IdracConfigValues, diagnostics: &mut Diagnostics) {
    let servers = Path::from("idrac").attribute("servers");
    for (name, server) in config.servers.known().into_iter().flatten() {
        if let Some(endpoint) = server.known().and_then(|server| server.endpoint.known()) {
            let path = servers.clone().key(name).attribute("endpoint");
            system::check_url(endpoint, path, "https://10.0.0.21", diagnostics);
        }
    }
}

/// The system as it is configured, or is not.
#[derive(Debug)]
pub(crate) struct IdracSystem {
    settings: Settings,
}

impl IdracSystem {
    pub(crate) fn new(block: Value<IdracConfigValues>) -> Self {
        Self { settings: settings::settings(block) }
    }

    /// Ends the sessions on all servers, as far as there is time.
    pub(crate) async fn close(&self) {
        if let Settings::Known(hosts) = &self.settings {
            hosts.close().await;
        }
    }

    fn hosts(&self) -> Result<Arc<Hosts>> {
        match &self.settings {
            Settings::Absent => Err(Diagnostic::error("No iDRAC is configured")
                .detail("The provider block has no `idrac`.")
                .hint(
                    "add it: provider \"onprem\" { idrac = { username = \"terraform\", password = \
                     var.idrac_password, servers = { \"r750-01\" = { endpoint = \
                     \"https://10.0.0.21\" } } } }",
                )),
            Settings::Unknown(name) => Err(Diagnostic::error(
                "No iDRAC can be reached during this plan",
            )
            .detail(format!(
                "`idrac.{name}` in provider \"onprem\" is known only after another resource \
                         is applied."
            ))
            .hint("apply that resource first, with `-target`, or give the value as a variable")),
            Settings::Known(hosts) => Ok(Arc::clone(hosts)),
        }
    }
}

impl FromClients<Clients> for Idrac {
    fn from_clients(clients: &Clients) -> Result<Self> {
        clients.idrac.hosts().map(Self::new)
    }

    fn unknown(clients: &Clients) -> bool {
        matches!(clients.idrac.settings, Settings::Unknown(_))
    }
}

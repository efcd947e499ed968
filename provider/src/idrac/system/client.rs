//! The clients of the configured servers.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onprem_http::{Deadline, Secret};
use onprem_redfish::{Client, OpenSession};
use tf_provider::{Context, Diagnostic, ResourceModel, Result};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::system::Transport;

/// Time limit where no operation brings its own: data sources and plans.
const DEFAULT_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Time for ending sessions: Terraform kills a provider that takes 2 s.
const GOODBYE_LIMIT: Duration = Duration::from_millis(1500);

/// What is one server's own.
#[derive(Clone, Debug)]
pub(super) struct HostSettings {
    pub(super) endpoint: String,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

/// The servers, with a client for each that was needed.
#[derive(Debug)]
pub(crate) struct Hosts {
    transport: Transport,
    servers: BTreeMap<String, HostSettings>,
    // Made on first use: reading a certificate file is I/O, which configuring must not do.
    clients: Mutex<BTreeMap<String, Client>>,
    /// Sessions that were opened for others, by server and path. Their tokens are nowhere else.
    sessions: Mutex<BTreeMap<(String, String), OpenSession>>,
}

impl Hosts {
    pub(super) fn new(transport: Transport, servers: BTreeMap<String, HostSettings>) -> Self {
        let (clients, sessions) = (Mutex::default(), Mutex::default());
        Self { transport, servers, clients, sessions }
    }

    pub(super) async fn close(&self) {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sessions = std::mem::take(&mut *self.sessions());
        let mut goodbyes = JoinSet::new();
        for (name, client) in clients {
            // Terraform was stopped before it closed them.
            let left = sessions.keys().filter(|(server, _)| *server == name);
            let left: Vec<String> = left.map(|(_, uri)| uri.clone()).collect();
            goodbyes.spawn(async move {
                for uri in left {
                    let _ = client.delete_session(&uri).await;
                }
                client.close().await;
            });
        }
        let all = async { while goodbyes.join_next().await.is_some() {} };
        if tokio::time::timeout(GOODBYE_LIMIT, all).await.is_err() {
            tracing::debug!("some sessions could not be deleted in time");
        }
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<(String, String), OpenSession>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, server: &str) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(server) {
            return Ok(client.clone());
        }
        let settings = self.servers.get(server).ok_or_else(|| self.unknown(server))?;
        let (Some(username), Some(password)) = (&settings.username, &settings.password) else {
            return Err(Diagnostic::error(format!("The iDRAC of {server} has no credentials"))
                .detail(
                    "Neither `idrac.username` with `idrac.password` is set in provider \"onprem\", \
                     nor are IDRAC_USERNAME and IDRAC_PASSWORD in the environment.",
                )
                .hint("make a user with the privileges Login and System Control on the iDRAC"));
        };
        let builder = Client::builder(&settings.endpoint, username, password.clone());
        let client = builder.http(|http| self.transport.apply(http)).build()?;
        clients.insert(server.to_owned(), client.clone());
        Ok(client)
    }

    fn unknown(&self, server: &str) -> Diagnostic {
        let names: Vec<String> = self.servers.keys().map(|name| format!("`{name}`")).collect();
        let known = match names.as_slice() {
            [] => "It names no server.".to_owned(),
            names => format!("It names {}.", names.join(", ")),
        };
        Diagnostic::error(format!("There is no server `{server}` in the provider block"))
            .detail(format!("`idrac.servers` in provider \"onprem\" does not name it. {known}"))
            .hint(format!(
                "add it: servers = {{ \"{server}\" = {{ endpoint = \"https://…\" }} }}; what is managed \
                 there no more leaves with `terraform state rm`"
            ))
            .at("server")
    }
}

/// The configured servers.
#[derive(Clone, Debug)]
pub(crate) struct Idrac(Arc<Hosts>);

impl Idrac {
    pub(super) fn new(hosts: Arc<Hosts>) -> Self {
        Self(hosts)
    }

    /// One server, within the default time limit.
    pub(crate) fn host(&self, server: &str) -> Result<Host> {
        let deadline = Deadline::after(DEFAULT_LIMIT, "the default timeout");
        let client = self.0.client(server)?.until(&deadline);
        Ok(Host { name: server.to_owned(), client })
    }

    /// Keeps the token of a session that was opened for somebody else.
    pub(crate) fn keep(&self, server: &str, session: OpenSession) {
        self.0.sessions().insert((server.to_owned(), session.uri.clone()), session);
    }

    /// A session that is kept.
    pub(crate) fn kept(&self, server: &str, uri: &str) -> Option<OpenSession> {
        self.0.sessions().get(&(server.to_owned(), uri.to_owned())).cloned()
    }

    /// Forgets a session.
    pub(crate) fn forget(&self, server: &str, uri: &str) {
        self.0.sessions().remove(&(server.to_owned(), uri.to_owned()));
    }
}

/// One server; dereferences to [`onprem_redfish::Client`].
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// Its name in the provider block.
    pub(crate) name: String,
    client: Client,
}

impl Host {
    /// The same server, within the time that the operation has.
    pub(crate) fn within<R: ResourceModel>(&self, cx: &Context<R>) -> Self {
        let name = format!("the {} timeout", cx.operation().verb());
        self.ending(cx.deadline(), cx.time_limit(), &name)
    }

    /// The same server, until `deadline`, the end of `limit`, which is called `name`.
    pub(crate) fn ending(&self, deadline: Instant, limit: Duration, name: &str) -> Self {
        let deadline = Deadline::at(deadline.into_std(), limit, name);
        Self { name: self.name.clone(), client: self.client.until(&deadline) }
    }
}

impl Deref for Host {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

//! The `netbox` part of the provider block, and the client that it makes.
//!
//! What is not in the block comes from the environment. Nothing is contacted and no file is read before
//! the first operation makes the client.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use onprem_http::{Deadline, Secret};
use onprem_netbox::{Client, Error};
use tf_provider::cty::Path;
use tf_provider::{
    Attributes, Context, Diagnostic, Diagnostics, FromClients, ResourceModel, Result, Value,
};
use tokio::time::Instant;

use super::custom_fields::Definitions;
use crate::Clients;
use crate::system::{self, Reader, Settings, Transport, variable_text};

/// How to reach a NetBox.
#[derive(Clone, Attributes)]
pub struct NetBoxConfig {
    /// URL, for example `https://netbox.example`, with the path where it has one. Environment:
    /// `NETBOX_URL` or `NETBOX_SERVER_URL`.
    #[attr(optional)]
    url: Option<String>,
    /// API token of version 1 or 2. Environment: `NETBOX_TOKEN` or `NETBOX_API_TOKEN`.
    #[attr(optional, sensitive)]
    token: Option<String>,
    /// Certificate authority of the server, as PEM or as the path of a PEM file; the system's
    /// authorities otherwise. Environment: `NETBOX_CA_CERTIFICATE`.
    #[attr(optional)]
    ca_certificate: Option<String>,
    /// SHA-256 fingerprints of the server's certificates: exactly these are trusted, whoever signed them.
    #[attr(optional)]
    fingerprints: Option<Vec<String>>,
    /// Trusts any certificate. Anybody on the way can then read the token. Environment:
    /// `NETBOX_INSECURE`.
    #[attr(optional)]
    insecure: Option<bool>,
    /// Time limit of one request in seconds, 30 unless set.
    #[attr(optional, range(1, 3600))]
    timeout: Option<i64>,
    /// Requests that run at once, 8 unless set.
    #[attr(optional, range(1, 256))]
    max_concurrency: Option<i64>,
    /// Headers that every request carries, for a proxy on the way.
    #[attr(optional, sensitive)]
    headers: Option<BTreeMap<String, String>>,
    /// Names of tags that every object gets which can have tags, beside its own.
    #[attr(optional)]
    default_tags: Option<BTreeSet<String>>,
}

/// Reports what is wrong with the block before anything is contacted.
pub(crate) fn validate(config: &NetBoxConfigValues, diagnostics: &mut Diagnostics) {
    if let Some(url) = config.url.known() {
        let path = Path::from("netbox").attribute("url");
        system::check_url(url, path, "https://netbox.example", diagnostics);
    }
}

/// A client of the configured NetBox; dereferences to [`onprem_netbox::Client`].
#[derive(Clone, Debug)]
pub(crate) struct NetBox {
    client: Client,
    /// The configuration's name, which marks what it is about to create.
    pub(crate) owner: Option<String>,
    /// Tags that every object gets.
    pub(crate) default_tags: Arc<BTreeSet<String>>,
    /// Definitions of custom fields, asked for once.
    pub(crate) definitions: Arc<Definitions>,
}

/// Time limit where no operation brings its own: data sources and plans.
const DEFAULT_LIMIT: Duration = Duration::from_secs(5 * 60);

impl NetBox {
    /// The same client, within the time that the operation has.
    pub(crate) fn within<R: ResourceModel>(&self, cx: &Context<R>) -> Self {
        let name = format!("the {} timeout", cx.operation().verb());
        self.until(cx.deadline(), cx.time_limit(), &name)
    }

    /// The same client, until `deadline`, the end of `limit`, which is called `name`.
    pub(crate) fn until(&self, deadline: Instant, limit: Duration, name: &str) -> Self {
        let deadline = Deadline::at(deadline.into_std(), limit, name);
        Self { client: self.client.until(&deadline), ..self.clone() }
    }

    /// The same client, within the time that an operation without limits of its own gets.
    pub(crate) fn limited(&self) -> Self {
        let deadline = Deadline::after(DEFAULT_LIMIT, "the default timeout");
        Self { client: self.client.until(&deadline), ..self.clone() }
    }
}

impl Deref for NetBox {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

#[derive(Debug)]
struct Known {
    url: String,
    token: Option<Secret>,
    transport: Transport,
    owner: Option<String>,
    default_tags: BTreeSet<String>,
}

impl Known {
    fn client(&self, token: Secret) -> Result<NetBox, Error> {
        let builder = Client::builder(&self.url, token);
        Ok(NetBox {
            client: builder.http(|http| self.transport.apply(http)).build()?,
            owner: self.owner.clone(),
            default_tags: Arc::new(self.default_tags.clone()),
            definitions: Arc::default(),
        })
    }
}

/// The system as it is configured, or is not.
#[derive(Debug)]
pub(crate) struct NetBoxSystem {
    settings: Settings<Known>,
    // Made on first use: reading a certificate file is I/O, which configuring must not do.
    client: OnceLock<Result<NetBox, Error>>,
}

impl NetBoxSystem {
    pub(crate) fn new(block: Value<NetBoxConfigValues>, owner: &Value<String>) -> Self {
        Self { settings: settings(block, owner), client: OnceLock::new() }
    }

    fn client(&self) -> Result<NetBox> {
        match &self.settings {
            Settings::Absent => Err(Diagnostic::error("NetBox is not configured")
                .detail("The provider block has no `netbox`, and NETBOX_URL is not set.")
                .hint(
                    "add it: provider \"onprem\" { netbox = { url = \"https://netbox.example\", token = \
                     var.netbox_token } }",
                )),
            Settings::Unknown(name) => {
                Err(Diagnostic::error("NetBox cannot be reached during this plan")
                    .detail(format!(
                        "`netbox.{name}` in provider \"onprem\" is known only after another resource is \
                         applied."
                    ))
                    .hint("apply that resource first, with `-target`, or give the value as a variable"))
            }
            Settings::Known(known) => {
                let Some(token) = &known.token else {
                    return Err(Diagnostic::error("NetBox has no token")
                        .detail(
                            "`netbox.token` is not set in provider \"onprem\", nor is NETBOX_TOKEN in the \
                             environment.",
                        )
                        .hint("make one in NetBox: Admin -> Authentication -> API Tokens"));
                };
                self.client.get_or_init(|| known.client(token.clone())).clone().map_err(Into::into)
            }
        }
    }

    /// Does at once what was put off.
    pub(crate) async fn shutdown(&self) {
        if let Some(Ok(netbox)) = self.client.get() {
            netbox.flush().await;
        }
    }
}

fn settings(block: Value<NetBoxConfigValues>, owner: &Value<String>) -> Settings<Known> {
    let variables = ["NETBOX_URL", "NETBOX_SERVER_URL"];
    let configured = || variables.iter().any(|variable| variable_text(variable).is_some());
    let block = match block {
        Value::Unknown => return Settings::Unknown("url"),
        Value::Null if !configured() => return Settings::Absent,
        Value::Null => None,
        Value::Known(block) => Some(block),
    };
    let block = block.as_ref();
    let mut reader = Reader::default();
    let url = reader.text(block.map(|block| &block.url), "url", &variables);
    let tokens = ["NETBOX_TOKEN", "NETBOX_API_TOKEN"];
    let token = reader.text(block.map(|block| &block.token), "token", &tokens);
    let tags = reader.take(block.map(|block| &block.default_tags), "default_tags");
    let default_tags = reader.list(tags.unwrap_or_default(), "default_tags").into_iter().collect();
    let transport = system::transport!(&mut reader, block, "NETBOX");
    reader.finish(Known {
        url: url.unwrap_or_default(),
        token: token.map(Secret::new),
        transport,
        owner: owner.known().cloned(),
        default_tags,
    })
}

impl FromClients<Clients> for NetBox {
    fn from_clients(clients: &Clients) -> Result<Self> {
        clients.netbox.client()
    }

    fn unknown(clients: &Clients) -> bool {
        matches!(clients.netbox.settings, Settings::Unknown(_))
    }
}

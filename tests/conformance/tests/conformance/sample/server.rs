//! The sample resource.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value as Json};
use tf_provider::api::{FromApi, PlainJson};
use tf_provider::{
    Attributes, Choice, Context, Diagnostic, Diagnostics, Dynamic, ObjectSet, PlanContext,
    Resource, Result, Source, Text, Update,
};

use super::{Client, Fault};

/// A server.
#[derive(Clone, Resource)]
#[resource(
    name = "server",
    group = "Sample",
    version = 2,
    identity_version = 1,
    import = "{id}",
    import = "{zone}/{id}",
    import = "{name}",
    timeouts(create = "1m")
)]
pub(crate) struct Server {
    /// Number that the server gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Name; case does not matter.
    #[attr(required, api)]
    name: Text<Hostname>,
    /// Where it is.
    #[attr(required, replace, api)]
    zone: String,
    /// Memory in MiB.
    #[attr(setting, range(16, 65536), api)]
    memory: i64,
    /// State that it shall be in.
    #[attr(setting, absent = Status::Active, api)]
    status: Status,
    /// Remark.
    #[attr(setting, absent = "", api)]
    comment: String,
    /// Owner; the server keeps it.
    #[attr(setting, keep, api)]
    owner: Option<String>,
    /// Key of an interface.
    #[attr(setting, sensitive, api)]
    token: Option<String>,
    /// Words about it.
    #[attr(setting, api)]
    tags: Option<BTreeSet<String>>,
    /// Its name servers, in order.
    #[attr(setting, absent = Vec::new(), api)]
    dns: Vec<String>,
    /// Other names, by what for.
    #[attr(setting, api)]
    aliases: Option<BTreeMap<Hostname, Text<Hostname>>>,
    /// Disks by slot.
    #[attr(setting, api)]
    disks: Option<BTreeMap<Hostname, Disk>>,
    /// What its owner notes about it, of any type.
    #[attr(setting, api)]
    extra: Option<Dynamic>,
    /// Who may reach it, in no order.
    #[attr(setting, api)]
    peers: Option<ObjectSet<Peer>>,
    /// Its only name server.
    #[attr(setting, api, deprecated = "use `dns`")]
    name_server: Option<String>,
    /// Rules in order.
    #[attr(setting, api)]
    rules: Option<Vec<Rule>>,
    /// Processor.
    #[attr(setting, api(inline))]
    cpu: Option<Cpu>,
    /// Agent in the guest.
    #[attr(setting, api)]
    agent: Option<Agent>,
    #[attr(flatten)]
    boot: Boot,
    /// What to create it from.
    #[attr(creation(required))]
    image: Option<String>,
    /// Keys for the first login.
    #[attr(creation)]
    keys: Option<Vec<String>>,
    /// How often to try.
    #[attr(optional, default = 3)]
    attempts: i64,
    /// Note that stays here.
    #[attr(optional)]
    note: Option<String>,
    /// Password of the first user.
    #[attr(write_only(version = password_version), api)]
    password: Option<String>,
    /// Counts the passwords.
    #[attr(optional)]
    password_version: Option<i64>,
    /// Where it answers; changes with its memory.
    #[attr(computed(until = [memory]), api)]
    address: Option<String>,
}

/// A disk.
#[derive(Clone, Attributes)]
pub(crate) struct Disk {
    /// Size in GiB.
    #[attr(required, api)]
    size: i64,
    /// How writes are cached.
    #[attr(setting, api)]
    cache: String,
    /// Where it is.
    #[attr(computed, api)]
    volume: Option<String>,
}

/// A rule.
#[derive(Clone, Attributes)]
pub(crate) struct Rule {
    /// Port.
    #[attr(required, range(1, 65535), api)]
    port: i64,
    /// Remark.
    #[attr(setting, api)]
    remark: Option<String>,
}

/// Who may reach it.
#[derive(Clone, Attributes)]
pub(crate) struct Peer {
    /// Its name; case does not matter.
    #[attr(required, api)]
    name: Text<Hostname>,
    /// Port that it may reach.
    #[attr(required, api)]
    port: i64,
}

/// The processor.
#[derive(Clone, Attributes)]
pub(crate) struct Cpu {
    /// Sockets.
    #[attr(setting, api)]
    sockets: i64,
    /// Model.
    #[attr(setting, api)]
    model: Option<String>,
}

/// The agent.
#[derive(Clone, Attributes)]
pub(crate) struct Agent {
    /// Whether it is there.
    #[attr(required, api)]
    enabled: bool,
    /// Its port.
    #[attr(setting, api)]
    port: i64,
    /// Its password.
    #[attr(write_only, api)]
    secret: Option<String>,
}

/// What several resources have about booting.
#[derive(Clone, Attributes)]
pub(crate) struct Boot {
    /// Firmware.
    #[attr(setting, absent = "bios", replace, api)]
    firmware: String,
    /// Whether it starts with its host.
    #[attr(setting, absent = false, api = "onboot")]
    start_on_boot: bool,
}

/// What a server can be.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Status {
    Active,
    SwitchedOff,
    #[choice(name = "gone")]
    Retired,
    Other(String),
}

/// A name without regard to case.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Hostname(String);

impl FromStr for Hostname {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            true => Ok(Self(text.to_lowercase())),
            false => Err("It is made of letters, digits and hyphens.".to_owned()),
        }
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Resource for Server {
    type Client = Client;

    fn validate(config: &ServerValues, diagnostics: &mut Diagnostics) {
        if config.name.known().is_some_and(|name| name.to_string() == "localhost") {
            diagnostics.push(Diagnostic::error("No server is called that").at("name"));
        }
        if config.extra.known().is_some() && config.peers.known().is_some() {
            diagnostics
                .push(Diagnostic::error("`extra` and `peers` exclude each other").at("extra"));
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, _client: Option<&Client>) -> Result<()> {
        let note = cx.config().and_then(|config| config.note.known());
        match note.map(String::as_str) {
            Some("warn") => cx.report(Diagnostic::warning("As you wish").at("note")),
            Some("replace") => cx.replace("note"),
            Some("replace zone") => cx.replace("zone"),
            Some("unknown") => cx.unknown("address"),
            Some("foresee") if cx.prior().is_none() => {
                cx.foresee("address", &"10.0.0.1".to_owned());
            }
            Some("panic") => panic!("secret"),
            Some("impossible") => {
                return Err(Diagnostic::error("That cannot be planned").at("note"));
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(cx: &mut Context<Self>, client: &Client, plan: ServerPlan) -> Result<Self> {
        let world = &client.0;
        if world.fails(Fault::BeforeCreate) {
            return Err(Diagnostic::error("The server is full"));
        }
        let id = world.post(plan.to_api());
        cx.created(&ServerIdentity { id });
        cx.remember("uuid", &format!("uuid-{id}"))?;
        if world.fails(Fault::AfterCreate) {
            return Err(Diagnostic::error("It does not start"));
        }
        assert!(!world.fails(Fault::PanicAfterCreate), "secret {:?}", plan.password);
        if world.fails(Fault::HangAfterCreate) {
            world.hanging.cancel();
            std::future::pending::<()>().await;
        }
        if world.fails(Fault::Abandoned) {
            world.delete(id);
            cx.abandoned();
            return Err(Diagnostic::error("It fell over and was taken away"));
        }
        find(client, id)?.ok_or_else(|| Diagnostic::error("It has gone"))
    }

    async fn read(
        cx: &mut Context<Self>,
        client: &Client,
        identity: ServerIdentity,
    ) -> Result<Option<Self>> {
        if client.0.fails(Fault::Read) {
            return Err(std::io::Error::other("connection reset").into());
        }
        match cx.recall::<String>("uuid")? {
            None if !cx.imported() => {
                return Err(Diagnostic::error("The private state was lost"));
            }
            None => cx.remember("uuid", &format!("uuid-{}", identity.id))?,
            Some(_) => {}
        }
        find(client, identity.id)
    }

    async fn find(cx: &mut Context<Self>, client: &Client) -> Result<Option<ServerIdentity>> {
        let name = cx.prior().and_then(|prior| prior.name.known()).map(ToString::to_string);
        let found = client.0.find(|fields| fields["name"].as_str() == name.as_deref());
        let id = found.and_then(|fields| fields["id"].as_i64());
        Ok(id.map(|id| ServerIdentity { id }))
    }

    async fn update(
        cx: &mut Context<Self>,
        client: &Client,
        identity: ServerIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        if client.0.fails(Fault::Update) {
            return Err(Diagnostic::error("The server refuses"));
        }
        if cx.recall::<String>("uuid")?.is_none() {
            return Err(Diagnostic::error("The private state was lost"));
        }
        let changes = update.changes.to_api();
        if !changes.is_empty() {
            client.0.patch(identity.id, &changes);
        }
        find(client, identity.id)?.ok_or_else(|| Diagnostic::error("It has gone"))
    }

    async fn delete(
        cx: &mut Context<Self>,
        client: &Client,
        identity: ServerIdentity,
    ) -> Result<()> {
        if client.0.fails(Fault::Delete) {
            return Err(Diagnostic::error("It is in use"));
        }
        match cx.recall::<String>("uuid")? {
            Some(uuid) if uuid == format!("uuid-{}", identity.id) => {
                client.0.delete(identity.id);
                Ok(())
            }
            other => Err(Diagnostic::error(format!("Is it ours? It has {other:?}"))),
        }
    }

    fn upgrade(from: i64, state: &mut Map<String, Json>) -> Result<()> {
        match from {
            // It was `ram`, in GiB.
            0 => {
                let gib = state.remove("ram").and_then(|ram| ram.as_i64());
                state.insert("memory".into(), gib.map(|gib| gib * 1024).into());
            }
            // It was `host`.
            1 => {
                let name = state.remove("host").unwrap_or_default();
                state.insert("name".into(), name);
            }
            other => return Err(Diagnostic::error(format!("Version {other}?"))),
        }
        Ok(())
    }

    /// The number was called `server`.
    fn upgrade_identity(_from: i64, identity: &mut Map<String, Json>) -> Result<()> {
        if let Some(id) = identity.remove("server") {
            identity.insert("id".into(), id);
        }
        Ok(())
    }

    /// Another provider has machines.
    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        #[derive(serde::Deserialize)]
        struct Machine {
            number: i64,
            #[serde(default)]
            booted_from: Option<String>,
        }
        if !source.is("other/cloud", "cloud_machine") {
            return Ok(None);
        }
        let Machine { number, booted_from } = source.read()?;
        let mut taken = Map::new();
        taken.insert("id".into(), number.into());
        taken.insert("image".into(), booted_from.into());
        if number < 0 {
            taken.insert("nowhere".into(), true.into());
        }
        Ok(Some(taken))
    }
}

fn find(client: &Client, id: i64) -> Result<Option<Server>> {
    let found = client.0.get(id);
    found.map(|fields| Server::from_api::<PlainJson>(&fields)).transpose().map_err(Into::into)
}

//! A resource with a block of each kind.

pub(super) mod members;

use std::collections::BTreeMap;

use tf_provider::api::{FromApi, PlainJson};
use tf_provider::{
    Attributes, Context, Diagnostic, ObjectSet, PlanContext, Resource, Result, Text, Update,
};

use super::Client;
use super::server::Hostname;

/// A cluster.
#[derive(Clone, Resource)]
#[resource(name = "cluster", group = "Sample", import = "{id}")]
pub(crate) struct Cluster {
    /// Number that the server gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Name; case does not matter.
    #[attr(required, api)]
    name: Text<Hostname>,
    /// What may come in, in order.
    #[attr(block(max_items = 5), api = "inbound")]
    rule: Vec<Rule>,
    /// Its machines, by name.
    #[attr(block, api = "nodes")]
    node: BTreeMap<Hostname, Node>,
    /// Who may reach it, in no order.
    #[attr(block(min_items = 1), api = "friends")]
    peer: ObjectSet<Peer>,
    /// How it is reached.
    #[attr(block, api)]
    network: Option<Network>,
    /// Where it keeps its data.
    #[attr(block, api)]
    storage: Storage,
    /// Where it stops.
    #[attr(block(group), api)]
    limits: Limits,
    /// What it is made from.
    #[attr(block)]
    source: Option<Origin>,
    /// How it was balanced.
    #[attr(block, api, deprecated = "Use `limits`.")]
    balance: Option<Balance>,
    /// Who is in it.
    #[attr(computed(until = [node]), block, api)]
    member: Vec<Member>,
    /// Place that it gets.
    #[attr(computed, api)]
    slot: i64,
}

/// A rule.
#[derive(Clone, Attributes)]
pub(crate) struct Rule {
    /// Port.
    #[attr(required, range(1, 65535), api)]
    port: i64,
    /// Who is let in; case does not matter.
    #[attr(required, api)]
    host: Text<Hostname>,
    /// Remark.
    #[attr(setting, absent = "", api)]
    remark: String,
    /// What the server calls it.
    #[attr(computed(until = [host]), api)]
    handle: Option<String>,
    /// Key of who is let in.
    #[attr(write_only(version = key_version), api)]
    key: Option<String>,
    /// Counts the keys.
    #[attr(optional)]
    key_version: Option<i64>,
    /// When it holds.
    #[attr(block, api)]
    hours: Vec<Hours>,
}

/// When something holds.
#[derive(Clone, Attributes)]
pub(crate) struct Hours {
    /// First hour.
    #[attr(required, api)]
    from: i64,
    /// Last hour.
    #[attr(setting, absent = 24, api)]
    to: i64,
}

/// A machine.
#[derive(Clone, Attributes)]
pub(crate) struct Node {
    /// Memory in MiB.
    #[attr(setting, absent = 512, api)]
    memory: i64,
    /// What is in it at first.
    #[attr(creation)]
    seed: Option<String>,
    /// Disks by slot.
    #[attr(setting, api)]
    disks: Option<BTreeMap<String, i64>>,
    /// Its console.
    #[attr(block, api)]
    console: Option<Console>,
}

/// A console.
#[derive(Clone, Attributes)]
pub(crate) struct Console {
    /// Kind of it.
    #[attr(setting, absent = "serial", api)]
    kind: String,
}

/// Who may reach it.
#[derive(Clone, Attributes)]
pub(crate) struct Peer {
    /// Its name; case does not matter.
    #[attr(required, api)]
    name: Text<Hostname>,
    /// Remark.
    #[attr(optional)]
    remark: Option<String>,
    /// Ways to it.
    #[attr(block, api)]
    way: ObjectSet<Way>,
}

/// A way.
#[derive(Clone, Attributes)]
pub(crate) struct Way {
    /// Where it leads; case does not matter.
    #[attr(required, api)]
    through: Text<Hostname>,
}

/// How something is reached.
#[derive(Clone, Attributes)]
pub(crate) struct Network {
    /// Bridge.
    #[attr(required, api)]
    bridge: String,
    /// Bytes at once.
    #[attr(setting, absent = 1500, api)]
    mtu: i64,
}

/// Where something is kept.
#[derive(Clone, Attributes)]
pub(crate) struct Storage {
    /// Pool.
    #[attr(required, replace, api)]
    pool: String,
    /// Copies.
    #[attr(setting, keep, api)]
    copies: Option<i64>,
}

/// Where something stops.
#[derive(Clone, Attributes)]
pub(crate) struct Limits {
    /// Most machines.
    #[attr(setting, absent = 8, api)]
    nodes: i64,
    /// When it holds.
    #[attr(block, api)]
    hours: Vec<Hours>,
}

/// What it is made from.
#[derive(Clone, Attributes)]
pub(crate) struct Origin {
    /// Image.
    #[attr(creation)]
    image: Option<String>,
}

/// How something was balanced.
#[derive(Clone, Attributes)]
pub(crate) struct Balance {
    /// Weight.
    #[attr(setting, absent = 1, api)]
    weight: i64,
}

/// Who is in it.
#[derive(Clone, Attributes)]
pub(crate) struct Member {
    /// Its name.
    #[attr(computed, api)]
    name: String,
    /// Where it answers.
    #[attr(computed, api)]
    address: Option<String>,
}

impl Resource for Cluster {
    type Client = Client;

    async fn plan(cx: &mut PlanContext<Self>, client: Option<&Client>) -> Result<()> {
        let (None, Some(client)) = (cx.prior(), client) else { return Ok(()) };
        let slot = cx.once("slot", || async { Ok(client.0.free_slot()) }).await?;
        if let Some(slot) = slot {
            cx.foresee("slot", &slot);
        }
        Ok(())
    }

    async fn create(cx: &mut Context<Self>, client: &Client, plan: ClusterPlan) -> Result<Self> {
        let mut fields = plan.to_api();
        let slot: i64 = cx.found("slot")?.unwrap_or_else(|| client.0.free_slot());
        fields.insert("slot".into(), slot.into());
        let id = client.0.post(fields);
        cx.created(&ClusterIdentity { id });
        find(client, id)?.ok_or_else(|| Diagnostic::error("It has gone"))
    }

    async fn read(
        _: &mut Context<Self>,
        client: &Client,
        identity: ClusterIdentity,
    ) -> Result<Option<Self>> {
        find(client, identity.id)
    }

    async fn update(
        _: &mut Context<Self>,
        client: &Client,
        identity: ClusterIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        client.0.patch(identity.id, &update.changes.to_api());
        find(client, identity.id)?.ok_or_else(|| Diagnostic::error("It has gone"))
    }

    async fn delete(
        _: &mut Context<Self>,
        client: &Client,
        identity: ClusterIdentity,
    ) -> Result<()> {
        client.0.delete(identity.id);
        Ok(())
    }
}

fn find(client: &Client, id: i64) -> Result<Option<Cluster>> {
    let found = client.0.get(id);
    found.map(|fields| Cluster::from_api::<PlainJson>(&fields)).transpose().map_err(Into::into)
}

//! Blocks in what is no resource.

use tf_provider::{
    Action, ActionContext, Attributes, DataSource, EphemeralContext, EphemeralResource,
    ListContext, ListResource, ObjectSet, Result,
};

use super::{Client, Cluster, ClusterIdentity};

/// The members of some clusters.
#[derive(Clone, DataSource)]
#[data_source(name = "members", group = "Sample", deprecated = "Read `sample_cluster`.")]
pub(crate) struct Members {
    /// What to look for, any of them.
    #[attr(block)]
    filter: Vec<Filter>,
    /// Who was found.
    #[attr(computed, block)]
    member: Vec<Found>,
}

/// What to look for.
#[derive(Clone, Attributes)]
pub(crate) struct Filter {
    /// Name of the cluster.
    #[attr(required)]
    cluster: String,
    /// Most of them.
    #[attr(optional, default = 10)]
    limit: i64,
}

/// Who was found.
#[derive(Clone, Attributes)]
pub(crate) struct Found {
    /// Its name.
    #[attr(computed)]
    name: String,
}

impl DataSource for Members {
    type Client = Client;

    async fn read(client: &Client, arguments: MembersPlan) -> Result<Self> {
        let mut member = vec![];
        let mut filter = vec![];
        for FilterPlan { cluster, limit } in arguments.filter {
            let names = client.0.members(&cluster);
            let names = names.into_iter().take(usize::try_from(limit)?);
            member.extend(names.map(|name| Found { name }));
            filter.push(Filter { cluster, limit });
        }
        Ok(Self { filter, member })
    }
}

/// The key of a cluster.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "key", group = "Sample")]
pub(crate) struct Key {
    /// What for.
    #[attr(block)]
    purpose: Option<Purpose>,
    /// The key.
    #[attr(computed, sensitive)]
    value: String,
    /// Its parts.
    #[attr(computed, block)]
    part: Vec<Part>,
}

/// What a key is for.
#[derive(Clone, Attributes)]
pub(crate) struct Purpose {
    /// Its name.
    #[attr(required)]
    name: String,
}

/// A part of a key.
#[derive(Clone, Attributes)]
pub(crate) struct Part {
    /// The part.
    #[attr(computed, sensitive)]
    text: String,
}

impl EphemeralResource for Key {
    type Client = Client;

    async fn open(_: &mut EphemeralContext, _: &Client, arguments: KeyPlan) -> Result<Self> {
        let purpose = arguments.purpose.map(|purpose| Purpose { name: purpose.name });
        let value = purpose.as_ref().map_or("any", |purpose| &purpose.name).to_owned();
        Ok(Self { part: vec![Part { text: value.clone() }], purpose, value })
    }
}

/// The clusters.
#[derive(Clone, ListResource)]
pub(crate) struct Clusters {
    /// Names to look for.
    #[attr(block)]
    only: ObjectSet<Only>,
}

/// A name to look for.
#[derive(Clone, Attributes)]
pub(crate) struct Only {
    /// The name.
    #[attr(required)]
    name: String,
}

impl ListResource for Clusters {
    type Resource = Cluster;

    async fn list(
        cx: &mut ListContext<Cluster>,
        client: &Client,
        arguments: ClustersPlan,
    ) -> Result<()> {
        for (id, name) in client.0.clusters() {
            if arguments.only.is_empty() || arguments.only.iter().any(|only| only.name == name) {
                cx.found(&ClusterIdentity { id }, name).await?;
            }
        }
        Ok(())
    }
}

/// Drains a cluster.
#[derive(Clone, Action)]
#[action(name = "drain", group = "Sample")]
pub(crate) struct Drain {
    /// What to drain, in order.
    #[attr(block(min_items = 1))]
    step: Vec<Step>,
}

/// One step.
#[derive(Clone, Attributes)]
pub(crate) struct Step {
    /// Machine.
    #[attr(required)]
    node: String,
}

impl Action for Drain {
    type Client = Client;

    async fn invoke(cx: &mut ActionContext, client: &Client, plan: DrainPlan) -> Result<()> {
        for step in plan.step {
            client.0.note(&format!("DRAIN {}", step.node));
            cx.progress(format!("{} is empty", step.node));
        }
        Ok(())
    }
}

//! The nodes of the cluster. API: `GET /nodes`.

use tf_provider::{Attributes, DataSource, Result};

use super::Proxmox;

/// The nodes of the cluster, by name.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_nodes", group = "Proxmox VE")]
pub(crate) struct Nodes {
    /// The nodes.
    #[attr(computed)]
    nodes: Vec<NodeSummary>,
}

/// A node.
#[derive(Clone, Attributes)]
pub(crate) struct NodeSummary {
    /// Its name.
    #[attr(computed)]
    name: String,
    /// `online`, `offline` or `unknown`.
    #[attr(computed)]
    status: String,
    /// CPUs that it has; none while it is offline.
    #[attr(computed)]
    cpus: Option<i64>,
    /// Memory in bytes; none while it is offline.
    #[attr(computed)]
    memory: Option<i64>,
}

impl DataSource for Nodes {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, _arguments: NodesPlan) -> Result<Self> {
        let mut entries = pve.nodes().await?;
        entries.sort_by(|one, other| one.node.cmp(&other.node));
        let nodes = entries.into_iter().map(|entry| NodeSummary {
            name: entry.node.to_string(),
            status: entry.status,
            cpus: entry.maxcpu.map(i64::from),
            memory: entry.maxmem.and_then(|bytes| i64::try_from(bytes).ok()),
        });
        Ok(Self { nodes: nodes.collect() })
    }
}

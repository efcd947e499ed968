//! The storages of the cluster. API: `GET /cluster/resources`.

use onprem_proxmox::{NodeName, Resource as Row};
use tf_provider::{Attributes, DataSource, Result, Text};

use super::Proxmox;

/// The storages of the cluster, one for each node that has it.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_storages", group = "Proxmox VE")]
pub(crate) struct Storages {
    /// Only those of this node.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those that may hold this: `images`, `rootdir`, `iso`, `vztmpl`, `import`, `snippets` or
    /// `backup`.
    #[attr(optional)]
    content: Option<String>,
    /// The storages.
    #[attr(computed)]
    storages: Vec<StorageSummary>,
}

/// A storage as one node has it.
#[derive(Clone, Attributes)]
pub(crate) struct StorageSummary {
    /// Its name.
    #[attr(computed)]
    name: String,
    /// The node.
    #[attr(computed)]
    node: String,
    /// Its type, for example `dir` or `lvmthin`.
    #[attr(computed)]
    r#type: Option<String>,
    /// What it may hold.
    #[attr(computed)]
    content: Vec<String>,
    /// Whether nodes share it.
    #[attr(computed)]
    shared: bool,
    /// Whether it can be used: `available`, or else.
    #[attr(computed)]
    status: Option<String>,
    /// Size in bytes.
    #[attr(computed)]
    size: Option<i64>,
    /// Bytes in use.
    #[attr(computed)]
    used: Option<i64>,
}

impl DataSource for Storages {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, arguments: StoragesPlan) -> Result<Self> {
        let StoragesPlan { node, content } = arguments;
        let rows = pve.cluster().resources().await?;
        let wanted = |row: &StorageSummary| {
            node.as_ref().is_none_or(|node| node.to_string() == row.node)
                && content.as_ref().is_none_or(|content| row.content.contains(content))
        };
        let mut storages: Vec<_> = rows.iter().filter_map(summary).filter(wanted).collect();
        storages.sort_by(|one, other| (&one.name, &one.node).cmp(&(&other.name, &other.node)));
        Ok(Self { node, content, storages })
    }
}

fn summary(row: &Row) -> Option<StorageSummary> {
    let mut content = row.content.clone();
    content.sort();
    Some(StorageSummary {
        name: row.storage.as_ref().filter(|_| row.kind == "storage")?.to_string(),
        node: row.node.as_ref()?.to_string(),
        r#type: row.plugintype.clone(),
        content,
        shared: row.shared,
        status: row.status.clone(),
        size: row.maxdisk.and_then(|bytes| i64::try_from(bytes).ok()),
        used: row.disk.and_then(|bytes| i64::try_from(bytes).ok()),
    })
}

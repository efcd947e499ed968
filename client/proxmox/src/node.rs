//! One node. API: `/nodes/{node}`

use serde::Deserialize;

use crate::{Client, Error, Firewall, NodeName, Params, StorageName, TaskEntry, VmId};

/// One node. API: `/nodes/{node}`
#[derive(Clone, Debug)]
pub struct Node {
    client: Client,
    name: NodeName,
}

impl Node {
    pub(crate) fn new(client: Client, name: NodeName) -> Self {
        Self { client, name }
    }

    /// Name of the node
    pub fn name(&self) -> &NodeName {
        &self.name
    }

    /// Tasks that run and ran on the node, the newest first. API: `GET /nodes/{node}/tasks`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn tasks(&self, filter: &TaskFilter) -> Result<Vec<TaskEntry>, Error> {
        let mut params = Params::new();
        params
            .set("source", "all")
            .set("limit", filter.limit)
            .set_opt("vmid", filter.vmid)
            .set_opt("since", filter.since)
            .set_opt("typefilter", filter.task_type.as_deref());
        self.client.get(&format!("/nodes/{}/tasks", self.name), &params).await
    }

    /// The storages that the node knows. API: `GET /nodes/{node}/storage`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn storages(&self) -> Result<Vec<StorageEntry>, Error> {
        self.client.get(&format!("/nodes/{}/storage", self.name), &Params::new()).await
    }

    /// The node's firewall. API: `/nodes/{node}/firewall`
    pub fn firewall(&self) -> Firewall {
        Firewall::node(self.client.clone(), &self.name)
    }
}

/// Which tasks of a node to list
#[derive(Clone, Debug)]
pub struct TaskFilter {
    /// Only those of this guest
    pub vmid: Option<VmId>,
    /// Only those that started at this second since 1970 or later
    pub since: Option<u64>,
    /// Only those of this type, such as `qmclone`
    pub task_type: Option<String>,
    /// At most so many; 50 by default
    pub limit: u32,
}

impl Default for TaskFilter {
    fn default() -> Self {
        Self { vmid: None, since: None, task_type: None, limit: 50 }
    }
}

/// A storage as a node sees it. API: `GET /nodes/{node}/storage`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct StorageEntry {
    /// Name of the storage
    pub storage: StorageName,
    /// Type, such as `dir` or `lvmthin`
    #[serde(rename = "type")]
    pub kind: String,
    /// What it may hold, such as `images` and `iso`
    #[serde(default)]
    pub content: Vec<String>,
    /// Whether it can be used at the moment
    #[serde(default)]
    pub active: bool,
    /// Whether it is switched on
    #[serde(default)]
    pub enabled: bool,
    /// Whether nodes share it
    #[serde(default)]
    pub shared: bool,
    /// Size in bytes
    #[serde(default)]
    pub total: Option<u64>,
    /// Bytes in use
    #[serde(default)]
    pub used: Option<u64>,
    /// Bytes free
    #[serde(default)]
    pub avail: Option<u64>,
}

//! High availability: which guests the cluster's manager moves and restarts.
//!
//! API: `/cluster/ha`

use serde::Deserialize;

use crate::{Cluster, Error, GuestKind, NodeName, Params, VmId};

impl Cluster {
    /// The high availability of a guest, `None` when it is not managed
    ///
    /// API: `GET /cluster/ha/resources/{sid}`
    ///
    /// # Errors
    /// Any failure of the request; it takes the right to audit the cluster.
    pub async fn ha_resource(
        &self,
        kind: GuestKind,
        vmid: VmId,
    ) -> Result<Option<HaResource>, Error> {
        let path = format!("/cluster/ha/resources/{}", service_id(kind, vmid));
        match self.client.get(&path, &Params::new()).await {
            Ok(resource) => Ok(Some(resource)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the manager does with a guest, `None` when it does not know it yet or any more
    ///
    /// API: `GET /cluster/ha/status/current`
    ///
    /// # Errors
    /// As [`ha_resource`](Self::ha_resource).
    pub async fn ha_service(
        &self,
        kind: GuestKind,
        vmid: VmId,
    ) -> Result<Option<HaService>, Error> {
        let rows: Vec<StatusRow> =
            self.client.get("/cluster/ha/status/current", &Params::new()).await?;
        let sid = service_id(kind, vmid);
        let row = rows.into_iter().find(|row| row.sid.as_ref() == Some(&sid));
        Ok(row.map(|row| HaService {
            node: row.node,
            state: row.state.unwrap_or_default(),
            requested: row.request_state,
        }))
    }
}

/// A guest under high availability. API: `GET /cluster/ha/resources/{sid}`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct HaResource {
    /// Its name there, such as `vm:100` or `ct:101`
    pub sid: String,
    /// Wanted state: `started` by default, `stopped`, `disabled` or `ignored`
    #[serde(default = "started")]
    pub state: String,
    /// Digest of the list of resources
    #[serde(default)]
    pub digest: Option<String>,
    /// Comment
    #[serde(default)]
    pub comment: Option<String>,
}

impl HaResource {
    /// Whether starts, stops and moves go through the manager
    pub fn is_managed(&self) -> bool {
        self.state != "ignored"
    }
}

/// What the manager does with a guest. API: `GET /cluster/ha/status/current`
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HaService {
    /// Its node
    pub node: Option<NodeName>,
    /// `started`, `stopped`, `migrate`, `error`…
    pub state: String,
    /// The state that is wanted
    pub requested: Option<String>,
}

/// The `ha` part of a guest's status. API: `GET /nodes/{node}/{qemu|lxc}/{vmid}/status/current`
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct HaStatus {
    /// Whether it is under high availability
    #[serde(default)]
    pub managed: bool,
    /// Its state there
    #[serde(default)]
    pub state: Option<String>,
}

#[derive(Deserialize)]
struct StatusRow {
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    node: Option<NodeName>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    request_state: Option<String>,
}

pub(crate) fn service_id(kind: GuestKind, vmid: VmId) -> String {
    match kind {
        GuestKind::Lxc => format!("ct:{vmid}"),
        GuestKind::Qemu => format!("vm:{vmid}"),
    }
}

fn started() -> String {
    "started".to_owned()
}

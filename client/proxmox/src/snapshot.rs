//! Snapshots of guests. API: `/nodes/{node}/{qemu|lxc}/{vmid}/snapshot`

use serde::Deserialize;

use crate::{Client, Error, Params};

/// A snapshot of a guest. API: `GET /nodes/{node}/{qemu|lxc}/{vmid}/snapshot`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name
    pub name: String,
    /// Its description
    #[serde(default)]
    pub description: String,
    /// The snapshot that it follows
    #[serde(default)]
    pub parent: Option<String>,
    /// When it was taken, in seconds since 1970
    #[serde(default)]
    pub snaptime: Option<u64>,
    /// Whether it holds the memory of a running VM
    #[serde(default)]
    pub vmstate: bool,
}

/// The snapshots in the order of their times, without the row for the present state
pub(crate) async fn list(client: &Client, path: &str) -> Result<Vec<Snapshot>, Error> {
    let mut rows: Vec<Snapshot> = client.get(path, &Params::new()).await?;
    rows.retain(|row| row.name != "current");
    rows.sort_by(|a, b| (a.snaptime, &a.name).cmp(&(b.snaptime, &b.name)));
    Ok(rows)
}

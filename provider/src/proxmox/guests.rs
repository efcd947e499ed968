//! Finding guests in the cluster's list. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName, Resource as Row};
use tf_provider::{Result, Text};

use super::Proxmox;
use super::names::Tag;

/// Which guests are looked for.
pub(super) struct Filter {
    pub(super) kind: GuestKind,
    pub(super) template: bool,
    pub(super) node: Option<Text<NodeName>>,
    pub(super) tag: Option<Text<Tag>>,
    pub(super) pool: Option<String>,
}

impl Filter {
    fn admits(&self, row: &Row) -> bool {
        let tag = self.tag.as_ref().map(ToString::to_string);
        row.guest_kind().as_ref() == Some(&self.kind)
            && row.template == self.template
            && self.node.as_ref().is_none_or(|node| row.node.as_ref() == Some(&**node))
            && tag.is_none_or(|tag| row.tags.contains(&tag))
            && self.pool.as_ref().is_none_or(|pool| row.pool.as_ref() == Some(pool))
    }
}

/// Numbers and names, by number.
pub(super) async fn find(pve: &Proxmox, filter: Filter) -> Result<Vec<(i64, String)>> {
    let rows = pve.cluster().resources().await?;
    let mut found: Vec<(i64, String)> = rows
        .iter()
        .filter(|row| filter.admits(row))
        .filter_map(|row| {
            let vm_id = i64::from(row.vmid?.number());
            // A guest that was made a moment ago has no name in the list yet.
            let name = row.name.clone().unwrap_or_else(|| format!("Guest {vm_id}"));
            Some((vm_id, name))
        })
        .collect();
    found.sort();
    Ok(found)
}

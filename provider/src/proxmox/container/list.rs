//! Finding containers. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName};
use tf_provider::{ListContext, ListResource, Result, Text};

use super::{Container, ContainerIdentity};
use crate::proxmox::Proxmox;
use crate::proxmox::guests::{self, Filter};
use crate::proxmox::names::Tag;

/// Finds the containers of the cluster that are no templates, whoever made them.
#[derive(Clone, ListResource)]
pub(in crate::proxmox) struct Containers {
    /// Only those on this node.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those with this tag.
    #[attr(optional)]
    tag: Option<Text<Tag>>,
    /// Only those in this pool.
    #[attr(optional)]
    pool: Option<String>,
}

impl ListResource for Containers {
    type Resource = Container;

    async fn list(
        cx: &mut ListContext<Container>,
        pve: &Proxmox,
        arguments: ContainersPlan,
    ) -> Result<()> {
        let ContainersPlan { node, tag, pool } = arguments;
        let filter = Filter { kind: GuestKind::Lxc, template: false, node, tag, pool };
        for (vm_id, name) in guests::find(pve, filter).await? {
            cx.found(&ContainerIdentity { vm_id }, name).await?;
        }
        Ok(())
    }
}

//! Finding VMs. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName};
use tf_provider::{ListContext, ListResource, Result, Text};

use super::{Vm, VmIdentity};
use crate::proxmox::Proxmox;
use crate::proxmox::guests::{self, Filter};
use crate::proxmox::names::Tag;

/// Finds the VMs of the cluster that are no templates, whoever made them.
#[derive(Clone, ListResource)]
pub(in crate::proxmox) struct Vms {
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

impl ListResource for Vms {
    type Resource = Vm;

    async fn list(cx: &mut ListContext<Vm>, pve: &Proxmox, arguments: VmsPlan) -> Result<()> {
        let VmsPlan { node, tag, pool } = arguments;
        let filter = Filter { kind: GuestKind::Qemu, template: false, node, tag, pool };
        for (vm_id, name) in guests::find(pve, filter).await? {
            cx.found(&VmIdentity { vm_id }, name).await?;
        }
        Ok(())
    }
}

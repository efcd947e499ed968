//! Finding templates. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName};
use tf_provider::{ListContext, ListResource, Result, Text};

use super::{Template, TemplateIdentity};
use crate::proxmox::Proxmox;
use crate::proxmox::guests::{self, Filter};
use crate::proxmox::names::Tag;

/// Finds the VM templates of the cluster, whoever made them.
#[derive(Clone, ListResource)]
pub(in crate::proxmox) struct Templates {
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

impl ListResource for Templates {
    type Resource = Template;

    async fn list(
        cx: &mut ListContext<Template>,
        pve: &Proxmox,
        arguments: TemplatesPlan,
    ) -> Result<()> {
        let TemplatesPlan { node, tag, pool } = arguments;
        let filter = Filter { kind: GuestKind::Qemu, template: true, node, tag, pool };
        for (vm_id, name) in guests::find(pve, filter).await? {
            cx.found(&TemplateIdentity { vm_id }, name).await?;
        }
        Ok(())
    }
}

//! Looking templates of VMs up. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName};
use tf_provider::{DataSource, Diagnostics, Result, Text};

use super::Proxmox;
use super::guest_list::{self, GuestSummary, Wanted};
use super::names::Tag;

/// The templates of VMs of the cluster. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_templates", group = "Proxmox VE")]
pub(crate) struct Templates {
    /// Only those on this node.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those with this tag.
    #[attr(optional)]
    tag: Option<Text<Tag>>,
    /// The templates, by number.
    #[attr(computed)]
    templates: Vec<GuestSummary>,
}

impl DataSource for Templates {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, arguments: TemplatesPlan) -> Result<Self> {
        let TemplatesPlan { node, tag } = arguments;
        let wanted = Wanted {
            node: node.as_ref(),
            tag: tag.as_ref(),
            template: Some(true),
            ..Wanted::default()
        };
        let templates = guest_list::all(pve, GuestKind::Qemu, &wanted).await?;
        Ok(Self { node, tag, templates })
    }
}

/// One template of VMs, by its number, its name or a tag, which must be the only one then.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_template", group = "Proxmox VE", at_least_one_of(vm_id, name, tag))]
pub(crate) struct TemplateLookup {
    /// Its number.
    #[attr(setting)]
    vm_id: i64,
    /// Its name.
    #[attr(setting)]
    name: Option<String>,
    /// Node that it is on.
    #[attr(setting)]
    node: Text<NodeName>,
    /// A tag that it has.
    #[attr(optional)]
    tag: Option<Text<Tag>>,
    /// `running`, `stopped` or `unknown`.
    #[attr(computed)]
    status: String,
    /// Its tags.
    #[attr(computed)]
    tags: Vec<String>,
    /// Pool that it is in.
    #[attr(computed)]
    pool: Option<String>,
}

impl DataSource for TemplateLookup {
    type Client = Proxmox;

    fn validate(config: &TemplateLookupValues, diagnostics: &mut Diagnostics) {
        guest_list::check_name(&config.name, diagnostics);
    }

    async fn read(pve: &Proxmox, arguments: TemplateLookupPlan) -> Result<Self> {
        let TemplateLookupPlan { vm_id, name, node, tag } = arguments;
        let wanted = Wanted {
            vm_id,
            name: name.as_deref(),
            node: node.as_ref(),
            tag: tag.as_ref(),
            template: Some(true),
        };
        let found = guest_list::one(pve, GuestKind::Qemu, "template", &wanted).await?;
        let GuestSummary { vm_id, name, node, status, tags, pool, .. } = found;
        let node: NodeName = node.parse()?;
        Ok(Self { vm_id, name, node: node.into(), tag, status, tags, pool })
    }
}

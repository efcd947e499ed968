//! Looking containers up. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName};
use tf_provider::{DataSource, Diagnostics, Result, Text};

use super::Proxmox;
use super::guest_list::{self, GuestSummary, Wanted};
use super::names::Tag;

/// The containers of the cluster. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_containers", group = "Proxmox VE")]
pub(crate) struct Containers {
    /// Only those on this node.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those with this tag.
    #[attr(optional)]
    tag: Option<Text<Tag>>,
    /// Only templates, or only containers.
    #[attr(optional)]
    template: Option<bool>,
    /// The containers, by number.
    #[attr(computed)]
    containers: Vec<GuestSummary>,
}

impl DataSource for Containers {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, arguments: ContainersPlan) -> Result<Self> {
        let ContainersPlan { node, tag, template } = arguments;
        let wanted =
            Wanted { node: node.as_ref(), tag: tag.as_ref(), template, ..Wanted::default() };
        let containers = guest_list::all(pve, GuestKind::Lxc, &wanted).await?;
        Ok(Self { node, tag, template, containers })
    }
}

/// One container, by its number, its host name or a tag, which must be the only one then.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_container", group = "Proxmox VE", at_least_one_of(vm_id, name, tag))]
pub(crate) struct ContainerLookup {
    /// Its number.
    #[attr(setting)]
    vm_id: i64,
    /// Its host name.
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
    /// Whether it is a template.
    #[attr(computed)]
    template: bool,
    /// Its tags.
    #[attr(computed)]
    tags: Vec<String>,
    /// Pool that it is in.
    #[attr(computed)]
    pool: Option<String>,
}

impl DataSource for ContainerLookup {
    type Client = Proxmox;

    fn validate(config: &ContainerLookupValues, diagnostics: &mut Diagnostics) {
        guest_list::check_name(&config.name, diagnostics);
    }

    async fn read(pve: &Proxmox, arguments: ContainerLookupPlan) -> Result<Self> {
        let ContainerLookupPlan { vm_id, name, node, tag } = arguments;
        let wanted = Wanted {
            vm_id,
            name: name.as_deref(),
            node: node.as_ref(),
            tag: tag.as_ref(),
            ..Wanted::default()
        };
        let found = guest_list::one(pve, GuestKind::Lxc, "container", &wanted).await?;
        let GuestSummary { vm_id, name, node, status, template, tags, pool } = found;
        let node: NodeName = node.parse()?;
        Ok(Self { vm_id, name, node: node.into(), tag, status, template, tags, pool })
    }
}

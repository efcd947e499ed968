//! Looking VMs and templates up. API: `GET /cluster/resources`.

use onprem_proxmox::{GuestKind, NodeName, Resource as Row};
use tf_provider::{Attributes, DataSource, Diagnostic, Diagnostics, Result, Text, Value};

use super::Proxmox;
use super::names::Tag;

/// The VMs and templates of the cluster. Without arguments it is all of them.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_vms", group = "Proxmox VE")]
pub(crate) struct Vms {
    /// Only those on this node.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those with this tag.
    #[attr(optional)]
    tag: Option<Text<Tag>>,
    /// Only templates, or only VMs.
    #[attr(optional)]
    template: Option<bool>,
    /// The VMs, by number.
    #[attr(computed)]
    vms: Vec<VmSummary>,
}

/// A VM or template.
#[derive(Clone, Attributes)]
pub(crate) struct VmSummary {
    /// Its number.
    #[attr(computed)]
    vm_id: i64,
    /// Its name; none until a few seconds after it was made.
    #[attr(computed)]
    name: Option<String>,
    /// Node that it is on.
    #[attr(computed)]
    node: String,
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

impl DataSource for Vms {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, arguments: VmsPlan) -> Result<Self> {
        let VmsPlan { node, tag, template } = arguments;
        let tag_text = tag.as_ref().map(ToString::to_string);
        let wanted = |vm: &VmSummary| {
            node.as_ref().is_none_or(|node| node.to_string() == vm.node)
                && tag_text.as_ref().is_none_or(|tag| vm.tags.contains(tag))
                && template.is_none_or(|template| template == vm.template)
        };
        let vms = all(pve).await?.into_iter().filter(wanted).collect();
        Ok(Self { node, tag, template, vms })
    }
}

/// One VM or template, by its number or by its name.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_vm", group = "Proxmox VE")]
pub(crate) struct VmLookup {
    /// Its number.
    #[attr(setting)]
    vm_id: i64,
    /// Its name, which must be the only one of its kind.
    #[attr(setting)]
    name: Option<String>,
    /// Node that it is on.
    #[attr(computed)]
    node: String,
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

impl DataSource for VmLookup {
    type Client = Proxmox;

    fn validate(config: &VmLookupValues, diagnostics: &mut Diagnostics) {
        let set = |null: bool| usize::from(!null);
        if set(config.vm_id.is_null()) + set(config.name.is_null()) != 1 {
            diagnostics.push(
                Diagnostic::error("Say which VM: set `vm_id` or `name`, and not both").at("vm_id"),
            );
        }
        if let Value::Known(name) = &config.name
            && name.is_empty()
        {
            diagnostics.push(Diagnostic::error("`name` is empty").at("name"));
        }
    }

    async fn read(pve: &Proxmox, arguments: VmLookupPlan) -> Result<Self> {
        let VmLookupPlan { vm_id, name } = arguments;
        let wanted = |vm: &VmSummary| {
            vm_id.is_none_or(|vm_id| vm_id == vm.vm_id) && (name.is_none() || name == vm.name)
        };
        let mut found = all(pve).await?.into_iter().filter(wanted);
        let what = match (&vm_id, &name) {
            (Some(vm_id), _) => format!("number {vm_id}"),
            (None, name) => format!("name `{}`", name.as_deref().unwrap_or_default()),
        };
        let at = if vm_id.is_some() { "vm_id" } else { "name" };
        let vm = found.next().ok_or_else(|| {
            Diagnostic::error(format!("There is no VM with the {what}"))
                .hint("a VM that was made a moment ago has no name in the cluster's list yet")
                .at(at)
        })?;
        if let Some(other) = found.next() {
            return Err(Diagnostic::error(format!("Several VMs have the {what}"))
                .detail(format!("Two of them are {} and {}.", vm.vm_id, other.vm_id))
                .hint("name it by `vm_id`")
                .at(at));
        }
        let VmSummary { vm_id, name, node, status, template, tags, pool } = vm;
        Ok(Self { vm_id, name, node, status, template, tags, pool })
    }
}

async fn all(pve: &Proxmox) -> Result<Vec<VmSummary>> {
    let rows = pve.cluster().resources().await?;
    let mut vms: Vec<VmSummary> = rows.iter().filter_map(summary).collect();
    vms.sort_by_key(|vm| vm.vm_id);
    Ok(vms)
}

fn summary(row: &Row) -> Option<VmSummary> {
    let mut tags = row.tags.clone();
    tags.sort();
    Some(VmSummary {
        vm_id: row.vmid.filter(|_| row.guest_kind() == Some(GuestKind::Qemu))?.number().into(),
        name: row.name.clone(),
        node: row.node.as_ref()?.to_string(),
        status: row.status.clone().unwrap_or_else(|| "unknown".to_owned()),
        template: row.template,
        tags,
        pool: row.pool.clone(),
    })
}

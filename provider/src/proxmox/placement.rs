//! Where a guest is: its node and its pool.

use std::collections::BTreeSet;

use onprem_proxmox::{GuestKind, GuestLocation, MigrateContainer, MigrateVm, NodeName, VmId};
use tf_provider::{Change, Context, Diagnostic, ResourceModel, Result, Text, Value};

use super::Proxmox;

/// The nodes where a plan has a guest: the one that it shall be on, and those where it may stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Homes<'a> {
    pub(crate) node: &'a Text<NodeName>,
    pub(crate) allowed: Option<&'a BTreeSet<Text<NodeName>>>,
}

impl Homes<'_> {
    fn include(&self, node: &NodeName) -> bool {
        self.allowed.into_iter().flatten().chain([self.node]).any(|home| **home == *node)
    }
}

/// Migrates a guest that is on none of the nodes where it may be: a running VM stays up, a container is
/// restarted. Nothing when it has gone.
///
/// # Errors
/// That it was moved since the plan; what the server said.
pub(crate) async fn bring<R: ResourceModel>(
    cx: &Context<R>,
    pve: &Proxmox,
    vm_id: VmId,
    found: GuestLocation,
    homes: Homes<'_>,
    running: bool,
) -> Result<Option<GuestLocation>> {
    if homes.include(&found.node) {
        return Ok(Some(found));
    }
    if !cx.leaves_open("current_node") {
        return Err(Diagnostic::error(format!("Guest {vm_id} was moved to {}", found.node))
            .detail("Somebody moved it since the plan was made, which so says nothing of moving it back.")
            .hint("plan again; or add the node to `allowed_nodes`")
            .at("node"));
    }
    let node = (**homes.node).clone();
    match found.kind {
        GuestKind::Lxc => {
            let mut to = MigrateContainer::new(node);
            to.restart = running;
            pve.lxc(&found.node, vm_id).migrate(&to).await?;
        }
        _ => {
            let mut to = MigrateVm::new(node);
            to.online = running;
            to.with_local_disks = true;
            pve.qemu(&found.node, vm_id).migrate(&to).await?;
        }
    }
    pve.cluster().invalidate();
    Ok(pve.locate(vm_id).await?)
}

/// Puts a guest into another pool.
///
/// # Errors
/// What the server said.
pub(crate) async fn pool(pve: &Proxmox, vm_id: VmId, change: &Change<String>) -> Result<()> {
    if let Change::Set(name) = change {
        pve.pool(name).add_guest(vm_id, true).await?;
    }
    Ok(())
}

/// The node that a guest leaves in a plan, and words for the one that it goes to. On its way the server may
/// give its volumes other names.
pub(crate) fn leaves(
    current: &Value<String>,
    node: &Value<Text<NodeName>>,
    allowed: &Value<Vec<Value<Text<NodeName>>>>,
) -> Option<(String, String)> {
    let now = current.known()?;
    let mut homes = allowed.known().into_iter().flatten().filter_map(Value::known);
    if homes.any(|home| home.to_string() == *now) {
        return None;
    }
    match node.known().map(ToString::to_string) {
        Some(node) if node == *now => None,
        Some(node) => Some((now.clone(), node)),
        None => Some((now.clone(), "a node that is not known yet".to_owned())),
    }
}

/// The node that the state names for a guest that is on `now`: the one that was asked for, wherever the
/// guest may be, else the one where it is. An import takes it where it is.
pub(crate) fn node(
    imported: bool,
    asked: &Value<Text<NodeName>>,
    allowed: &Value<Vec<Value<Text<NodeName>>>>,
    now: &NodeName,
) -> Text<NodeName> {
    let allowed = allowed.known().into_iter().flatten().filter_map(Value::known);
    let at_home = asked.known().into_iter().chain(allowed).any(|home| **home == *now);
    match asked.known().filter(|_| at_home && !imported) {
        Some(asked) => asked.clone(),
        None => now.clone().into(),
    }
}

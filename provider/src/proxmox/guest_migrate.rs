//! Moving a guest to another node. API: `POST /nodes/{node}/{qemu|lxc}/{vmid}/migrate`.

use onprem_proxmox::{
    GuestKind, GuestLocation, MigrateContainer, MigrateVm, MigrationCheck, NodeName, VmId,
};
use tf_provider::{Action, ActionContext, Attempt, Diagnostic, Diagnostics, Result, Text, Value};

use super::{Proxmox, power, task_log};

/// Moves a VM or container to another node, whoever made it.
///
/// A running VM stays up. A running container cannot move: it is shut down and started again on the new
/// node, and that only where `allow_downtime` says so. A guest that is on the node already is left alone.
/// The action waits until the guest is there, under high availability, too. Where a resource manages the
/// guest, its `node` and `allowed_nodes` decide again at the next apply.
#[derive(Clone, Action)]
#[action(name = "proxmox_guest_migrate", group = "Proxmox VE", timeout = "1h")]
pub(crate) struct GuestMigrate {
    /// Number of the guest, a VM or a container.
    #[attr(required, range(100, 999_999_999))]
    vm_id: i64,
    /// Node that it shall be on.
    #[attr(required)]
    target_node: Text<NodeName>,
    /// Takes a running container down for the move.
    #[attr(optional, default = false)]
    allow_downtime: bool,
    /// How long a container may take to shut down.
    #[attr(optional, default = "3m")]
    shutdown_timeout: String,
    /// Copies the disks of a running VM that only its node has. Those of a stopped one are always copied.
    #[attr(optional, default = false)]
    with_local_disks: bool,
    /// Storage on the new node for what is copied: a name, or pairs such as `local-lvm:fast`. The same as
    /// before unless set.
    #[attr(optional)]
    target_storage: Option<String>,
}

impl Action for GuestMigrate {
    type Client = Proxmox;

    fn validate(config: &GuestMigrateValues, diagnostics: &mut Diagnostics) {
        if let Some(text) = config.shutdown_timeout.known()
            && let Err(error) = power::shutdown_timeout(text)
        {
            diagnostics.push(error);
        }
    }

    async fn plan(
        config: &GuestMigrateValues,
        pve: Option<&Proxmox>,
        _: &mut Diagnostics,
    ) -> Result<()> {
        let (Some(pve), Value::Known(vm_id), Value::Known(target)) =
            (pve, &config.vm_id, &config.target_node)
        else {
            return Ok(());
        };
        let vm_id = VmId::new(*vm_id).at("vm_id")?;
        // The same apply may make it.
        let Some(found) = pve.locate(vm_id).await? else { return Ok(()) };
        let allowed = |allowed: &Value<bool>| !matches!(allowed, Value::Known(false) | Value::Null);
        let way = Way {
            pve,
            vm_id,
            target,
            downtime: allowed(&config.allow_downtime),
            local_disks: allowed(&config.with_local_disks),
        };
        way.look(&found).await.map(drop)
    }

    async fn invoke(
        cx: &mut ActionContext,
        pve: &Proxmox,
        arguments: GuestMigratePlan,
    ) -> Result<()> {
        let GuestMigratePlan { vm_id, target_node, target_storage, .. } = arguments;
        let timeout = power::shutdown_timeout(&arguments.shutdown_timeout)?;
        let pve = pve.until(cx.deadline(), cx.time_limit(), "the action's `timeout`");
        let vm_id = VmId::new(vm_id).at("vm_id")?;
        let found = pve
            .locate(vm_id)
            .await?
            .ok_or_else(|| Diagnostic::error(format!("There is no guest {vm_id}")).at("vm_id"))?;
        let (downtime, local_disks) = (arguments.allow_downtime, arguments.with_local_disks);
        let way = Way { pve: &pve, vm_id, target: &target_node, downtime, local_disks };
        let noun = noun(&found);
        let Some(running) = way.look(&found).await? else {
            cx.progress(format!("{noun} {vm_id} is on {} already", found.node));
            return Ok(());
        };
        let state = if running { "runs" } else { "is stopped" };
        cx.progress(format!(
            "{noun} {vm_id} on {} {state}: moving to {}",
            found.node, *target_node
        ));
        let migration = match found.kind {
            GuestKind::Lxc => {
                let mut to = MigrateContainer::new((*target_node).clone());
                to.restart = running;
                to.shutdown_timeout = running.then_some(timeout);
                to.target_storage = target_storage;
                pve.lxc(&found.node, vm_id).migrate(&to)
            }
            _ => {
                let mut to = MigrateVm::new((*target_node).clone());
                to.online = running;
                to.with_local_disks = local_disks;
                to.target_storage = target_storage;
                pve.qemu(&found.node, vm_id).migrate(&to)
            }
        };
        let report = task_log::told(cx, &pve, |started| migration.on_start(started)).await?;
        for warning in report.warnings {
            cx.warn(
                Diagnostic::warning(format!("Moving guest {vm_id}: {warning}")).at("target_node"),
            );
        }
        cx.progress(format!("{noun} {vm_id} is on {}", *target_node));
        Ok(())
    }
}

fn noun(found: &GuestLocation) -> &'static str {
    if found.kind == GuestKind::Lxc { "Container" } else { "VM" }
}

/// A move that is wanted, and what is allowed for it.
struct Way<'a> {
    pve: &'a Proxmox,
    vm_id: VmId,
    target: &'a NodeName,
    downtime: bool,
    local_disks: bool,
}

impl Way<'_> {
    /// Whether the guest runs that shall move; nothing when it is there already.
    ///
    /// # Errors
    /// What stands in the way.
    async fn look(&self, found: &GuestLocation) -> Result<Option<bool>> {
        let Self { pve, vm_id, target, .. } = self;
        if found.node == **target {
            return Ok(None);
        }
        let nodes = pve.nodes().await?;
        match nodes.iter().find(|entry| entry.node == **target) {
            None => {
                let names: Vec<String> = nodes.iter().map(|entry| entry.node.to_string()).collect();
                return Err(Diagnostic::error(format!("There is no node {target}"))
                    .detail(format!("The cluster has {}.", names.join(", ")))
                    .at("target_node"));
            }
            Some(entry) if entry.status == "offline" => {
                return Err(Diagnostic::error(format!("The node {target} is offline"))
                    .hint("choose another, or bring it back first")
                    .at("target_node"));
            }
            Some(_) => {}
        }
        let running = power::power(pve, found, *vm_id).is_running().await?;
        if running && found.kind == GuestKind::Lxc && !self.downtime {
            return Err(Diagnostic::error(format!("Container {vm_id} runs"))
                .detail("A container cannot move while it runs: it would be shut down and started again.")
                .hint("set `allow_downtime = true` if that is meant, or stop it first")
                .at("allow_downtime"));
        }
        if found.kind == GuestKind::Qemu {
            let check = pve.qemu(&found.node, *vm_id).migration_check(target).await?;
            judge(*vm_id, &check, running, self.local_disks)?;
        }
        Ok(Some(running))
    }
}

/// What the server says that stands in the way of a VM, whose local disks may be copied or not.
fn judge(vm_id: VmId, check: &MigrationCheck, running: bool, copies: bool) -> Result<()> {
    if !check.local_resources.is_empty() {
        return Err(Diagnostic::error(format!("VM {vm_id} is bound to its node"))
            .detail(format!("It uses {} of the node.", check.local_resources.join(", ")))
            .hint("take these devices out of it, or map them for the whole cluster")
            .at("vm_id"));
    }
    let local = |cd: bool| {
        let disks = check.local_disks.iter().filter(|disk| disk.cdrom == cd);
        disks.map(|disk| disk.volid.clone()).collect::<Vec<_>>().join(", ")
    };
    let (cds, disks) = (local(true), local(false));
    if !cds.is_empty() {
        return Err(Diagnostic::error(format!("VM {vm_id} has a CD of its node"))
            .detail(format!("Only its node has {cds}, and a CD is not copied."))
            .hint("take it out, or put it on a storage that both nodes have")
            .at("vm_id"));
    }
    if running && !disks.is_empty() && !copies {
        return Err(Diagnostic::error(format!("VM {vm_id} has disks that only its node has"))
            .detail(format!("These are {disks}. They can be copied while the VM runs."))
            .hint("set `with_local_disks = true`; large disks take their time")
            .at("with_local_disks"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn what_stands_in_the_way_of_a_vm_is_named_at_what_to_change() {
        let judged = |disks: Json, resources: Json, running: bool, copies: bool| {
            let check = json!({ "local_disks": disks, "local_resources": resources });
            let check: MigrationCheck = serde_json::from_value(check).unwrap();
            let error = judge(VmId::new(9100).unwrap(), &check, running, copies).err()?;
            Some((error.path().unwrap().to_string(), error.full_detail()))
        };
        let local = json!([{ "volid": "local-lvm:vm-9100-disk-0" }]);
        let (at, text) = judged(local.clone(), json!([]), true, false).unwrap();
        assert!(at == "with_local_disks" && text.contains("local-lvm:vm-9100-disk-0"), "{text}");
        assert_eq!(judged(local.clone(), json!([]), true, true), None);
        assert_eq!(judged(local, json!([]), false, false), None);
        let cd = json!([{ "volid": "local:iso/a.iso", "cdrom": true }]);
        assert!(judged(cd, json!([]), false, true).unwrap().1.contains("local:iso/a.iso"));
        let (at, text) = judged(json!([]), json!(["hostpci0"]), false, true).unwrap();
        assert!(at == "vm_id" && text.contains("hostpci0"), "{text}");
    }
}

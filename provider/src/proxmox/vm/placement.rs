//! Where a VM is: its node and its pool.

use onprem_proxmox::{GuestLocation, MigrateVm, VmId};
use tf_provider::{Change, Result};

use super::{VmPlan, gone};
use crate::proxmox::Proxmox;

/// Migrates a VM that is on none of the nodes where it may be.
pub(super) async fn bring(
    pve: &Proxmox,
    vm_id: VmId,
    found: GuestLocation,
    plan: &VmPlan,
    running: bool,
) -> Result<GuestLocation> {
    let mut homes = plan.allowed_nodes.iter().flatten().chain([&plan.node]);
    if homes.any(|home| **home == found.node) {
        return Ok(found);
    }
    let mut to = MigrateVm::new((*plan.node).clone());
    to.online = running;
    to.with_local_disks = true;
    pve.qemu(&found.node, vm_id).migrate(&to).await?;
    pve.cluster().invalidate();
    pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))
}

/// Puts a VM into another pool.
pub(super) async fn pool(pve: &Proxmox, vm_id: VmId, change: &Change<String>) -> Result<()> {
    if let Change::Set(name) = change {
        pve.pool(name).add_guest(vm_id, true).await?;
    }
    Ok(())
}

//! Starts and stops a container.

use std::time::Duration;

use onprem_proxmox::{GuestLocation, NodeName, VmId};
use tf_provider::{Context, Result};

use super::Container;
use crate::proxmox::Proxmox;

/// Brings a container to what is wanted; whether it runs then.
pub(super) async fn bring(
    pve: &Proxmox,
    node: &NodeName,
    vm_id: VmId,
    wanted: Option<bool>,
    timeout: Duration,
) -> Result<bool> {
    let lxc = pve.lxc(node, vm_id);
    let running = lxc.status().await?.is_running();
    match (running, wanted.unwrap_or(running)) {
        (false, true) => {
            lxc.start().await?;
        }
        (true, false) => {
            lxc.shutdown(timeout, true).await?;
        }
        (running, _) => return Ok(running),
    }
    Ok(!running)
}

/// The addresses that the server sees in a running container.
pub(super) async fn addresses(pve: &Proxmox, node: &NodeName, vm_id: VmId) -> Result<Vec<String>> {
    let interfaces = pve.lxc(node, vm_id).interfaces().await?;
    let all = interfaces.iter().flat_map(|interface| &interface.addresses);
    Ok(all.filter(|address| address.is_reachable()).map(|a| a.ip.to_string()).collect())
}

/// Whether a container runs, by the cluster's list, which costs nothing. The list lags: where it is news
/// to the state the container itself is asked.
pub(super) async fn listed_as_running(
    cx: &Context<Container>,
    pve: &Proxmox,
    found: &GuestLocation,
    vm_id: VmId,
) -> Result<bool> {
    let rows = pve.cluster().resources().await?;
    let listed = rows.iter().find(|row| row.vmid == Some(vm_id));
    let listed = listed.and_then(|row| row.status.as_deref()).map(|status| status == "running");
    let known = cx.prior().and_then(|prior| prior.started.known()).copied();
    match (listed, known) {
        (Some(listed), Some(known)) if listed == known => Ok(listed),
        _ => Ok(pve.lxc(&found.node, vm_id).status().await?.is_running()),
    }
}

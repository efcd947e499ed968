//! Starts, restarts and stops a VM, and says whether one is due.

use std::time::Duration;

use onprem_proxmox::{AgentAnswer, GuestLocation, NodeName, VmId};
use tf_provider::{Attempt, Context, Diagnostic, Result};

use super::{RebootPolicy, Vm, VmPlan};
use crate::proxmox::Proxmox;

/// What an apply may do to the power of a guest.
pub(super) struct Policy {
    restart: bool,
    shutdown_timeout: Duration,
}

impl Policy {
    pub(super) fn of(plan: &VmPlan) -> Result<Self> {
        let shutdown_timeout =
            humantime::parse_duration(&plan.shutdown_timeout).at("shutdown_timeout")?;
        Ok(Self { restart: plan.reboot == RebootPolicy::IfNeeded, shutdown_timeout })
    }

    /// Brings a guest that is `running` or not to what is `wanted`, and restarts it where changes wait
    /// and that is allowed. Whether it runs then.
    pub(super) async fn bring(
        &self,
        pve: &Proxmox,
        node: &NodeName,
        vm_id: VmId,
        wanted: Option<bool>,
        running: bool,
    ) -> Result<bool> {
        let qemu = pve.qemu(node, vm_id);
        match (running, wanted.unwrap_or(running)) {
            (false, true) => {
                qemu.start().await?;
                Ok(true)
            }
            (true, false) => {
                switch_off(pve, node, vm_id, self.shutdown_timeout).await?;
                Ok(false)
            }
            (true, true) if self.restart && changes_wait(pve, node, vm_id).await? => {
                self.restart(pve, node, vm_id).await?;
                Ok(true)
            }
            (running, _) => Ok(running),
        }
    }

    /// Restarts a guest, in one request where it reacts: whatever becomes of this process, the node
    /// starts it again.
    async fn restart(&self, pve: &Proxmox, node: &NodeName, vm_id: VmId) -> Result<()> {
        let qemu = pve.qemu(node, vm_id);
        match qemu.reboot(self.shutdown_timeout).await {
            Ok(_) => {}
            Err(error) if error.task().is_some() => {
                tracing::info!(%error, "the guest does not shut down: it is switched off");
                switch_off(pve, node, vm_id, Duration::ZERO).await?;
                qemu.start().await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        // The node starts it after the task of the reboot has ended.
        for _ in 0..STARTS {
            if qemu.status().await?.is_running() && !changes_wait(pve, node, vm_id).await? {
                return Ok(());
            }
            tokio::time::sleep(pve.deadline().at_most(Duration::from_millis(500))).await;
        }
        if !qemu.status().await?.is_running() {
            qemu.start().await?;
        }
        Ok(())
    }
}

/// How often a guest that restarts is asked whether it runs before it is started.
const STARTS: usize = 20;

/// Shuts a guest down, and switches it off when it does not react in time.
pub(super) async fn switch_off(
    pve: &Proxmox,
    node: &NodeName,
    vm_id: VmId,
    timeout: Duration,
) -> Result<()> {
    let qemu = pve.qemu(node, vm_id);
    if !qemu.status().await?.is_running() {
        return Ok(());
    }
    qemu.shutdown(timeout, true).await?;
    // The node cleans up after the old process and would take a new one for it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// Whether changes wait for the next start.
pub(super) async fn changes_wait(pve: &Proxmox, node: &NodeName, vm_id: VmId) -> Result<bool> {
    let pending = pve.qemu(node, vm_id).pending().await?;
    Ok(pending.iter().any(onprem_proxmox::PendingValue::is_pending))
}

/// The addresses that the guest agent tells; with `wait`, once it tells any.
pub(super) async fn addresses(
    pve: &Proxmox,
    node: &NodeName,
    vm_id: VmId,
    running: bool,
    wait: bool,
) -> Result<Vec<String>> {
    if !running {
        return Ok(vec![]);
    }
    loop {
        let answer = pve.qemu(node, vm_id).agent().interfaces().await?;
        let disabled = answer == AgentAnswer::Disabled;
        let interfaces = answer.answered().unwrap_or_default();
        let all = interfaces.iter().flat_map(|interface| &interface.addresses);
        let found: Vec<String> =
            all.filter(|address| address.is_reachable()).map(|a| a.ip.to_string()).collect();
        if !wait || !found.is_empty() {
            return Ok(found);
        }
        if disabled {
            return Err(Diagnostic::error("Nothing can tell the VM's address")
                .detail("`wait_for_ip` waits for the guest agent, and `agent` is not enabled.")
                .hint("set `agent = { enabled = true }`, and run the agent in the guest")
                .at("wait_for_ip"));
        }
        if pve.deadline().has_passed() {
            return Err(Diagnostic::error("The guest agent told no address in time")
                .hint("does the agent run in the guest, and does the guest get an address?")
                .at("wait_for_ip"));
        }
        tokio::time::sleep(pve.deadline().at_most(Duration::from_secs(2))).await;
    }
}

/// Whether a guest runs, by the cluster's list, which costs nothing. The list lags: where it is news to
/// the state the guest itself is asked.
pub(super) async fn listed_as_running(
    cx: &Context<Vm>,
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
        _ => Ok(pve.qemu(&found.node, vm_id).status().await?.is_running()),
    }
}

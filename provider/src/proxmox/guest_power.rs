//! The power of a guest. API: `…/status/{start,shutdown,stop,reboot}`.

use std::time::Duration;

use onprem_proxmox::{GuestKind, NodeName, TaskCall, VmId};
use tf_provider::{Action, ActionContext, Attempt, Choice, Diagnostic, Diagnostics, Result};

use super::Proxmox;

/// Starts, shuts down, stops or restarts a VM or container, whoever made it.
///
/// It waits until that is done. A guest that is already as wanted is left alone. Where a resource manages
/// the guest, its `started` decides again at the next apply.
#[derive(Clone, Action)]
#[action(name = "proxmox_guest_power", group = "Proxmox VE", timeout = "10m")]
pub(crate) struct GuestPower {
    /// Number of the guest, a VM or a container.
    #[attr(required, range(100, 999_999_999))]
    vm_id: i64,
    /// What to do. `shutdown` and `reboot` ask the guest; `stop` switches it off.
    #[attr(required)]
    operation: Power,
    /// How long the guest may take to shut down.
    #[attr(optional, default = "3m")]
    shutdown_timeout: String,
    /// Switches the guest off when it does not shut down in time. Only for `shutdown`.
    #[attr(optional, default = false)]
    force: bool,
}

/// What is done to a guest.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Power {
    Start,
    Shutdown,
    Stop,
    Reboot,
    Other(String),
}

impl Action for GuestPower {
    type Client = Proxmox;

    fn validate(config: &GuestPowerValues, diagnostics: &mut Diagnostics) {
        if let Some(text) = config.shutdown_timeout.known()
            && humantime::parse_duration(text).is_err()
        {
            diagnostics.push(
                Diagnostic::error(format!("`{text}` is not a duration"))
                    .hint("write a number and a unit, such as `30s` or `5m`")
                    .at("shutdown_timeout"),
            );
        }
        let known = config.operation.known();
        if config.force.known() == Some(&true) && known.is_some_and(|one| *one != Power::Shutdown) {
            diagnostics.push(
                Diagnostic::error("`force` is for `shutdown`")
                    .hint("`stop` switches a guest off at once")
                    .at("force"),
            );
        }
    }

    async fn invoke(
        cx: &mut ActionContext,
        pve: &Proxmox,
        arguments: GuestPowerPlan,
    ) -> Result<()> {
        let GuestPowerPlan { vm_id, operation, shutdown_timeout, force } = arguments;
        let pve = pve.until(cx.deadline(), cx.time_limit(), "the action's `timeout`");
        let vm_id = VmId::new(vm_id)?;
        let timeout = humantime::parse_duration(&shutdown_timeout).at("shutdown_timeout")?;
        let found = pve
            .locate(vm_id)
            .await?
            .ok_or_else(|| Diagnostic::error(format!("There is no guest {vm_id}")).at("vm_id"))?;
        if found.config.get("template")? == Some(true) {
            return Err(Diagnostic::error(format!("Guest {vm_id} is a template"))
                .detail("A template never runs.")
                .at("vm_id"));
        }
        let guest = Guest { pve: &pve, kind: found.kind, node: &found.node, vm_id };
        let running = guest.is_running().await?;
        let state = if running { "runs" } else { "is stopped" };
        cx.progress(format!("{} {vm_id} on {} {state}", guest.noun(), found.node));
        match (&operation, running) {
            (Power::Start, true) | (Power::Shutdown | Power::Stop, false) => return Ok(()),
            (Power::Reboot, false) => {
                return Err(Diagnostic::error(format!("Guest {vm_id} does not run"))
                    .detail("Only what runs can be restarted.")
                    .hint("use the operation `start`")
                    .at("operation"));
            }
            (Power::Other(word), _) => {
                return Err(Diagnostic::error(format!("`{word}` is no operation")).at("operation"));
            }
            _ => {}
        }
        let call = guest.call(&operation, timeout, force);
        call.on_start(|task| cx.progress(format!("{}: task {task}", operation.as_str()))).await?;
        let wanted = matches!(operation, Power::Start | Power::Reboot);
        guest.settle(wanted).await?;
        let state = if wanted { "runs" } else { "is stopped" };
        cx.progress(format!("{} {vm_id} {state}", guest.noun()));
        Ok(())
    }
}

/// A VM or container, and where it is.
struct Guest<'a> {
    pve: &'a Proxmox,
    kind: GuestKind,
    node: &'a NodeName,
    vm_id: VmId,
}

impl Guest<'_> {
    fn noun(&self) -> &'static str {
        if self.kind == GuestKind::Lxc { "Container" } else { "VM" }
    }

    async fn is_running(&self) -> Result<bool> {
        Ok(self.power().is_running().await?)
    }

    fn power(&self) -> onprem_proxmox::Power {
        self.pve.power(self.node, self.kind, self.vm_id)
    }

    fn call(&self, operation: &Power, timeout: Duration, force: bool) -> TaskCall {
        let power = self.power();
        match operation {
            Power::Start => power.start(),
            Power::Shutdown => power.shutdown(timeout, force),
            Power::Reboot => power.reboot(timeout),
            Power::Stop | Power::Other(_) => power.stop(false),
        }
    }

    /// Waits until the guest is as wanted: a node starts a guest again after the task of its reboot has
    /// ended.
    async fn settle(&self, wanted: bool) -> Result<()> {
        while self.is_running().await? != wanted {
            if self.pve.deadline().has_passed() {
                let state = if wanted { "run" } else { "stop" };
                return Err(Diagnostic::error(format!("Guest {} does not {state}", self.vm_id))
                    .detail("The task has ended well, and the guest is not as wanted.")
                    .hint("look at the guest's console"));
            }
            tokio::time::sleep(self.pve.deadline().at_most(Duration::from_millis(500))).await;
        }
        Ok(())
    }
}

//! Starts, restarts and stops guests, and says whether a restart is due.

use std::time::Duration;

use onprem_proxmox::{GuestKind, GuestLocation, PendingValue, Power, VmId};
use tf_provider::schema::Class;
use tf_provider::{Choice, Context, Diagnostic, ResourceModel, Result};

use super::Proxmox;

/// Whether an apply restarts a guest.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum RebootPolicy {
    /// No: the change waits.
    Never,
    /// When the server says that a change waits.
    #[choice(name = "if_needed")]
    IfNeeded,
    /// After every change of what the guest is made of.
    Always,
    /// Not at all: a plan that may need it fails.
    Error,
    Other(String),
}

impl RebootPolicy {
    /// Whether the apply restarts a guest for which changes wait.
    pub(crate) fn restarts_if_needed(&self) -> bool {
        matches!(self, Self::Always | Self::IfNeeded)
    }
}

/// What an apply may do to the power of a guest.
#[derive(Debug)]
pub(crate) struct Policy {
    reboot: RebootPolicy,
    shutdown_timeout: Duration,
}

impl Policy {
    /// The policy of a plan.
    ///
    /// # Errors
    /// A `timeout` that is no duration.
    pub(crate) fn new(reboot: &RebootPolicy, timeout: &str) -> Result<Self> {
        Ok(Self { reboot: reboot.clone(), shutdown_timeout: shutdown_timeout(timeout)? })
    }

    /// The same, with no restart where the plan did not announce one, and so tells that nothing waits.
    pub(crate) fn announced<R: ResourceModel>(mut self, cx: &Context<R>) -> Self {
        if !cx.leaves_open("pending_reboot") {
            self.reboot = RebootPolicy::Never;
        }
        self
    }

    /// Brings a guest that is `running` or not to what is `wanted`, and restarts it where changes wait
    /// and that is allowed. `changed` says whether this apply changed what the guest is made of. Whether
    /// it runs then.
    ///
    /// # Errors
    /// What the server said.
    pub(crate) async fn bring(
        &self,
        pve: &Proxmox,
        power: &Power,
        wanted: Option<bool>,
        running: bool,
        changed: bool,
    ) -> Result<bool> {
        match (running, wanted.unwrap_or(running)) {
            (false, true) => {
                power.start().await?;
                Ok(true)
            }
            (true, false) => {
                self.switch_off(pve, power).await?;
                Ok(false)
            }
            (true, true) if self.restarts(power, changed).await? => {
                self.restart(pve, power).await?;
                Ok(true)
            }
            (running, _) => Ok(running),
        }
    }

    /// Whether it ever restarts a guest.
    pub(crate) fn may_restart(&self) -> bool {
        self.reboot.restarts_if_needed()
    }

    /// Shuts a guest down, and switches it off when it does not react in time.
    ///
    /// # Errors
    /// What the server said.
    pub(crate) async fn switch_off(&self, pve: &Proxmox, power: &Power) -> Result<()> {
        if !power.is_running().await? {
            return Ok(());
        }
        power.shutdown(self.shutdown_timeout, true).await?;
        // Under high availability the task only gives the order.
        while power.is_running().await? {
            if pve.deadline().has_passed() {
                return Err(Diagnostic::error("The guest does not stop")
                    .detail("It was told to shut down, and to be switched off after that.")
                    .hint("look at its console, and at its state under Datacenter -> HA"));
            }
            tokio::time::sleep(pve.deadline().at_most(Duration::from_millis(500))).await;
        }
        if power.kind() == GuestKind::Qemu {
            // The node cleans up after the old process and would take a new one for it.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Restarts a guest, in one request where it reacts: whatever becomes of this process, the node
    /// starts it again.
    async fn restart(&self, pve: &Proxmox, power: &Power) -> Result<()> {
        match power.reboot(self.shutdown_timeout).await {
            Ok(_) => {}
            Err(error) if error.task().is_some() => {
                tracing::info!(%error, "the guest does not shut down: it is switched off");
                let at_once =
                    Self { reboot: self.reboot.clone(), shutdown_timeout: Duration::ZERO };
                at_once.switch_off(pve, power).await?;
                power.start().await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        // The node starts it after the task of the reboot has ended.
        for _ in 0..STARTS {
            if power.is_running().await? && !changes_wait(power).await? {
                return Ok(());
            }
            tokio::time::sleep(pve.deadline().at_most(Duration::from_millis(500))).await;
        }
        if !power.is_running().await? {
            power.start().await?;
        }
        Ok(())
    }

    async fn restarts(&self, power: &Power, changed: bool) -> Result<bool> {
        Ok(match self.reboot {
            RebootPolicy::Always if changed => true,
            RebootPolicy::Always | RebootPolicy::IfNeeded => changes_wait(power).await?,
            RebootPolicy::Never | RebootPolicy::Error | RebootPolicy::Other(_) => false,
        })
    }
}

/// How often a guest that restarts is asked whether it runs before it is started.
const STARTS: usize = 20;

/// How long a guest may take to shut down.
///
/// # Errors
/// What a duration looks like.
pub(crate) fn shutdown_timeout(text: &str) -> Result<Duration> {
    humantime::parse_duration(text).map_err(|_| {
        Diagnostic::error(format!("`{text}` is not a duration"))
            .hint("write a number and a unit, such as `30s` or `5m`")
            .at("shutdown_timeout")
    })
}

/// Whether changes wait for the next start.
///
/// # Errors
/// What the server said.
pub(crate) async fn changes_wait(power: &Power) -> Result<bool> {
    Ok(power.pending().await?.iter().any(PendingValue::is_pending))
}

/// Whether a guest runs, by the cluster's list, which costs nothing. The list lags: where it is news to
/// the state, which has `known`, the guest itself is asked.
///
/// # Errors
/// What the server said.
pub(crate) async fn listed_as_running(
    pve: &Proxmox,
    found: &GuestLocation,
    vm_id: VmId,
    known: Option<bool>,
) -> Result<bool> {
    let rows = pve.cluster().resources().await?;
    let listed = rows.iter().find(|row| row.vmid == Some(vm_id));
    let listed = listed.and_then(|row| row.status.as_deref()).map(|status| status == "running");
    match (listed, known) {
        (Some(listed), Some(known)) if listed == known => Ok(listed),
        _ => Ok(power(pve, found, vm_id).is_running().await?),
    }
}

/// The power of a guest where it was found.
pub(crate) fn power(pve: &Proxmox, found: &GuestLocation, vm_id: VmId) -> Power {
    pve.power(&found.node, found.kind, vm_id)
}

/// What a plan says of `cold` attributes, which a running guest may take only at its next start.
pub(crate) fn notice(policy: &RebootPolicy, cold: &[String]) -> Diagnostic {
    let list = cold.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let may = format!("The guest runs, and the server may apply {list} only at its next start.");
    match policy {
        RebootPolicy::Always => Diagnostic::warning("The guest will be restarted").detail(format!(
            "The apply changes {list}, shuts the guest down and starts it, as `reboot` says."
        )),
        RebootPolicy::IfNeeded => {
            Diagnostic::warning("The guest may be restarted").detail(may).detail(
                "If a change waits, the apply shuts the guest down and starts it, as `reboot` says.",
            )
        }
        RebootPolicy::Error => Diagnostic::error("The change may need a restart")
            .detail(may)
            .hint("`reboot` is `error`: set it to `never` or `if_needed`, or stop the guest first")
            .at("reboot"),
        RebootPolicy::Never | RebootPolicy::Other(_) => {
            Diagnostic::warning("The change may wait for a restart").detail(may).hint(
                "`pending_reboot` tells whether one is due; `reboot = \"if_needed\"` has it done",
            )
        }
    }
}

/// The attributes whose change `always` restarts a guest for.
pub(crate) fn noticed<R: ResourceModel>() -> Vec<&'static str> {
    const UNNOTICED: [&str; 3] = ["reboot", "started", "startup"];
    let attribute = R::schema().attributes.into_iter().find(|one| one.name == "pending_reboot");
    match attribute.map(|attribute| attribute.class) {
        Some(Class::Computed { until }) => {
            until.iter().copied().filter(|name| !UNNOTICED.contains(name)).collect()
        }
        _ => vec![],
    }
}

/// What a plan says of a restart that was due before it.
pub(crate) fn overdue(policy: &RebootPolicy) -> Diagnostic {
    let policy = policy.as_str();
    Diagnostic::warning("The guest will be restarted")
        .detail(format!(
            "Changes were made before that wait for a restart, and `reboot` is `{policy}`."
        ))
        .hint("with `reboot = \"never\"` they wait on")
        .at("reboot")
}

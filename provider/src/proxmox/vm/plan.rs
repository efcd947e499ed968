//! What a plan of a VM says beyond the classes of its attributes.

use tf_provider::{Diagnostic, PlanContext, Result};

use super::{RebootPolicy, Vm};
use crate::proxmox::Proxmox;
use crate::proxmox::hardware::cloud_init::Drives;
use crate::proxmox::hardware::planning::{PlannedDisks, taken};

/// Attributes that a running guest takes only at its next start, or may refuse to take before.
const COLD: [&str; 12] = [
    "agent",
    "bios",
    "cpu",
    "machine",
    "memory",
    "os_type",
    "scsi_controller",
    "serial0",
    "tablet",
    "vga",
    "disks",
    "network",
];

pub(super) async fn plan(cx: &mut PlanContext<Vm>, pve: Option<&Proxmox>) -> Result<()> {
    let (Some(config), Some(planned)) = (cx.config().cloned(), cx.planned().cloned()) else {
        return Ok(());
    };
    let prior = cx.prior().cloned();
    let disks = PlannedDisks {
        prior: prior.as_ref().map(|prior| &prior.disks),
        planned: &planned.disks,
        config: &config.disks,
        image: !planned.image.is_null(),
        clone: !planned.clone.is_null(),
    };
    for problem in disks.problems() {
        cx.report(problem);
    }
    let Some(prior) = prior else {
        if let (Some(pve), Some(vm_id)) = (pve, planned.vm_id.known())
            && let Some(warning) = taken(pve, *vm_id).await?
        {
            cx.report(warning);
        }
        return Ok(());
    };
    let before = Drives { cdrom: &prior.cdrom, cloud_init: &prior.cloud_init };
    let drives = Drives { cdrom: &config.cdrom, cloud_init: &config.cloud_init };
    if let Some(name) = drives.gives_way(&before) {
        cx.unknown(name);
    }
    let runs_on = prior.started.known() == Some(&true) && planned.started.known() == Some(&true);
    let cold: Vec<&str> = COLD.into_iter().filter(|name| cx.changes(name)).collect();
    let policy = planned.reboot.known().unwrap_or(&RebootPolicy::Never);
    if runs_on && !cold.is_empty() {
        cx.report(power_notice(policy, &cold));
    }
    // An apply that was killed, or somebody else, has left the restart to do.
    let waits = prior.pending_reboot.known() == Some(&true);
    if runs_on && waits && *policy == RebootPolicy::IfNeeded {
        cx.unknown("pending_reboot");
        if cold.is_empty() {
            cx.report(overdue());
        }
    }
    Ok(())
}

fn overdue() -> Diagnostic {
    Diagnostic::warning("The VM will be restarted")
        .detail("Changes were made before that wait for a restart, and `reboot` is `if-needed`.")
        .hint("with `reboot = \"never\"` they wait on")
        .at("reboot")
}

fn power_notice(policy: &RebootPolicy, cold: &[&str]) -> Diagnostic {
    let list = cold.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let may = format!("The VM runs, and the server may apply {list} only at its next start.");
    match policy {
        RebootPolicy::IfNeeded => {
            Diagnostic::warning("The VM may be restarted").detail(may).detail(
                "If a change waits, the apply shuts the VM down and starts it, as `reboot` says.",
            )
        }
        RebootPolicy::Error => Diagnostic::error("The change may need a restart")
            .detail(may)
            .hint("`reboot` is `error`: set it to `never` or `if-needed`, or stop the VM first")
            .at("reboot"),
        _ => Diagnostic::warning("The change may wait for a restart").detail(may).hint(
            "`pending_reboot` tells whether one is due; `reboot = \"if-needed\"` has it done",
        ),
    }
}

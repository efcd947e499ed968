//! What a plan of a VM says beyond the classes of its attributes.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::cty::Path;
use tf_provider::{PlanContext, Result, Value};

use super::Vm;
use crate::proxmox::Proxmox;
use crate::proxmox::hardware::HotplugFeature;
use crate::proxmox::hardware::cloud_init::Drives;
use crate::proxmox::hardware::disk::DiskSlot;
use crate::proxmox::hardware::planning::{DataLoss, PlannedDisks, leaving, taken};
use crate::proxmox::placement::leaves;
use crate::proxmox::power::{RebootPolicy, notice, noticed, overdue};

/// Attributes whose devices the server adds to and takes out of the boot order.
const BOOTABLE: [&str; 6] = ["cdrom", "cloud_init", "disks", "hostpci", "network", "usb"];

pub(super) async fn plan(cx: &mut PlanContext<Vm>, pve: Option<&Proxmox>) -> Result<()> {
    let (Some(config), Some(planned)) = (cx.config().cloned(), cx.planned().cloned()) else {
        return Ok(());
    };
    let prior = cx.prior().cloned();
    let allows = |allowed: &Value<bool>| allowed.known() == Some(&true);
    let disks = PlannedDisks {
        prior: prior.as_ref().map(|prior| &prior.disks),
        planned: &planned.disks,
        config: &config.disks,
        image: !planned.image.is_null(),
        clone: !planned.clone.is_null(),
        data_loss: DataLoss {
            allowed: prior.as_ref().is_some_and(|prior| allows(&prior.allow_data_loss)),
            wanted: allows(&planned.allow_data_loss),
        },
        leaving: leaving(
            "disks",
            prior.as_ref().and_then(|prior| prior.disks.known()),
            planned.disks.known(),
            |path| cx.configured(path),
        ),
    };
    for problem in disks.problems() {
        cx.report(problem);
    }
    let Some(prior) = &prior else {
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
    if config.hardware.boot_order.is_null() && BOOTABLE.iter().any(|name| cx.changes(name)) {
        cx.unknown("boot_order");
    }
    if leaves(&prior.current_node, &planned.node, &planned.allowed_nodes).is_some() {
        let slots = planned.disks.known().into_iter().flatten();
        let disks = slots.map(|(slot, _)| Path::from("disks").key(slot.to_string()));
        for volume in disks.chain(["efi_disk".into(), "tpm".into()]) {
            cx.unknown(volume.attribute("volume"));
        }
    }
    let runs_on = prior.started.known() == Some(&true) && planned.started.known() == Some(&true);
    let mut cold = planned.hardware.cold(&prior.hardware, |name| cx.changes(name));
    if cx.changes("disks") && disks.are_cold(planned.hardware.hotplugs(&HotplugFeature::Disk)) {
        cold.push("disks".to_owned());
    }
    cold.extend(["efi_disk", "tpm"].into_iter().filter(|name| cx.changes(name)).map(str::to_owned));
    let hot = |slot: &DiskSlot| planned.hardware.hotplugs(&HotplugFeature::Disk) && slot.is_hot();
    if cx.changes("cdrom") && comes_or_goes(&prior.cdrom, &planned.cdrom, hot) {
        cold.push("cdrom".to_owned());
    }
    let policy = planned.reboot.known().unwrap_or(&RebootPolicy::Never);
    if *policy == RebootPolicy::Always {
        let changed = noticed::<Vm>().into_iter().filter(|name| cx.changes(name));
        cold = changed.map(str::to_owned).collect();
    }
    if runs_on && !cold.is_empty() {
        cold.sort();
        cx.report(notice(policy, &cold));
    }
    // An apply that was killed, or somebody else, has left the restart to do.
    let waits = prior.pending_reboot.known() == Some(&true);
    if runs_on && waits && policy.restarts_if_needed() {
        cx.unknown("pending_reboot");
        if cold.is_empty() {
            cx.report(overdue(policy));
        }
    }
    Ok(())
}

/// Whether a drive is added or taken away that a running guest does not take at once.
fn comes_or_goes<V>(
    before: &Value<BTreeMap<DiskSlot, V>>,
    after: &Value<BTreeMap<DiskSlot, V>>,
    hot: impl Fn(&DiskSlot) -> bool,
) -> bool {
    let slots = |drives: &Value<BTreeMap<DiskSlot, V>>| -> BTreeSet<DiskSlot> {
        drives.known().into_iter().flatten().map(|(slot, _)| *slot).collect()
    };
    after.is_unknown() || slots(before).symmetric_difference(&slots(after)).any(|slot| !hot(slot))
}

//! What a plan of a guest says beyond the classes of its attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use onprem_proxmox::Resource as Row;
use tf_provider::cty::Path;
use tf_provider::{Attempt, Diagnostic, Result, Value};

use super::disk::{DiskSlot, DiskValues};
use super::{HardwareValues, HotplugFeature};
use crate::proxmox::Proxmox;

type Disks = Value<BTreeMap<DiskSlot, Value<DiskValues>>>;

/// The disks of a plan.
pub(crate) struct PlannedDisks<'a> {
    /// Those of the state; nothing in a create.
    pub(crate) prior: Option<&'a Disks>,
    pub(crate) planned: &'a Disks,
    pub(crate) config: &'a Disks,
    /// What the first disk is made from: it brings its size along.
    pub(crate) image: bool,
    /// Whether a source is cloned, which brings disks along.
    pub(crate) clone: bool,
    pub(crate) data_loss: DataLoss,
    /// The slots that are taken out of the configuration.
    pub(crate) leaving: Vec<DiskSlot>,
}

/// Whether what is taken out of the configuration may be erased.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataLoss {
    /// By the state, which decides.
    pub(crate) allowed: bool,
    /// By the configuration, which may do so from the next apply on.
    pub(crate) wanted: bool,
}

impl DataLoss {
    /// What becomes of a volume that leaves its slot; `what` is a noun.
    pub(crate) fn warning(self, what: &str) -> Diagnostic {
        if self.allowed {
            return Diagnostic::warning(format!("{what} will be erased"))
                .detail("The volume is destroyed with its data: `allow_data_loss` is on.");
        }
        let warning = Diagnostic::warning(format!("{what} will be detached"))
            .detail("Its data is kept: the volume stays with the guest as an unused disk.");
        match self.wanted {
            true => warning.hint(
                "`allow_data_loss` is new in this plan: it counts once it has been applied, so that a \
                 change and its permission never come together",
            ),
            false => warning,
        }
    }
}

/// The slots of the state that a plan has no more, where a configuration has named them: of others nobody
/// has said anything, and they are left alone. `name` is the attribute.
pub(crate) fn leaving<S: Copy + Display + Ord, Old, New>(
    name: &str,
    prior: Option<&BTreeMap<S, Old>>,
    planned: Option<&BTreeMap<S, New>>,
    configured: impl Fn(&str) -> bool,
) -> Vec<S> {
    let Some(planned) = planned else { return vec![] };
    let slots = prior.into_iter().flatten().map(|(slot, _)| *slot);
    slots
        .filter(|slot| !planned.contains_key(slot))
        .filter(|slot| configured(&Path::from(name).key(slot.to_string()).to_string()))
        .collect()
}

impl PlannedDisks<'_> {
    /// What is wrong with them, as far as it is known.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let mut problems = vec![];
        let before = self.prior.and_then(Value::known);
        for (position, (slot, disk)) in self.planned.known().into_iter().flatten().enumerate() {
            let Value::Known(disk) = disk else { continue };
            let old = before.and_then(|before| before.get(slot)).and_then(Value::known);
            if let (Some(old), Some(new)) =
                (old.and_then(|old| old.size.known()), disk.size.known())
                && new < old
            {
                problems.push(shrinks(slot, *old, *new));
            }
            let sized = self.prior.is_none() && (self.clone || (self.image && position == 0));
            if old.is_none() && !sized && self.lacks_size(slot) {
                problems.push(
                    Diagnostic::error(format!("Disk {slot} needs a size"))
                        .detail("Only the first disk takes its size from an image.")
                        .at(path(slot)),
                );
            }
        }
        if self.prior.is_none() && self.config.is_null() && self.image {
            problems.push(
                Diagnostic::error("The image has no disk to go into")
                    .hint("add one: disks = { scsi0 = { storage = \"local-lvm\" } }")
                    .at("disks"),
            );
        }
        for slot in &self.leaving {
            problems.push(self.data_loss.warning(&format!("Disk {slot}")).at("disks"));
        }
        problems
    }

    /// Whether a running guest takes some of the changes only at its next start; `hotplug` says whether
    /// disks come and go while it runs.
    pub(crate) fn are_cold(&self, hotplug: bool) -> bool {
        let before = self.prior.and_then(Value::known);
        let Some(planned) = self.planned.known() else { return true };
        let old =
            |slot: &DiskSlot| before.and_then(|before| before.get(slot)).and_then(Value::known);
        let hot = |slot: &DiskSlot| hotplug && slot.is_hot();
        self.leaving.iter().any(|slot| !hot(slot))
            || planned.iter().any(|(slot, disk)| match (disk.known(), old(slot)) {
                (Some(disk), Some(old)) => disk.differs_cold(old),
                _ => !hot(slot),
            })
    }

    fn lacks_size(&self, slot: &DiskSlot) -> bool {
        let config = self.config.known().and_then(|disks| disks.get(slot)).and_then(Value::known);
        config.is_some_and(|disk| disk.size.is_null())
    }
}

/// Hardware that a running guest takes only at its next start, whatever `hotplug` says.
const COLD: [&str; 27] = [
    "acpi",
    "agent",
    "allow_ksm",
    "architecture",
    "audio",
    "bios",
    "boot_order",
    "hostpci",
    "hugepages",
    "keyboard",
    "kvm",
    "kvm_arguments",
    "localtime",
    "machine",
    "numa_nodes",
    "os_type",
    "rng",
    "scsi_controller",
    "serial0",
    "serial1",
    "serial2",
    "serial3",
    "smbios",
    "tablet",
    "vga",
    "virtiofs",
    "watchdog",
];

impl HardwareValues {
    /// Whether such devices come and go while the guest runs.
    pub(crate) fn hotplugs(&self, feature: &HotplugFeature) -> bool {
        let features = self.hotplug.known().into_iter().flatten();
        features.filter_map(Value::known).any(|found| found == feature)
    }

    /// The attributes among those that change which a running guest may take only at its next start.
    pub(crate) fn cold(&self, prior: &Self, changes: impl Fn(&str) -> bool) -> Vec<String> {
        let mut cold: Vec<&str> = COLD.into_iter().filter(|name| changes(name)).collect();
        let hot = |feature: &HotplugFeature| self.hotplugs(feature);
        let numa = self.cpu.known().is_some_and(|cpu| cpu.numa.known() == Some(&true));
        if changes("memory") && !(hot(&HotplugFeature::Memory) && numa) {
            cold.push("memory");
        }
        if changes("network") && !hot(&HotplugFeature::Network) {
            cold.push("network");
        }
        if changes("usb") && !hot(&HotplugFeature::Usb) {
            cold.push("usb");
        }
        if let (Some(old), Some(new)) = (prior.cpu.known(), self.cpu.known()) {
            let model = new.r#type.known() != old.r#type.known()
                || new.cores.known() != old.cores.known()
                || new.sockets.known() != old.sockets.known()
                || new.numa.known() != old.numa.known()
                || texts(&new.flags) != texts(&old.flags);
            let plugged = new.vcpus.known() != old.vcpus.known() && !hot(&HotplugFeature::Cpu);
            if model || plugged {
                cold.push("cpu");
            }
        } else if changes("cpu") {
            cold.push("cpu");
        }
        cold.into_iter().map(str::to_owned).collect()
    }
}

fn texts(list: &Value<Vec<Value<String>>>) -> BTreeSet<&String> {
    list.known().into_iter().flatten().filter_map(Value::known).collect()
}

fn path(slot: &DiskSlot) -> Path {
    Path::from("disks").key(slot.to_string())
}

fn shrinks(slot: &DiskSlot, old: f64, new: f64) -> Diagnostic {
    Diagnostic::error(format!("Disk {slot} cannot shrink"))
        .detail(format!("It has {old} GiB, and {new} GiB are planned."))
        .hint("keep the size, or make a new disk and move the data yourself")
        .at(path(slot).attribute("size"))
}

/// A warning when the number is taken now. It may be free at the apply: its holder may go in the same
/// plan.
///
/// # Errors
/// Any failure to list the guests.
pub(crate) async fn taken(pve: &Proxmox, vm_id: i64) -> Result<Option<Diagnostic>> {
    let resources = pve.cluster().resources().await.context("Could not list the guests")?;
    let has_it = |row: &&Row| row.vmid.is_some_and(|taken| i64::from(taken.number()) == vm_id);
    Ok(resources.iter().find(has_it).map(|row| {
        let name = row.name.as_deref().unwrap_or("without a name");
        Diagnostic::warning(format!("Number {vm_id} is taken"))
            .detail(format!(
                "{} ({name}) has it. Unless that is destroyed in the same apply, the guest cannot be \
                 made.",
                row.id
            ))
            .at("vm_id")
    }))
}

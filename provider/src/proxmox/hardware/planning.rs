//! What a plan of a guest says beyond the classes of its attributes.

use std::collections::BTreeMap;

use onprem_proxmox::Resource as Row;
use tf_provider::cty::Path;
use tf_provider::{Attempt, Diagnostic, Result, Value};

use super::disk::{DiskSlot, DiskValues};
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
        for slot in before.into_iter().flatten().map(|(slot, _)| slot) {
            if self.planned.known().is_some_and(|planned| !planned.contains_key(slot)) {
                problems.push(
                    Diagnostic::warning(format!("Disk {slot} will be detached"))
                        .detail(
                            "Its data is kept: the volume stays with the guest as an unused disk.",
                        )
                        .at("disks"),
                );
            }
        }
        problems
    }

    fn lacks_size(&self, slot: &DiskSlot) -> bool {
        let config = self.config.known().and_then(|disks| disks.get(slot)).and_then(Value::known);
        config.is_some_and(|disk| disk.size.is_null())
    }
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

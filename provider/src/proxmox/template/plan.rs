//! What a plan of a template says beyond the classes of its attributes.

use onprem_proxmox::Resource as Row;
use tf_provider::cty::Path;
use tf_provider::{Attempt, Diagnostic, PlanContext, Result, Value};

use super::Template;
use crate::proxmox::Proxmox;
use crate::proxmox::hardware::disk::DiskSlot;

pub(super) async fn plan(cx: &mut PlanContext<Template>, pve: Option<&Proxmox>) -> Result<()> {
    for diagnostic in disk_problems(cx) {
        cx.report(diagnostic);
    }
    let (prior, planned) = (cx.prior().cloned(), cx.planned().cloned());
    match (prior, planned) {
        (None, Some(planned)) => {
            if let (Some(pve), Some(vm_id)) = (pve, planned.vm_id.known()) {
                warn_of_taken(cx, pve, *vm_id).await?;
            }
        }
        (Some(prior), Some(planned)) => {
            let rebuild = planned.rebuild_on_image_change.known() == Some(&true);
            let other = match (&prior.image, &planned.image) {
                (Value::Known(prior), Value::Known(planned)) => prior != planned,
                (Value::Known(_), Value::Unknown) => true,
                _ => false,
            };
            if rebuild && other {
                cx.replace("image");
            }
        }
        (_, None) => {}
    }
    Ok(())
}

/// What is wrong with the planned disks, as far as it is known.
fn disk_problems(cx: &PlanContext<Template>) -> Vec<Diagnostic> {
    let mut problems = vec![];
    let Some(planned) = cx.planned() else { return problems };
    let prior = cx.prior();
    let path = |slot: &DiskSlot| Path::from("disks").key(slot.to_string());
    let before = prior.and_then(|prior| prior.disks.known());
    for (position, (slot, disk)) in planned.disks.known().into_iter().flatten().enumerate() {
        let Value::Known(disk) = disk else { continue };
        let old = before.and_then(|before| before.get(slot)).and_then(Value::known);
        let old_size = old.and_then(|old| old.size.known());
        if let (Some(old), Some(new)) = (old_size, disk.size.known())
            && new < old
        {
            problems.push(
                Diagnostic::error(format!("Disk {slot} cannot shrink"))
                    .detail(format!("It has {old} GiB, and {new} GiB are planned."))
                    .hint("keep the size, or make a new disk and move the data yourself")
                    .at(path(slot).attribute("size")),
            );
        }
        let from_image = prior.is_none() && position == 0 && !planned.image.is_null();
        let config = cx.config().and_then(|config| config.disks.known());
        let sized = config.and_then(|disks| disks.get(slot)).and_then(Value::known);
        if old.is_none() && !from_image && sized.is_some_and(|disk| disk.size.is_null()) {
            problems.push(
                Diagnostic::error(format!("Disk {slot} needs a size"))
                    .detail("Only the first disk takes its size from the image.")
                    .at(path(slot)),
            );
        }
    }
    let no_disks = cx.config().is_some_and(|config| config.disks.is_null());
    if prior.is_none() && no_disks && !planned.image.is_null() {
        problems.push(
            Diagnostic::error("The image has no disk to go into")
                .hint("add one: disks = { scsi0 = { storage = \"local-lvm\" } }")
                .at("disks"),
        );
    }
    for (slot, _) in before.into_iter().flatten() {
        if planned.disks.known().is_some_and(|planned| !planned.contains_key(slot)) {
            problems.push(
                Diagnostic::warning(format!("Disk {slot} will be detached"))
                    .detail(
                        "Its data is kept: the volume stays with the template as an unused disk.",
                    )
                    .at("disks"),
            );
        }
    }
    problems
}

/// A number that is taken now may be free at the apply: its holder may go in the same plan.
async fn warn_of_taken(cx: &mut PlanContext<Template>, pve: &Proxmox, vm_id: i64) -> Result<()> {
    let resources = pve.cluster().resources().await.context("Could not list the guests")?;
    let taken = |row: &&Row| row.vmid.is_some_and(|taken| i64::from(taken.number()) == vm_id);
    if let Some(row) = resources.iter().find(taken) {
        let name = row.name.as_deref().unwrap_or("without a name");
        cx.report(
            Diagnostic::warning(format!("Number {vm_id} is taken"))
                .detail(format!(
                    "{} ({name}) has it. Unless it is destroyed in the same apply, the template cannot \
                     be made.",
                    row.id
                ))
                .at("vm_id"),
        );
    }
    Ok(())
}

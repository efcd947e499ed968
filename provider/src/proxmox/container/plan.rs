//! What a plan of a container says beyond the classes of its attributes.

use onprem_proxmox::StorageName;
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, PlanContext, Result, Text, Value};

use super::{Container, ContainerValues};
use crate::proxmox::Proxmox;
use crate::proxmox::hardware::planning::{DataLoss, leaving, taken};
use crate::proxmox::placement::leaves;
use crate::proxmox::power::{RebootPolicy, notice, noticed, overdue};

/// Attributes that a running container takes only at its next start.
const COLD: [&str; 11] = [
    "console",
    "console_mode",
    "devices",
    "dns_domain",
    "dns_servers",
    "entrypoint",
    "features",
    "os_type",
    "rootfs",
    "timezone",
    "tty",
];

pub(super) async fn plan(cx: &mut PlanContext<Container>, pve: Option<&Proxmox>) -> Result<()> {
    let (Some(config), Some(planned)) = (cx.config().cloned(), cx.planned().cloned()) else {
        return Ok(());
    };
    let Some(prior) = cx.prior().cloned() else {
        if config.clone.is_null() && config.template.is_null() {
            return Err(Diagnostic::error("A container is made from a `template` or a `clone`")
                .at("template"));
        }
        if config.clone.is_null() && config.rootfs.is_null() {
            return Err(Diagnostic::error("A container needs a root file system")
                .hint("add `rootfs = { storage = \"local-lvm\", size = 8 }`")
                .at("rootfs"));
        }
        if let (Some(pve), Some(vm_id)) = (pve, planned.vm_id.known())
            && let Some(warning) = taken(pve, *vm_id).await?
        {
            cx.report(warning);
        }
        return Ok(());
    };
    let volumes = volumes(&prior, &planned);
    for volume in &volumes {
        if let (Some(old), Some(new)) = volume.sizes
            && new < old
        {
            cx.report(
                Diagnostic::error(format!("The volume of {} cannot shrink", volume.path))
                    .detail(format!("It has {old} GiB, and {new} GiB are planned."))
                    .hint("keep the size, or make a new mount point and move the data yourself")
                    .at(volume.path.clone().attribute("size")),
            );
        }
    }
    let allows = |allowed: &Value<bool>| allowed.known() == Some(&true);
    let data_loss = DataLoss {
        allowed: allows(&prior.allow_data_loss),
        wanted: allows(&planned.allow_data_loss),
    };
    let (before, after) = (prior.mount_points.known(), planned.mount_points.known());
    let leaving = leaving("mount_points", before, after, |path| cx.configured(path));
    for slot in &leaving {
        cx.report(data_loss.warning(&format!("Mount point {slot}")).at("mount_points"));
    }
    let journey = leaves(&prior.current_node, &planned.node, &planned.allowed_nodes);
    if journey.is_some() {
        let slots = planned.mount_points.known().into_iter().flatten();
        let mounts = slots.map(|(slot, _)| Path::from("mount_points").key(slot.to_string()));
        for volume in mounts.chain(["rootfs".into()]) {
            cx.unknown(volume.attribute("volume"));
        }
    }
    let policy = planned.reboot.known().unwrap_or(&RebootPolicy::Never);
    if prior.started.known() != Some(&true) || planned.started.known() != Some(&true) {
        return Ok(());
    }
    let moved: Vec<&Volume> = volumes.iter().filter(|volume| volume.moves).collect();
    if let Some(volume) = moved.first()
        && !policy.restarts_if_needed()
    {
        cx.report(
            Diagnostic::error(format!("The volume of {} cannot move now", volume.path))
                .detail("Proxmox VE moves the volumes of a container only while it is stopped.")
                .hint("set `reboot = \"if_needed\"`, or apply `started = false` first")
                .at(volume.path.clone().attribute("storage")),
        );
        return Ok(());
    }
    let mut cold: Vec<String> =
        COLD.into_iter().filter(|name| cx.changes(name)).map(str::to_owned).collect();
    // What is added is mounted at once.
    let changed = volumes.iter().any(|volume| volume.path != Path::from("rootfs"));
    if cx.changes("mount_points") && (changed || !leaving.is_empty()) {
        cold.push("mount_points".to_owned());
    }
    if *policy == RebootPolicy::Always {
        let changed = noticed::<Container>().into_iter().filter(|name| cx.changes(name));
        cold = changed.map(str::to_owned).collect();
    }
    if let Some((now, node)) = journey {
        let why =
            format!("It moves from {now} to {node}, and a container moves only while it is off.");
        cx.report(match policy {
            RebootPolicy::Error => Diagnostic::error("The move needs a restart")
                .detail(why)
                .hint("`reboot` is `error`: set it to another policy, or apply `started = false` first")
                .at("node"),
            _ => Diagnostic::warning("The guest will be restarted").detail(why).at("node"),
        });
    }
    if !cold.is_empty() {
        cold.sort();
        cx.report(notice(policy, &cold));
    }
    // An apply that was killed, or somebody else, has left the restart to do.
    if prior.pending_reboot.known() == Some(&true) && policy.restarts_if_needed() {
        cx.unknown("pending_reboot");
        if cold.is_empty() {
            cx.report(overdue(policy));
        }
    }
    Ok(())
}

/// A volume that state and plan have.
struct Volume {
    path: Path,
    sizes: (Option<f64>, Option<f64>),
    moves: bool,
}

fn volumes(prior: &ContainerValues, planned: &ContainerValues) -> Vec<Volume> {
    let differ = |old: &Value<Text<StorageName>>, new: &Value<Text<StorageName>>| matches!((old, new), (Value::Known(old), Value::Known(new)) if old != new);
    let mut volumes = vec![];
    if let (Some(old), Some(new)) = (prior.rootfs.known(), planned.rootfs.known()) {
        volumes.push(Volume {
            path: "rootfs".into(),
            sizes: (old.size.known().copied(), new.size.known().copied()),
            moves: differ(&old.storage, &new.storage),
        });
    }
    let before = prior.mount_points.known();
    for (slot, new) in planned.mount_points.known().into_iter().flatten() {
        let old = before.and_then(|before| before.get(slot)).and_then(Value::known);
        if let (Some(old), Some(new)) = (old, new.known()) {
            volumes.push(Volume {
                path: Path::from("mount_points").key(slot.to_string()),
                sizes: (old.size.known().copied(), new.size.known().copied()),
                moves: differ(&old.storage, &new.storage),
            });
        }
    }
    volumes
}

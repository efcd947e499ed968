//! What a plan of a template says beyond the classes of its attributes.

use tf_provider::{PlanContext, Result, Value};

use super::Template;
use crate::proxmox::Proxmox;
use crate::proxmox::hardware::cloud_init::Drives;
use crate::proxmox::hardware::planning::{DataLoss, PlannedDisks, leaving, taken};

pub(super) async fn plan(cx: &mut PlanContext<Template>, pve: Option<&Proxmox>) -> Result<()> {
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
        clone: false,
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
    let devices = ["cdrom", "cloud_init", "disks", "hostpci", "network", "usb"];
    if prior.is_some()
        && config.hardware.boot_order.is_null()
        && devices.iter().any(|name| cx.changes(name))
    {
        cx.unknown("boot_order");
    }
    match prior {
        None => {
            if let (Some(pve), Some(vm_id)) = (pve, planned.vm_id.known())
                && let Some(warning) = taken(pve, *vm_id).await?
            {
                cx.report(warning);
            }
        }
        Some(prior) => {
            let before = Drives { cdrom: &prior.cdrom, cloud_init: &prior.cloud_init };
            let drives = Drives { cdrom: &config.cdrom, cloud_init: &config.cloud_init };
            if let Some(name) = drives.gives_way(&before) {
                cx.unknown(name);
            }
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
    }
    Ok(())
}

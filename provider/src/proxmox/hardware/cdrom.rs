//! CD drives of a VM. API: a disk slot with `media=cdrom` of `/nodes/{node}/qemu/{vmid}/config`.

use std::collections::BTreeMap;

use onprem_proxmox::{GuestConfig, Params, VolumeId};
use tf_provider::api::ApiError;
use tf_provider::cty::Path;
use tf_provider::{Attributes, Text};

use super::disk::{DiskSlot, ensure_no_disk};

/// A CD drive.
#[derive(Clone, Attributes)]
pub(crate) struct Cdrom {
    /// Volume id of the ISO image in it: `volume_id` of an `onprem_proxmox_image` with content `iso`.
    /// The drive is empty unless set.
    #[attr(setting)]
    pub(super) volume: Option<Text<VolumeId>>,
}

/// The CD drives of a VM by slot; its `cdrom` attribute.
pub(crate) type Cdroms = BTreeMap<DiskSlot, Cdrom>;
/// The CD drives as they shall become.
pub(crate) type CdromsPlan = BTreeMap<DiskSlot, CdromPlan>;

/// Reads all CD drives of a VM; the cloud-init drive is none.
pub(crate) fn read(config: &GuestConfig) -> Result<Cdroms, ApiError> {
    let mut drives = Cdroms::new();
    for (slot, medium) in media(config) {
        let volume = match medium.as_str() {
            "none" | "cdrom" => None,
            text => Some(text.parse().map_err(|_| ApiError::new("a volume id"))?),
        };
        drives.insert(slot, Cdrom { volume });
    }
    Ok(drives)
}

fn media(config: &GuestConfig) -> Vec<(DiskSlot, String)> {
    let texts =
        config.values().keys().filter_map(|key| Some((key.parse().ok()?, config.text(key)?)));
    let drives = texts.filter(|(_, text)| text.contains("media=cdrom"));
    drives
        .map(|(slot, text): (DiskSlot, String)| {
            (slot, text.split(',').next().unwrap_or_default().to_owned())
        })
        .filter(|(_, medium)| !medium.contains("cloudinit"))
        // A drive of the node is left alone.
        .filter(|(_, medium)| !medium.starts_with('/'))
        .collect()
}

/// Sets in `params` what makes the drives of `config` those of `plan`, which are all there shall be.
///
/// # Errors
/// A slot that holds a disk.
pub(crate) fn change(
    plan: &CdromsPlan,
    config: &GuestConfig,
    params: &mut Params,
) -> tf_provider::Result<()> {
    let current: BTreeMap<DiskSlot, String> = media(config).into_iter().collect();
    for (slot, drive) in plan {
        let medium = drive.volume.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        if current.get(slot) != Some(&medium) {
            let slot_name = slot.to_string();
            ensure_no_disk(&slot_name, config, Path::from("cdrom").key(&slot_name))?;
            params.set(&slot.to_string(), format!("{medium},media=cdrom"));
        }
    }
    for slot in current.keys().filter(|slot| !plan.contains_key(slot)) {
        params.delete(&slot.to_string());
    }
    Ok(())
}

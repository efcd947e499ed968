//! Brings the configuration of a guest to its plan.

use std::collections::BTreeMap;

use onprem_proxmox::{GuestConfig, MoveDisk, NodeName, Params, VmId, VolumeId};
use tf_provider::api::ApiChanges;
use tf_provider::cty::Path;
use tf_provider::{Context, Diagnostic, ResourceModel, Result, Value};

use super::Agent;
use super::cdrom::{self, CdromsPlan};
use super::cloud_init::{self, CloudInitPlan};
use super::disk::{self, DiskPlan, DiskSlot, DiskValues};
use super::firmware::{self, StateDisk};
use super::network::{self, NetworkPlan};
use super::planning::leaving;
use super::{BOOT_ORDER, HardwarePlan};
use crate::proxmox::{Proxmox, format, parameters};

/// Sizes that differ by less are the same: the server rounds to its blocks.
const TOLERANCE: f64 = 1.0 / 1024.0 / 1024.0;

/// A guest that is brought to its plan.
pub(crate) struct Guest<'a> {
    pub(crate) pve: &'a Proxmox,
    pub(crate) vm_id: VmId,
    pub(crate) node: &'a NodeName,
}

/// A disk that is taken out.
#[derive(Clone, Debug)]
pub(crate) struct Leaving {
    pub(crate) slot: DiskSlot,
    /// The volume that may be destroyed: whatever else is in the slot by now is kept.
    pub(crate) erase: Option<VolumeId>,
}

impl Leaving {
    /// The disks of the state that an update takes out.
    pub(crate) fn of<R: ResourceModel>(
        cx: &Context<R>,
        prior: Option<&BTreeMap<DiskSlot, Value<DiskValues>>>,
        planned: &BTreeMap<DiskSlot, DiskPlan>,
        erase: bool,
    ) -> Vec<Self> {
        let slots = leaving("disks", prior, Some(planned), |path| cx.configured(path));
        let volume = |slot: &DiskSlot| {
            let disk = prior?.get(slot)?.known()?;
            disk.volume.known().map(|volume| (**volume).clone())
        };
        slots
            .into_iter()
            .map(|slot| Self { slot, erase: volume(&slot).filter(|_| erase) })
            .collect()
    }
}

/// What of its settings to bring to the plan.
pub(crate) struct Settings<'a> {
    pub(crate) hardware: ApiChanges,
    pub(crate) network: Option<&'a NetworkPlan>,
    pub(crate) cdrom: Option<&'a CdromsPlan>,
    /// The drive, and whether its password is sent.
    pub(crate) cloud_init: Option<(&'a CloudInitPlan, bool)>,
}

impl Guest<'_> {
    /// Changes everything but the disks, in one request.
    pub(crate) async fn settings(
        &self,
        settings: Settings<'_>,
        config: &GuestConfig,
    ) -> Result<()> {
        let mut params = Params::new();
        let mut hardware = settings.hardware;
        Agent::narrow(&mut hardware, config)?;
        hardware.remove(BOOT_ORDER);
        format::add_changes(&mut params, &parameters::join(hardware, config)?);
        if let Some(network) = settings.network {
            network::change(network, config, &mut params)?;
        }
        if let Some(cdrom) = settings.cdrom {
            cdrom::change(cdrom, config, &mut params)?;
        }
        if let Some((cloud_init, password)) = settings.cloud_init {
            cloud_init::change(cloud_init, password, config, &mut params)?;
        }
        self.update(params, config).await
    }

    /// Makes or moves a small disk that firmware keeps its state on.
    pub(crate) async fn state_disk(&self, disk: &StateDisk<'_>) -> Result<()> {
        let config = self.config().await?;
        let Some(volume) = firmware::volume(&config, disk.slot)? else {
            let mut params = Params::new();
            params.set(disk.slot, disk.allocation.as_str());
            return self.update(params, &config).await;
        };
        if volume.storage() != *disk.storage {
            let to = MoveDisk {
                storage: Some(disk.storage.clone()),
                delete_source: true,
                digest: Some(config.digest().to_owned()),
                ..MoveDisk::default()
            };
            self.pve.qemu(self.node, self.vm_id).move_disk(disk.slot, &to).await?;
        }
        Ok(())
    }

    /// Sets the planned boot order, once all devices are there: the server changes it with them.
    pub(crate) async fn boot(&self, hardware: &HardwarePlan) -> Result<()> {
        let Some(wanted) = hardware.boot() else { return Ok(()) };
        let config = self.config().await?;
        let mut params = Params::new();
        if config.text("boot").as_ref() != Some(&wanted) {
            params.set("boot", wanted);
        }
        self.update(params, &config).await
    }

    /// Makes, grows, moves, changes and detaches disks. What leaves stays as an unused disk, but for the
    /// volumes that may be erased.
    pub(crate) async fn disks(
        &self,
        planned: &BTreeMap<DiskSlot, DiskPlan>,
        leaving: &[Leaving],
    ) -> Result<()> {
        for (slot, disk) in planned {
            self.disk(*slot, disk).await?;
        }
        for Leaving { slot, erase } in leaving {
            let config = self.config().await?;
            let slot = slot.to_string();
            let Some(current) = config.text(&slot) else { continue };
            let volume = disk::volume_and_size(&current).map(|(volume, _)| volume);
            let erase = erase.is_some() && volume == *erase;
            let mut params = Params::new();
            params.delete(&slot);
            params.set_opt("force", erase.then_some(true));
            self.update(params, &config).await?;
        }
        Ok(())
    }

    async fn disk(&self, slot: DiskSlot, disk: &DiskPlan) -> Result<()> {
        let qemu = self.pve.qemu(self.node, self.vm_id);
        let key = slot.to_string();
        let mut config = self.config().await?;
        let Some(mut current) = config.text(&key) else {
            let mut params = Params::new();
            params.set(&key, disk.allocation(None)).set("digest", config.digest());
            qemu.update_in_task(&params).await?;
            return Ok(());
        };
        let drive = current.contains("media=cdrom");
        let Some((volume, size)) = disk::volume_and_size(&current).filter(|_| !drive) else {
            return Err(Diagnostic::error(format!("Slot {key} holds no volume"))
                .detail(format!("It holds {current}, which is left alone."))
                .hint("choose another slot, or empty this one on the server")
                .at(Path::from("disks").key(&key)));
        };
        if volume.storage() != *disk.storage() {
            let to = MoveDisk {
                storage: Some(disk.storage().clone()),
                delete_source: true,
                digest: Some(config.digest().to_owned()),
                ..MoveDisk::default()
            };
            qemu.move_disk(&key, &to).await?;
            config = self.config().await?;
            current = config.text(&key).unwrap_or_default();
        }
        match disk.size() {
            Some(wanted) if wanted > size + TOLERANCE => {
                qemu.resize(&key, &disk::size_text(wanted), None).await?;
                config = self.config().await?;
                current = config.text(&key).unwrap_or_default();
            }
            Some(wanted) if wanted < size - TOLERANCE => {
                return Err(Diagnostic::error(format!("Disk {key} has {size} GiB"))
                    .detail(format!(
                        "The configuration says {wanted} GiB, and a disk cannot shrink."
                    ))
                    .hint("an image has a size of its own: say at least that, or nothing")
                    .at(Path::from("disks").key(&key).attribute("size")));
            }
            _ => {}
        }
        // After the growth: an option may wait for the next start, and would bring the old size back.
        if let Some(text) = disk.reconfiguration(&current)? {
            let mut params = Params::new();
            params.set(&key, text);
            self.update(params, &config).await?;
        }
        Ok(())
    }

    async fn config(&self) -> Result<GuestConfig> {
        Ok(self.pve.qemu(self.node, self.vm_id).config().await?)
    }

    /// Sends a change, guarded by the digest of the configuration that it was made for.
    async fn update(&self, mut params: Params, config: &GuestConfig) -> Result<()> {
        if params.is_empty() {
            return Ok(());
        }
        params.set("digest", config.digest());
        Ok(self.pve.qemu(self.node, self.vm_id).update(&params).await?)
    }
}

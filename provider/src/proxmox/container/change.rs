//! Brings a container to its plan.

use onprem_proxmox::{GuestConfig, MoveVolume, NodeName, Params, VmId, VolumeId};
use tf_provider::api::ApiChanges;
use tf_provider::{Diagnostic, Result};

use super::options::{FEATURES, Features};
use super::volumes::Wanted;
use super::{ContainerPlan, network};
use crate::proxmox::comment::unmarked;
use crate::proxmox::hardware::disk;
use crate::proxmox::names::MountSlot;
use crate::proxmox::{Proxmox, fingerprint, format, parameters};

/// A container that is brought to its plan.
pub(super) struct Guest<'a> {
    pub(super) pve: &'a Proxmox,
    pub(super) vm_id: VmId,
    pub(super) node: &'a NodeName,
    pub(super) plan: &'a ContainerPlan,
    /// What the state knows it by; nothing while it is being made.
    pub(super) id: Option<String>,
}

impl Guest<'_> {
    /// Changes the options, and the network devices where `network` says so, in one request.
    pub(super) async fn options(
        &self,
        mut options: ApiChanges,
        network: bool,
        config: &GuestConfig,
    ) -> Result<()> {
        if let Some(description) = options.get_mut("description") {
            let text = description.as_ref().map(format::text).unwrap_or_default();
            let text = fingerprint::with_id_of(config, self.id.as_deref(), &text);
            *description = Some(text.into());
        } else if let Some(id) = self.id.as_deref().filter(|_| !fingerprint::has_id(config))
            && (network || !fingerprint::is_address(config, id))
        {
            // Its address tells it no more after this, or somebody took the id out.
            let text = config.text("description").unwrap_or_default();
            let text = fingerprint::with_id(unmarked(&text), id);
            options.insert("description".to_owned(), Some(text.into()));
        }
        // The server knows a default for it and does not let go of it.
        if let Some(memory @ None) = options.get_mut("memory") {
            *memory = Some(512.into());
        }
        // All features but one are for root alone: what is not changed is not named.
        if options.contains_key("features")
            && let Some(features) = &self.plan.options.features
        {
            let current = config.text("features").unwrap_or_default();
            let current = format::properties(&current, "nesting").unwrap_or_default();
            let wanted = format::brought_to::<Features>(&current, &features.to_api(), &FEATURES)?;
            match wanted.map(|fields| format::property_string(&fields, "")) {
                Some(text) if !text.is_empty() => {
                    options.insert("features".to_owned(), Some(text.into()));
                }
                Some(_) => {
                    options.insert("features".to_owned(), None);
                }
                None => {
                    options.remove("features");
                }
            }
        }
        let mut options = parameters::join(options, config)?;
        let mut params = Params::new();
        let waiting = self.waiting(&options).await?;
        options.retain(|key, _| !waiting.contains(key));
        if !waiting.is_empty() {
            params.set("revert", waiting.join(","));
        }
        format::add_changes(&mut params, &options);
        if network && let Some(planned) = &self.plan.network {
            network::change(planned, config, &mut params)?;
        }
        self.update(params, config).await
    }

    /// The options to be removed that only wait to be set: a removal would do nothing about those.
    async fn waiting(&self, options: &ApiChanges) -> Result<Vec<String>> {
        if options.values().all(Option::is_some) {
            return Ok(vec![]);
        }
        let pending = self.pve.lxc(self.node, self.vm_id).pending().await?;
        let waiting =
            pending.into_iter().filter(|row| row.value.is_none() && row.pending.is_some());
        let removed = |key: &String| matches!(options.get(key), Some(None));
        Ok(waiting.map(|row| row.key).filter(removed).collect())
    }

    /// Whether a volume is to be moved, which a container must be stopped for.
    pub(super) fn moves_volumes(&self, config: &GuestConfig) -> bool {
        self.wanted().iter().any(|wanted| {
            let current = config.text(&wanted.slot).as_deref().and_then(disk::volume_and_size);
            current.is_some_and(|(volume, _)| volume.storage() != wanted.storage)
        })
    }

    fn wanted(&self) -> Vec<Wanted> {
        let root = self.plan.rootfs.iter().map(|root| root.wanted());
        let mounts = self.plan.mount_points.iter().flatten();
        root.chain(mounts.map(|(slot, mount)| mount.wanted(*slot))).collect()
    }

    /// Makes, grows, moves and changes volumes, and detaches those that are `leaving`. The volumes that
    /// were detached.
    pub(super) async fn volumes(&self, leaving: &[MountSlot]) -> Result<Vec<VolumeId>> {
        for wanted in self.wanted() {
            self.volume(&wanted).await?;
        }
        let mut detached = vec![];
        for slot in leaving.iter().map(ToString::to_string) {
            let config = self.config().await?;
            let Some(current) = config.text(&slot) else { continue };
            let mut params = Params::new();
            params.delete(&slot);
            self.update(params, &config).await?;
            detached.extend(disk::volume_and_size(&current).map(|(volume, _)| volume));
        }
        Ok(detached)
    }

    /// Destroys detached volumes. Those that cannot go yet: a running container still has them mounted.
    pub(super) async fn erase(&self, detached: Vec<VolumeId>) -> Result<Vec<VolumeId>> {
        let mut left = vec![];
        for volume in detached {
            let config = self.config().await?;
            let unused = config
                .slots("unused")
                .into_iter()
                .find(|slot| config.text(slot).is_some_and(|text| text == volume.to_string()));
            let Some(slot) = unused else {
                left.push(volume);
                continue;
            };
            let mut params = Params::new();
            params.delete(slot);
            self.update(params, &config).await?;
        }
        Ok(left)
    }

    async fn volume(&self, wanted: &Wanted) -> Result<()> {
        let lxc = self.pve.lxc(self.node, self.vm_id);
        let slot = wanted.slot.as_str();
        let mut config = self.config().await?;
        let Some(current) = config.text(slot) else {
            let mut params = Params::new();
            params.set(slot, wanted.allocation());
            return self.update(params, &config).await;
        };
        let Some((volume, size)) = disk::volume_and_size(&current) else { return Ok(()) };
        if volume.storage() != wanted.storage {
            let mut to = MoveVolume::new(wanted.storage.clone());
            to.delete_source = true;
            lxc.move_volume(slot, &to).await?;
            config = self.config().await?;
        }
        match wanted.size {
            Some(planned) if planned > size => {
                lxc.resize(slot, &disk::size_text(planned), None).await?;
                config = self.config().await?;
            }
            Some(planned) if planned < size => {
                return Err(Diagnostic::error(format!("Volume {slot} has {size} GiB"))
                    .detail(format!(
                        "The configuration says {planned} GiB, and a volume cannot shrink."
                    ))
                    .at(wanted.attribute().attribute("size")));
            }
            _ => {}
        }
        // After the growth: an option may wait for the next start, and would bring the old size back.
        if let Some(text) = wanted.reconfiguration(&config.text(slot).unwrap_or_default())? {
            let mut params = Params::new();
            params.set(slot, text);
            self.update(params, &config).await?;
        }
        Ok(())
    }

    async fn config(&self) -> Result<GuestConfig> {
        Ok(self.pve.lxc(self.node, self.vm_id).config().await?)
    }

    /// Sends a change, guarded by the digest of the configuration that it was made for.
    async fn update(&self, mut params: Params, config: &GuestConfig) -> Result<()> {
        if params.is_empty() {
            return Ok(());
        }
        params.set("digest", config.digest());
        Ok(self.pve.lxc(self.node, self.vm_id).update(&params).await?)
    }
}

//! Brings a container to its plan.

use std::collections::BTreeMap;

use onprem_proxmox::{GuestConfig, MoveVolume, NodeName, Params, VmId};
use tf_provider::api::ApiChanges;
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, Result, Value};

use super::options::Features;
use super::volumes::{MountPointValues, MountSlot, Wanted};
use super::{ContainerPlan, network};
use crate::proxmox::Proxmox;
use crate::proxmox::fingerprint;
use crate::proxmox::format;
use crate::proxmox::hardware::disk;

/// A container that is brought to its plan.
pub(super) struct Guest<'a> {
    pub(super) pve: &'a Proxmox,
    pub(super) vm_id: VmId,
    pub(super) node: &'a NodeName,
    pub(super) plan: &'a ContainerPlan,
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
            *description = Some(fingerprint::with_id_of(config, &text).into());
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
            let managed = ["nesting", "fuse", "keyctl", "mknod"];
            let wanted = format::brought_to::<Features>(&current, &features.to_api(), &managed)?;
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

    /// Makes, grows, moves, changes and detaches volumes; `prior` are the mount points of the state.
    pub(super) async fn volumes(
        &self,
        prior: Option<&BTreeMap<MountSlot, Value<MountPointValues>>>,
    ) -> Result<()> {
        let root = self.plan.rootfs.iter().map(|root| root.wanted());
        let mounts = self.plan.mount_points.iter().flatten();
        let mounts: Vec<Wanted> = mounts.map(|(slot, mount)| mount.wanted(*slot)).collect();
        for wanted in root.chain(mounts) {
            self.volume(&wanted).await?;
        }
        let Some(planned) = &self.plan.mount_points else { return Ok(()) };
        for slot in prior.into_iter().flatten().map(|(slot, _)| slot) {
            let config = self.config().await?;
            if !planned.contains_key(slot) && config.contains(&slot.to_string()) {
                let mut params = Params::new();
                params.delete(&slot.to_string());
                self.update(params, &config).await?;
            }
        }
        Ok(())
    }

    async fn volume(&self, wanted: &Wanted) -> Result<()> {
        let lxc = self.pve.lxc(self.node, self.vm_id);
        let slot = wanted.slot.as_str();
        let mut config = self.config().await?;
        let Some(current) = config.text(slot) else {
            let mut params = Params::new();
            params.set(slot, wanted.allocation.as_str());
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
                    .at(Path::from(if wanted.mount.is_some() { "mount_points" } else { slot })));
            }
            _ => {}
        }
        // After the growth: an option may wait for the next start, and would bring the old size back.
        if let Some(mount) = &wanted.mount
            && let Some(text) = mount.reconfiguration(&config.text(slot).unwrap_or_default())?
        {
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

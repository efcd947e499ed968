//! Volumes of a container. API: `rootfs` and `mp0`… of `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::{BTreeMap, BTreeSet};

use onprem_proxmox::{GuestConfig, StorageName, VolumeId};
use tf_provider::api::{ApiError, ApiFields, FromApi};
use tf_provider::cty::Path;
use tf_provider::{Attributes, Text};

use crate::proxmox::format::{self, Pve};
use crate::proxmox::hardware::disk;
use crate::proxmox::names::MountSlot;

/// The root file system of a container.
#[derive(Clone, Attributes)]
pub(crate) struct RootFilesystem {
    /// Storage that holds it. A change moves it, which a container must be stopped for.
    #[attr(required)]
    pub(super) storage: Text<StorageName>,
    /// Size in GiB; 4 unless set. It grows in place and never shrinks.
    #[attr(setting, keep)]
    pub(super) size: f64,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    volume: Text<VolumeId>,
    #[attr(flatten)]
    options: VolumeOptions,
}

/// A mount point of a container, on a volume of its own.
#[derive(Clone, Attributes)]
pub(crate) struct MountPoint {
    /// Where it is mounted, for example `/srv`.
    #[attr(required)]
    path: String,
    /// Storage that holds it. A change moves it, which a container must be stopped for.
    #[attr(required)]
    pub(super) storage: Text<StorageName>,
    /// Size in GiB. It grows in place and never shrinks.
    #[attr(setting, keep)]
    pub(super) size: f64,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    pub(super) volume: Text<VolumeId>,
    #[attr(flatten)]
    options: MountOptions,
}

/// Options of a mount point that are one property each.
#[derive(Clone, Attributes)]
pub(crate) struct MountOptions {
    /// Includes it in backups.
    #[attr(setting, api, absent = false)]
    backup: bool,
    #[attr(flatten)]
    volume: VolumeOptions,
}

/// Options of any volume of a container.
#[derive(Clone, Attributes)]
pub(crate) struct VolumeOptions {
    /// Mounts it for reading only.
    #[attr(setting, api = "ro", absent = false)]
    read_only: bool,
    /// Replicates it with the guest.
    #[attr(setting, api, absent = true)]
    replicate: bool,
    /// Switches access control lists on or off; the file system's own way unless set.
    #[attr(setting, api)]
    acl: Option<bool>,
    /// Counts what each user takes; for a privileged container.
    #[attr(setting, api, absent = false)]
    quota: bool,
    /// Says that every node has it.
    #[attr(setting, api, absent = false)]
    shared: bool,
    /// Mount options, for example `noatime` and `discard`.
    #[attr(setting, api = "mountoptions", absent = BTreeSet::<String>::new())]
    mount_options: BTreeSet<String>,
}

/// Properties of [`MountOptions`]: others stay.
const MANAGED: [&str; 7] = ["backup", "ro", "replicate", "acl", "quota", "shared", "mountoptions"];

/// Slot of the root file system.
pub(super) const ROOT: &str = "rootfs";

/// The mount points of a container by slot; its `mount_points` attribute.
pub(crate) type MountPoints = BTreeMap<MountSlot, MountPoint>;

/// Reads the root file system.
pub(super) fn read_root(config: &GuestConfig) -> Result<RootFilesystem, ApiError> {
    let text = config.text(ROOT).unwrap_or_default();
    let (volume, size) = disk::volume_and_size(&text)
        .ok_or_else(|| ApiError::new("a volume with a size").within(ROOT))?;
    let fields = format::properties(&text, "volume").unwrap_or_default();
    Ok(RootFilesystem {
        storage: volume.storage().into(),
        size,
        volume: volume.into(),
        options: VolumeOptions::from_api::<Pve>(&fields).map_err(|error| error.within(ROOT))?,
    })
}

/// Reads all mount points that are volumes; bind mounts and devices are left alone.
pub(super) fn read_mounts(config: &GuestConfig) -> Result<MountPoints, ApiError> {
    let mut mounts = MountPoints::new();
    for key in config.slots("mp") {
        let text = config.text(key).unwrap_or_default();
        let (Ok(slot), Some((volume, size))) = (key.parse(), disk::volume_and_size(&text)) else {
            continue;
        };
        let fields = format::properties(&text, "volume").unwrap_or_default();
        let mount = MountPoint {
            path: fields.get("mp").map(format::text).unwrap_or_default(),
            storage: volume.storage().into(),
            size,
            volume: volume.into(),
            options: MountOptions::from_api::<Pve>(&fields).map_err(|error| error.within(key))?,
        };
        mounts.insert(slot, mount);
    }
    Ok(mounts)
}

/// Where a volume shall be, how large, and with which options.
pub(super) struct Wanted {
    pub(super) slot: String,
    pub(super) storage: StorageName,
    pub(super) size: Option<f64>,
    /// Where it is mounted; nothing for the root file system.
    path: Option<String>,
    options: ApiFields,
}

impl RootFilesystemPlan {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            slot: ROOT.to_owned(),
            storage: (*self.storage).clone(),
            size: self.size,
            path: None,
            options: self.options.to_api(),
        }
    }
}

impl MountPointPlan {
    pub(super) fn wanted(&self, slot: MountSlot) -> Wanted {
        Wanted {
            slot: slot.to_string(),
            storage: (*self.storage).clone(),
            size: self.size,
            path: Some(self.path.clone()),
            options: self.options.to_api(),
        }
    }
}

impl Wanted {
    /// The attribute that it is.
    pub(super) fn attribute(&self) -> Path {
        match &self.path {
            Some(_) => Path::from("mount_points").key(&self.slot),
            None => ROOT.into(),
        }
    }

    /// The parameter that makes it.
    pub(super) fn allocation(&self) -> String {
        let size = self.size.unwrap_or_else(|| if self.path.is_none() { 4.0 } else { 0.0 });
        let mut text = format!("{}:{size}", self.storage);
        if let Some(path) = &self.path {
            text = format!("{text},mp={path}");
        }
        for (key, value) in &self.options {
            let value = format::text(value);
            if !value.is_empty() {
                text = format!("{text},{key}={value}");
            }
        }
        text
    }

    /// The parameter that gives the `current` volume the planned options; nothing when it has them.
    pub(super) fn reconfiguration(&self, current: &str) -> Result<Option<String>, ApiError> {
        let mut current = format::properties(current, "volume").unwrap_or_default();
        let before = current.get("mp").map(format::text);
        if let Some(path) = &self.path {
            current.insert("mp".to_owned(), path.clone().into());
        }
        let moved = self.path.is_some() && before != self.path;
        let fields = format::brought_to::<MountOptions>(&current, &self.options, &MANAGED)?;
        let fields = fields.or_else(|| moved.then_some(current));
        Ok(fields.map(|fields| format::property_string(&fields, "volume")))
    }
}

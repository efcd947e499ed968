//! Volumes of a container. API: `rootfs` and `mp0`… of `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use onprem_proxmox::{GuestConfig, StorageName, VolumeId};
use tf_provider::api::{ApiError, FromApi};
use tf_provider::{Attributes, Text};

use crate::proxmox::format::{self, Pve};
use crate::proxmox::hardware::disk;

/// The root file system of a container.
#[derive(Clone, Attributes)]
pub(crate) struct RootFilesystem {
    /// Storage that holds it. A change moves it, which a container must be stopped for.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Size in GiB; 4 unless set. It grows in place and never shrinks.
    #[attr(setting, keep)]
    pub(super) size: f64,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    volume: Text<VolumeId>,
}

/// A mount point of a container, on a volume of its own.
#[derive(Clone, Attributes)]
pub(crate) struct MountPoint {
    /// Where it is mounted, for example `/srv`.
    #[attr(required)]
    path: String,
    /// Storage that holds it. A change moves it, which a container must be stopped for.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Size in GiB. It grows in place and never shrinks.
    #[attr(setting, keep)]
    pub(super) size: f64,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    volume: Text<VolumeId>,
    #[attr(flatten)]
    options: MountOptions,
}

/// Options of a mount point that are one property each.
#[derive(Clone, Attributes)]
pub(crate) struct MountOptions {
    /// Includes it in backups.
    #[attr(setting, api, absent = false)]
    backup: bool,
    /// Mounts it for reading only.
    #[attr(setting, api = "ro", absent = false)]
    read_only: bool,
    /// Replicates it with the guest.
    #[attr(setting, api, absent = true)]
    replicate: bool,
}

/// Properties of [`MountOptions`]: others stay.
const MANAGED: [&str; 3] = ["backup", "ro", "replicate"];

/// Slot of the root file system.
pub(super) const ROOT: &str = "rootfs";

/// Where a mount point is plugged in: `mp0` to `mp255`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct MountSlot(u8);

impl FromStr for MountSlot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("mp").and_then(|digits| digits.parse().ok());
        match number {
            Some(number) if text == format!("mp{number}") => Ok(Self(number)),
            _ => Err(format!("`{text}` is no mount point slot: they are `mp0` to `mp255`.")),
        }
    }
}

impl fmt::Display for MountSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mp{}", self.0)
    }
}

/// The mount points of a container by slot; its `mount_points` attribute.
pub(crate) type MountPoints = BTreeMap<MountSlot, MountPoint>;

/// Reads the root file system.
pub(super) fn read_root(config: &GuestConfig) -> Result<RootFilesystem, ApiError> {
    let text = config.text(ROOT).unwrap_or_default();
    let (volume, size) = disk::volume_and_size(&text)
        .ok_or_else(|| ApiError::new("a volume with a size").within(ROOT))?;
    Ok(RootFilesystem { storage: volume.storage().into(), size, volume: volume.into() })
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

/// Where a volume shall be, how large, and the parameters that make or change it.
pub(super) struct Wanted {
    pub(super) slot: String,
    pub(super) storage: StorageName,
    pub(super) size: Option<f64>,
    pub(super) allocation: String,
    pub(super) mount: Option<MountPointPlan>,
}

impl RootFilesystemPlan {
    pub(super) fn wanted(&self) -> Wanted {
        let allocation = format!("{}:{}", self.storage, self.size.unwrap_or(4.0));
        Wanted {
            slot: ROOT.to_owned(),
            storage: (*self.storage).clone(),
            size: self.size,
            allocation,
            mount: None,
        }
    }
}

impl MountPointPlan {
    pub(super) fn wanted(&self, slot: MountSlot) -> Wanted {
        let size = self.size.unwrap_or_default();
        let mut allocation = format!("{}:{size},mp={}", self.storage, self.path);
        for (key, value) in &self.options.to_api() {
            allocation = format!("{allocation},{key}={}", format::text(value));
        }
        Wanted {
            slot: slot.to_string(),
            storage: (*self.storage).clone(),
            size: self.size,
            allocation,
            mount: Some(self.clone()),
        }
    }

    /// The parameter that gives the `current` mount point the planned options; nothing when it has them.
    pub(super) fn reconfiguration(&self, current: &str) -> Result<Option<String>, ApiError> {
        let mut current = format::properties(current, "volume").unwrap_or_default();
        let moved = current.get("mp").map(format::text).as_deref() != Some(self.path.as_str());
        current.insert("mp".to_owned(), self.path.clone().into());
        let planned = self.options.to_api();
        let fields = format::brought_to::<MountOptions>(&current, &planned, &MANAGED)?;
        let fields = fields.or_else(|| moved.then_some(current));
        Ok(fields.map(|fields| format::property_string(&fields, "volume")))
    }
}

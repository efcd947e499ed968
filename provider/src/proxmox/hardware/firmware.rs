//! The small disks that firmware keeps its state on. API: `efidisk0` and `tpmstate0` of
//! `/nodes/{node}/qemu/{vmid}/config`.

use onprem_proxmox::{GuestConfig, StorageName, VolumeId};
use tf_provider::api::ApiError;
use tf_provider::{Attributes, Choice, Text};

use super::super::format;

/// Where UEFI keeps its variables; for `bios = "ovmf"`.
#[derive(Clone, Attributes)]
pub(crate) struct EfiDisk {
    /// Storage that holds it. A change moves it.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Size of the variables: `4m` unless set, which secure boot needs. Used when it is made.
    #[attr(creation)]
    r#type: Option<EfiType>,
    /// Puts the keys of the distributions and of Microsoft in it. Used when it is made.
    #[attr(creation)]
    pre_enrolled_keys: Option<bool>,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    volume: Text<VolumeId>,
}

/// Size of the variables of UEFI.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum EfiType {
    #[choice(name = "2m")]
    TwoMebibytes,
    #[choice(name = "4m")]
    FourMebibytes,
    Other(String),
}

/// A trusted platform module.
#[derive(Clone, Attributes)]
pub(crate) struct Tpm {
    /// Storage that holds its state. A change moves it.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Version: `v2.0` unless set. Used when it is made.
    #[attr(creation)]
    version: Option<TpmVersion>,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    volume: Text<VolumeId>,
}

/// Version of a trusted platform module.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum TpmVersion {
    #[choice(name = "v1.2")]
    V1,
    #[choice(name = "v2.0")]
    V2,
    Other(String),
}

/// Slot of the EFI disk.
pub(crate) const EFI_SLOT: &str = "efidisk0";
/// Slot of the TPM's state.
pub(crate) const TPM_SLOT: &str = "tpmstate0";

/// Reads the EFI disk.
pub(crate) fn read_efi(config: &GuestConfig) -> Result<Option<EfiDisk>, ApiError> {
    let volume = volume(config, EFI_SLOT)?;
    Ok(volume.map(|volume| EfiDisk {
        storage: volume.storage().into(),
        r#type: None,
        pre_enrolled_keys: None,
        volume: volume.into(),
    }))
}

/// Reads the TPM.
pub(crate) fn read_tpm(config: &GuestConfig) -> Result<Option<Tpm>, ApiError> {
    let volume = volume(config, TPM_SLOT)?;
    Ok(volume.map(|volume| Tpm {
        storage: volume.storage().into(),
        version: None,
        volume: volume.into(),
    }))
}

/// The volume in a slot.
pub(crate) fn volume(config: &GuestConfig, slot: &str) -> Result<Option<VolumeId>, ApiError> {
    let Some(text) = config.text(slot) else { return Ok(None) };
    let fields = format::properties(&text, "file").unwrap_or_default();
    let volume = fields.get("file").map(format::text).unwrap_or_default();
    volume.parse().map(Some).map_err(|_| ApiError::new("a volume id").within(slot))
}

/// A small disk as it shall become.
pub(crate) struct StateDisk<'a> {
    pub(crate) slot: &'static str,
    pub(crate) storage: &'a StorageName,
    /// The parameter that makes it.
    pub(crate) allocation: String,
}

impl EfiDiskPlan {
    pub(crate) fn disk(&self) -> StateDisk<'_> {
        let kind = self.r#type.as_ref().map_or("4m", EfiType::as_str);
        let keys = u8::from(self.pre_enrolled_keys.unwrap_or_default());
        let allocation = format!("{}:1,efitype={kind},pre-enrolled-keys={keys}", self.storage);
        StateDisk { slot: EFI_SLOT, storage: &self.storage, allocation }
    }
}

impl TpmPlan {
    pub(crate) fn disk(&self) -> StateDisk<'_> {
        let version = self.version.as_ref().map_or("v2.0", TpmVersion::as_str);
        let allocation = format!("{}:1,version={version}", self.storage);
        StateDisk { slot: TPM_SLOT, storage: &self.storage, allocation }
    }
}

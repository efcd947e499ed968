//! Disks of a VM. API: `scsi0`, `virtio0`, `sata0`, `ide0`… of `/nodes/{node}/qemu/{vmid}/config`.

mod slot;

use std::collections::BTreeMap;

use onprem_proxmox::property_string::PropertyString;
use onprem_proxmox::{GuestConfig, StorageName, VolumeId};
use tf_provider::api::{ApiError, ApiFields, FromApi, Json};
use tf_provider::cty::Path;
use tf_provider::{Attributes, Choice, Diagnostic, Text, Value};

use super::super::format::{self, Pve};
pub(crate) use slot::DiskSlot;

/// A disk.
#[derive(Clone, Attributes)]
pub(crate) struct Disk {
    /// Storage that holds it. A change moves the disk.
    #[attr(required)]
    storage: Text<StorageName>,
    /// Size in GiB; that of the image unless set. A disk grows in place and never shrinks.
    #[attr(setting, keep)]
    pub(crate) size: f64,
    /// Format to make it in, for example `qcow2`; the storage's own unless set.
    #[attr(creation)]
    format: Option<String>,
    /// Volume id.
    #[attr(computed(until = [storage]))]
    pub(super) volume: Text<VolumeId>,
    #[attr(flatten)]
    options: DiskOptions,
}

/// Options of a disk that are one property each.
#[derive(Clone, Attributes)]
pub(crate) struct DiskOptions {
    /// How the node accesses it.
    #[attr(setting, api, absent = Aio::IoUring)]
    aio: Aio,
    /// Includes it in backups.
    #[attr(setting, api, absent = true)]
    backup: bool,
    /// How the node caches it.
    #[attr(setting, api, absent = Cache::None)]
    cache: Cache,
    /// Passes on what the guest trims.
    #[attr(setting, api, absent = Discard::Ignore)]
    discard: Discard,
    /// Gives it a thread of its own; for `scsi` with the controller `virtio-scsi-single`, and `virtio`.
    #[attr(setting, api, absent = false)]
    iothread: bool,
    /// Replicates it with the guest.
    #[attr(setting, api, absent = true)]
    replicate: bool,
    /// Serial number that the guest sees.
    #[attr(setting, api)]
    serial: Option<String>,
    /// Shows the guest a solid-state disk; not for `virtio`.
    #[attr(setting, api, absent = false)]
    ssd: bool,
    /// Request queues; for `scsi`.
    #[attr(setting, api)]
    queues: Option<i64>,
    /// Refuses to write; for `scsi` and `virtio`.
    #[attr(setting, api = "ro", absent = false)]
    read_only: bool,
    /// How fast it may be; as fast as it is unless set.
    #[attr(setting, api(inline))]
    speed: DiskSpeed,
}

/// Limits of a disk.
#[derive(Clone, Attributes)]
pub(crate) struct DiskSpeed {
    /// MB/s that are read.
    #[attr(setting, api = "mbps_rd")]
    read: Option<f64>,
    /// MB/s that are written.
    #[attr(setting, api = "mbps_wr")]
    write: Option<f64>,
    /// MB/s that are read for a moment.
    #[attr(setting, api = "mbps_rd_max")]
    read_burst: Option<f64>,
    /// MB/s that are written for a moment.
    #[attr(setting, api = "mbps_wr_max")]
    write_burst: Option<f64>,
    /// Reads in a second.
    #[attr(setting, api = "iops_rd")]
    iops_read: Option<i64>,
    /// Writes in a second.
    #[attr(setting, api = "iops_wr")]
    iops_write: Option<i64>,
    /// Reads in a second for a moment.
    #[attr(setting, api = "iops_rd_max")]
    iops_read_burst: Option<i64>,
    /// Writes in a second for a moment.
    #[attr(setting, api = "iops_wr_max")]
    iops_write_burst: Option<i64>,
}

/// Properties of [`DiskOptions`]: of others nothing is known here, and they stay.
const MANAGED: [&str; 18] = [
    "aio",
    "backup",
    "cache",
    "discard",
    "iothread",
    "replicate",
    "serial",
    "ssd",
    "queues",
    "ro",
    "mbps_rd",
    "mbps_wr",
    "mbps_rd_max",
    "mbps_wr_max",
    "iops_rd",
    "iops_wr",
    "iops_rd_max",
    "iops_wr_max",
];

/// How a node accesses a disk.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Aio {
    #[choice(name = "io_uring")]
    IoUring,
    Native,
    Threads,
    Other(String),
}

/// How a node caches a disk.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Cache {
    None,
    Directsync,
    Unsafe,
    Writeback,
    Writethrough,
    Other(String),
}

/// What becomes of trimmed blocks.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Discard {
    Ignore,
    On,
    Other(String),
}

/// The disks of a VM by slot; its `disks` attribute.
pub(crate) type Disks = BTreeMap<DiskSlot, Disk>;

/// Reads all disks of a VM that are volumes; media and the cloud-init drive are none, and devices of the
/// node are left alone.
pub(crate) fn read(config: &GuestConfig) -> Result<Disks, ApiError> {
    let mut disks = Disks::new();
    for (slot, text) in slots(config) {
        if volume_and_size(&text).is_none() {
            continue;
        }
        disks.insert(slot, disk(&text).map_err(|error| error.within(&slot.to_string()))?);
    }
    Ok(disks)
}

/// Refuses a slot that holds a disk to whatever is none: the disk would be pushed out of it.
///
/// # Errors
/// What is in the slot; `path` is the attribute that wants it.
pub(crate) fn ensure_no_disk(
    slot: &str,
    config: &GuestConfig,
    path: Path,
) -> tf_provider::Result<()> {
    let Some(text) = config.text(slot).filter(|text| !text.contains("media=cdrom")) else {
        return Ok(());
    };
    Err(Diagnostic::error(format!("Slot {slot} holds a disk"))
        .detail(format!("It is {}.", text.split(',').next().unwrap_or_default()))
        .hint("choose another slot, or detach the disk first")
        .at(path))
}

/// The slots that hold a disk, with its property string.
pub(crate) fn slots(config: &GuestConfig) -> Vec<(DiskSlot, String)> {
    let texts =
        config.values().keys().filter_map(|key| Some((key.parse().ok()?, config.text(key)?)));
    texts.filter(|(_, text)| !text.contains("media=cdrom")).collect()
}

fn disk(text: &str) -> Result<Disk, ApiError> {
    let fields = format::properties(text, "file").unwrap_or_default();
    let volume = fields.get("file").and_then(Json::as_str).unwrap_or_default();
    let volume: VolumeId =
        volume.parse().map_err(|_| ApiError::new("a volume id").within("file"))?;
    let size = fields.get("size").and_then(Json::as_str).and_then(gibibytes);
    Ok(Disk {
        storage: volume.storage().into(),
        size: size.ok_or_else(|| ApiError::new("a size").within("size"))?,
        format: None,
        volume: volume.into(),
        options: DiskOptions::from_api::<Pve>(&fields)?,
    })
}

/// GiB of `32G`, `2252M`, `528K` or a number of bytes.
fn gibibytes(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().ok()?;
    let gibibyte = f64::from(1_u32 << 30);
    Some(match &text[digits.len()..] {
        "" => number / gibibyte,
        "K" => number / f64::from(1_u32 << 20),
        "M" => number / 1024.0,
        "G" => number,
        "T" => number * 1024.0,
        _ => return None,
    })
}

impl DiskValues {
    /// Whether it differs from another in what a running guest takes only at its next start.
    pub(crate) fn differs_cold(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: &Value<T>, other: &Value<T>) -> bool {
            !one.is_unknown() && one.known() != other.known()
        }
        let (one, other) = (&self.options, &other.options);
        differ(&one.aio, &other.aio)
            || differ(&one.cache, &other.cache)
            || differ(&one.discard, &other.discard)
            || differ(&one.iothread, &other.iothread)
            || differ(&one.ssd, &other.ssd)
            || differ(&one.queues, &other.queues)
            || differ(&one.read_only, &other.read_only)
    }
}

impl DiskPlan {
    /// The storage that it is planned on.
    pub(crate) fn storage(&self) -> &StorageName {
        &self.storage
    }

    /// The size that it is planned with, in GiB, if the configuration says.
    pub(crate) fn size(&self) -> Option<f64> {
        self.size
    }

    /// The parameter that makes it: from an image, or empty.
    pub(crate) fn allocation(&self, image: Option<&VolumeId>) -> String {
        let mut text = match image {
            Some(image) => format!("{}:0,import-from={image}", self.storage),
            None => format!("{}:{}", self.storage, self.size.unwrap_or_default()),
        };
        if let Some(format) = &self.format {
            text = format!("{text},format={format}");
        }
        for (key, value) in &self.options.to_api() {
            text = format!("{text},{key}={}", format::text(value));
        }
        text
    }

    /// The parameter that gives the `current` disk the planned options; nothing when it has them.
    pub(crate) fn reconfiguration(&self, current: &str) -> Result<Option<String>, ApiError> {
        let current = format::properties(current, "file").unwrap_or_default();
        let planned = self.options.to_api();
        let fields = format::brought_to::<DiskOptions>(&current, &planned, &MANAGED)?;
        Ok(fields.map(|fields| format::property_string(&fields, "file")))
    }
}

/// The volume and size of a disk as the server has it.
pub(crate) fn volume_and_size(text: &str) -> Option<(VolumeId, f64)> {
    let properties = PropertyString::parse(text).ok()?;
    let volume = properties.default_value().or_else(|| properties.get("file"))?.parse().ok()?;
    Some((volume, properties.get("size").and_then(gibibytes)?))
}

/// `size` as the resize call takes it: whole GiB, or KiB where it is not whole.
pub(crate) fn size_text(size: f64) -> String {
    match size.fract() == 0.0 {
        true => format!("{size:.0}G"),
        false => format!("{:.0}K", size * f64::from(1_u32 << 20)),
    }
}

/// Fields of a guest's configuration, for the plain mapping.
pub(crate) fn api_fields(config: &GuestConfig) -> ApiFields {
    config.values().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_in_gibibytes() {
        assert_eq!(gibibytes("2252M"), Some(2.199_218_75));
        assert_eq!(gibibytes("1T"), Some(1024.0));
        assert_eq!(size_text(2.5), "2621440K");
        assert_eq!(size_text(8.0), "8G");
    }

    /// A disk of the node that is passed through made its VM unreadable.
    #[test]
    fn a_device_of_the_node_is_left_alone() {
        let config = GuestConfig::from(BTreeMap::from([
            ("scsi0".to_owned(), Json::from("local-lvm:vm-100-disk-0,size=8G")),
            ("scsi1".to_owned(), Json::from("/dev/disk/by-id/ata-X:1,size=1T")),
            ("sata0".to_owned(), Json::from("/dev/sdb")),
        ]));
        let slots: Vec<String> = read(&config).unwrap().keys().map(ToString::to_string).collect();
        assert_eq!(slots, ["scsi0"]);
    }

    #[test]
    fn a_disk_reads_back() {
        let disk = disk("local-lvm:vm-100-disk-0,discard=on,iothread=1,size=8G").unwrap();
        assert_eq!(disk.storage.to_string(), "local-lvm");
        assert_eq!(disk.options.discard, Discard::On);
        assert!(disk.options.backup && disk.options.iothread);
    }
}

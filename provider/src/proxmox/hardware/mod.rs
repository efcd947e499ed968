//! What VMs and templates are made of.
//!
//! [`Hardware`] holds the options that are a parameter of the API each, or a part of one: a field with
//! `api = "…"` is all that one takes (see `parameters` for the parts). Disks, network devices and the
//! cloud-init drive have files of their own;
//! `planning` says what is wrong with a plan of them, and `converge` brings a guest to it.

mod agent;
pub(crate) mod cdrom;
pub(crate) mod cloud_init;
pub(crate) mod converge;
mod description;
pub(crate) mod devices;
pub(crate) mod disk;
pub(crate) mod firmware;
pub(crate) mod network;
pub(crate) mod planning;

use std::collections::BTreeSet;

use onprem_proxmox::{GuestConfig, Params, StorageName, VolumeId};
use tf_provider::api::{ApiChanges, ApiError, Json};
use tf_provider::{Attributes, Choice, Text};

use super::names::{BootDevice, DnsName, Tag};
use super::{format, parameters};
pub(crate) use agent::Agent;
pub(crate) use description::Description;
use devices::{Audio, HostPcis, NumaNodes, Rng, Smbios, Usbs, Vga, VirtiofsMounts, Watchdog};

/// Options of a VM. API: `/nodes/{node}/qemu/{vmid}/config`.
#[derive(Clone, Attributes)]
pub(crate) struct Hardware {
    /// Name, also the host name that cloud-init gives the guest: a DNS name.
    #[attr(setting, api)]
    name: Option<Text<DnsName>>,
    /// Notes, in Markdown.
    #[attr(setting, api)]
    description: Option<Text<Description>>,
    /// Tags, in lower case.
    #[attr(setting, api, absent = BTreeSet::<Text<Tag>>::new())]
    tags: BTreeSet<Text<Tag>>,
    /// Processors.
    #[attr(setting, api(inline))]
    cpu: Cpu,
    /// Memory in MiB.
    #[attr(setting, api, absent = 512, range(16, 4_178_944))]
    memory: i64,
    /// Memory in MiB below which the balloon does not take it; 0 switches the balloon off.
    #[attr(setting, api)]
    balloon: Option<i64>,
    /// Weight against other guests when the balloons share out memory; 0 takes it out of that.
    #[attr(setting, api, absent = 1000, range(0, 50_000))]
    shares: i64,
    /// Takes the memory in huge pages of this many MiB: `2`, `1024`, or `any`. For `root@pam` with its
    /// password alone.
    #[attr(setting, api)]
    hugepages: Option<Hugepages>,
    /// Keeps the huge pages when the guest stops. For `root@pam` with its password alone.
    #[attr(setting, api = "keephugepages", absent = false)]
    keep_hugepages: bool,
    /// Lets the node merge its memory with that of other guests where it is the same.
    #[attr(setting, api = "allow-ksm", absent = true, since = "9.1")]
    allow_ksm: bool,
    /// NUMA nodes of the guest by slot, for example `numa0`; for `cpu = { numa = true }`. Where this is
    /// set, these are all there are.
    #[attr(setting, api = "numa*", absent = NumaNodes::new())]
    numa_nodes: NumaNodes,
    /// The QEMU guest agent. It must run in the guest, too.
    #[attr(setting, api, absent = Agent::off())]
    agent: Agent,
    /// Firmware.
    #[attr(setting, api, absent = Bios::Seabios)]
    bios: Bios,
    /// Machine type, for example `q35`.
    #[attr(setting, api)]
    machine: Option<String>,
    /// Operating system, which decides on details of the emulation: `l26` for Linux, `win11`, `other`…
    #[attr(setting, api = "ostype", absent = "other")]
    os_type: String,
    /// SCSI controller.
    #[attr(setting, api = "scsihw", absent = ScsiController::Lsi)]
    scsi_controller: ScsiController,
    /// Devices to start from, in this order, for example `["scsi0", "net0"]`. The server adds CD drives
    /// that come and takes out what goes. It stays when it leaves the configuration.
    #[attr(setting, keep, api = "boot/order", absent = Vec::<Text<BootDevice>>::new())]
    pub(crate) boot_order: Vec<Text<BootDevice>>,
    /// What may be changed while it runs. Nothing may with an empty list. Memory needs
    /// `cpu = { numa = true }`.
    #[attr(setting, api, absent = default_hotplug())]
    hotplug: BTreeSet<HotplugFeature>,
    /// First serial port: `socket`, or a device of the node. Many cloud images need `socket`.
    #[attr(setting, api)]
    serial0: Option<String>,
    /// Second serial port.
    #[attr(setting, api)]
    serial1: Option<String>,
    /// Third serial port.
    #[attr(setting, api)]
    serial2: Option<String>,
    /// Fourth serial port.
    #[attr(setting, api)]
    serial3: Option<String>,
    /// Display.
    #[attr(setting, api)]
    vga: Option<Vga>,
    /// Sound card.
    #[attr(setting, api = "audio0")]
    audio: Option<Audio>,
    /// Source of random numbers.
    #[attr(setting, api = "rng0")]
    rng: Option<Rng>,
    /// Watchdog.
    #[attr(setting, api)]
    watchdog: Option<Watchdog>,
    /// PCI devices of the node by slot, for example `hostpci0`. Where this is set, these are all there
    /// are.
    #[attr(setting, api = "hostpci*", absent = HostPcis::new())]
    hostpci: HostPcis,
    /// USB devices by slot, for example `usb0`. Where this is set, these are all there are.
    #[attr(setting, api = "usb*", absent = Usbs::new())]
    usb: Usbs,
    /// Directories of the node by slot, for example `virtiofs0`. Where this is set, these are all there
    /// are.
    #[attr(setting, api = "virtiofs*", absent = VirtiofsMounts::new())]
    virtiofs: VirtiofsMounts,
    /// What the firmware tells of the machine.
    #[attr(setting, api(inline))]
    smbios: Smbios,
    /// Architecture, for example `aarch64`; that of the node unless set. For `root@pam` with its
    /// password alone.
    #[attr(setting, api = "arch")]
    architecture: Option<String>,
    /// Runs it on the processor's virtualization.
    #[attr(setting, api, absent = true)]
    kvm: bool,
    /// Shows the guest ACPI, by which it is told to shut down.
    #[attr(setting, api, absent = true)]
    acpi: bool,
    /// Sets its clock to the local time; that is so for Windows unless set.
    #[attr(setting, api)]
    localtime: Option<bool>,
    /// Layout of the keyboard in the console, for example `de`; the datacenter's unless set.
    #[attr(setting, api)]
    keyboard: Option<String>,
    /// Further arguments of QEMU. For `root@pam` with its password alone.
    #[attr(setting, api = "args")]
    kvm_arguments: Option<String>,
    /// Volume id of a script that the node runs when the guest starts and stops. For `root@pam` with its
    /// password alone.
    #[attr(setting, api = "hookscript")]
    hook_script: Option<Text<VolumeId>>,
    /// Storage for its memory when it is suspended; one of its disks' unless set.
    #[attr(setting, api = "vmstatestorage")]
    state_storage: Option<Text<StorageName>>,
    /// Shows the guest a tablet, whose pointer is where the mouse is.
    #[attr(setting, api, absent = true)]
    tablet: bool,
    /// Starts it when the node boots.
    #[attr(setting, api = "onboot", absent = false)]
    on_boot: bool,
    /// Refuses to remove it or its disks.
    #[attr(setting, api, absent = false)]
    protection: bool,
}

/// What may be plugged in, taken out or changed while a VM runs.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Choice)]
pub(crate) enum HotplugFeature {
    Cloudinit,
    Cpu,
    Disk,
    Memory,
    Network,
    Usb,
    Other(String),
}

fn default_hotplug() -> BTreeSet<HotplugFeature> {
    [HotplugFeature::Disk, HotplugFeature::Network, HotplugFeature::Usb].into()
}

/// Size of huge pages.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Hugepages {
    Any,
    #[choice(name = "2")]
    TwoMebibytes,
    #[choice(name = "1024")]
    OneGibibyte,
    Other(String),
}

impl HardwarePlan {
    /// The name that is planned.
    pub(crate) fn name(&self) -> Option<String> {
        self.name.as_ref().map(ToString::to_string)
    }

    /// All planned parameters as changes: for a guest of which nobody knows how far it is.
    pub(crate) fn fields(&self) -> ApiChanges {
        self.to_api().into_iter().map(|(key, value)| (key, Some(value))).collect()
    }

    /// The parameters of the request that makes a guest with this UUID and this description; `more` are
    /// further fields.
    pub(crate) fn creation(
        &self,
        uuid: &str,
        description: String,
        more: impl IntoIterator<Item = (String, Json)>,
    ) -> Result<Params, ApiError> {
        let mut fields = self.fields();
        fields.extend(more.into_iter().map(|(key, value)| (key, Some(value))));
        fields.insert("smbios1".to_owned(), Some(format!("uuid={uuid}").into()));
        fields.remove(BOOT_ORDER);
        let joined = parameters::join(fields, &GuestConfig::default())?;
        let set = joined.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let mut params = format::params(&set.collect());
        params.set("description", description);
        params.set_opt("boot", self.boot());
        Ok(params)
    }

    /// The parameter for the boot order, where one is planned.
    pub(crate) fn boot(&self) -> Option<String> {
        let devices = self.boot_order.as_ref().filter(|devices| !devices.is_empty())?;
        let devices = devices.iter().map(ToString::to_string).collect::<Vec<_>>();
        Some(format!("order={}", devices.join(";")))
    }

    /// The description that is planned, empty for none.
    pub(crate) fn description(&self) -> String {
        self.description.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// The boot order among the fields. It is set on its own, once the devices are there.
pub(crate) const BOOT_ORDER: &str = "boot/order";

/// Processors of a VM.
#[derive(Clone, Attributes)]
pub(crate) struct Cpu {
    /// Cores of each socket.
    #[attr(setting, api, absent = 1, range(1, 768))]
    cores: i64,
    /// Sockets.
    #[attr(setting, api, absent = 1, range(1, 8))]
    sockets: i64,
    /// CPUs that are plugged in at the start, all unless set. More are plugged in while it runs where
    /// `hotplug` has `cpu`.
    #[attr(setting, api)]
    pub(crate) vcpus: Option<i64>,
    /// Model, for example `host` or `x86-64-v2-AES`.
    #[attr(setting, api = "cpu/cputype")]
    r#type: Option<String>,
    /// Flags beside those of the model, each with `+` or `-` in front, for example `+aes`.
    #[attr(setting, api = "cpu/flags", absent = BTreeSet::<String>::new())]
    flags: BTreeSet<String>,
    /// CPUs of the node that it runs on, for example `0,4-7`. For `root@pam` with its password alone.
    #[attr(setting, api)]
    affinity: Option<String>,
    /// CPUs that it may use at most; 0 is no limit.
    #[attr(setting, api = "cpulimit", absent = 0.0)]
    limit: f64,
    /// Weight against other guests.
    #[attr(setting, api = "cpuunits")]
    units: Option<i64>,
    /// Shows the guest a NUMA topology.
    #[attr(setting, api, absent = false)]
    numa: bool,
}

/// When a guest starts and stops with its node.
#[derive(Clone, Attributes)]
pub(crate) struct Startup {
    /// Place in the order, the smallest first; stopping goes the other way.
    #[attr(setting, api)]
    order: Option<i64>,
    /// Seconds to wait after it before the next one starts.
    #[attr(setting, api = "up")]
    up_delay: Option<i64>,
    /// Seconds to wait for it before the next one stops.
    #[attr(setting, api = "down")]
    down_delay: Option<i64>,
}

/// Firmware of a VM.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Bios {
    Seabios,
    Ovmf,
    Other(String),
}

/// SCSI controller of a VM.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ScsiController {
    Lsi,
    Lsi53c810,
    Megasas,
    Pvscsi,
    VirtioScsiPci,
    VirtioScsiSingle,
    Other(String),
}

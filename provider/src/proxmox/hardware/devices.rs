//! Devices of a VM that are one parameter each. API: `hostpci0`…, `usb0`…, `virtiofs0`…, `numa0`…, `vga`,
//! `rng0`, `watchdog` and `audio0` of `/nodes/{node}/qemu/{vmid}/config`.

use std::collections::BTreeMap;

use tf_provider::{Attributes, Choice};

use crate::proxmox::format::Numbered;
use crate::proxmox::names::{HostPciSlot, NumaSlot, UsbSlot, VirtiofsSlot};

/// A PCI device of the node.
#[derive(Clone, Attributes)]
#[attributes(exactly_one_of(host, mapping))]
pub(crate) struct HostPci {
    /// Address on the node, for example `0000:01:00.0`. For `root@pam` with its password alone: others
    /// name a `mapping`.
    #[attr(setting, api)]
    host: Option<String>,
    /// Name of a mapping of the datacenter, which knows the address on each node.
    #[attr(setting, api)]
    mapping: Option<String>,
    /// Type of a mediated device, for example `i915-GVTg_V5_4`.
    #[attr(setting, api)]
    mdev: Option<String>,
    /// Shows it as a PCI Express device, for which `machine` is a `q35`.
    #[attr(setting, api, absent = false)]
    pcie: bool,
    /// Shows the guest its firmware.
    #[attr(setting, api, absent = true)]
    rombar: bool,
    /// File with its firmware, in `/usr/share/kvm/` of the node.
    #[attr(setting, api = "romfile")]
    rom_file: Option<String>,
    /// Makes it the display of the guest.
    #[attr(setting, api = "x-vga", absent = false)]
    primary_gpu: bool,
}

impl Numbered for HostPci {
    const DEFAULT_KEY: &'static str = "host";
    const MANAGED: &'static [&'static str] =
        &["host", "mapping", "mdev", "pcie", "rombar", "romfile", "x-vga"];
}

/// A USB device.
#[derive(Clone, Attributes)]
#[attributes(exactly_one_of(host, mapping))]
pub(crate) struct Usb {
    /// `spice`, or a device of the node: its `vendor:product` or its `bus-port`, which is for `root@pam`
    /// with its password alone: others name a `mapping`.
    #[attr(setting, api)]
    host: Option<String>,
    /// Name of a mapping of the datacenter, which knows the device on each node.
    #[attr(setting, api)]
    mapping: Option<String>,
    /// Plugs it into a USB 3 controller.
    #[attr(setting, api, absent = false)]
    usb3: bool,
}

impl Numbered for Usb {
    const DEFAULT_KEY: &'static str = "host";
    const MANAGED: &'static [&'static str] = &["host", "mapping", "usb3"];
}

/// A directory of the node that the guest mounts.
#[derive(Clone, Attributes)]
pub(crate) struct Virtiofs {
    /// Name of a directory mapping of the datacenter; the guest mounts it under this name.
    #[attr(required, api = "dirid")]
    mapping: String,
    /// How the guest caches it.
    #[attr(setting, api, absent = VirtiofsCache::Auto)]
    cache: VirtiofsCache,
    /// Lets programs of the guest bypass the node's cache.
    #[attr(setting, api = "direct-io", absent = false)]
    direct_io: bool,
    /// Shows access control lists, which implies extended attributes.
    #[attr(setting, api = "expose-acl", absent = false)]
    expose_acl: bool,
    /// Shows extended attributes.
    #[attr(setting, api = "expose-xattr", absent = false)]
    expose_xattr: bool,
}

impl Numbered for Virtiofs {
    const DEFAULT_KEY: &'static str = "dirid";
    const MANAGED: &'static [&'static str] =
        &["dirid", "cache", "direct-io", "expose-acl", "expose-xattr"];
}

/// How a guest caches a directory of the node.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum VirtiofsCache {
    Auto,
    Always,
    Metadata,
    Never,
    Other(String),
}

/// A NUMA node of the guest.
#[derive(Clone, Attributes)]
pub(crate) struct NumaNode {
    /// Its CPUs, for example `0-3` or `0;2`.
    #[attr(required, api)]
    cpus: String,
    /// Its memory in MiB.
    #[attr(setting, api)]
    memory: Option<i64>,
    /// NUMA nodes of the host that the memory is taken from, for example `0`.
    #[attr(setting, api = "hostnodes")]
    host_nodes: Option<String>,
    /// How it is taken from them.
    #[attr(setting, api)]
    policy: Option<NumaPolicy>,
}

impl Numbered for NumaNode {
    const DEFAULT_KEY: &'static str = "cpus";
    const MANAGED: &'static [&'static str] = &["cpus", "memory", "hostnodes", "policy"];
}

/// How memory is taken from NUMA nodes of the host.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum NumaPolicy {
    Bind,
    Interleave,
    Preferred,
    Other(String),
}

/// The display.
#[derive(Clone, Attributes)]
pub(crate) struct Vga {
    /// What the guest sees: `std`, `virtio`, `qxl`, `serial0`, `none`…
    #[attr(setting, api, absent = "std")]
    r#type: String,
    /// Its memory in MiB.
    #[attr(setting, api, range(4, 512))]
    memory: Option<i64>,
    /// Shares the clipboard: `vnc`; that of SPICE unless set.
    #[attr(setting, api)]
    clipboard: Option<String>,
}

/// A source of random numbers.
#[derive(Clone, Attributes)]
pub(crate) struct Rng {
    /// Device of the node: `/dev/urandom`, `/dev/random` or `/dev/hwrng`.
    #[attr(required, api)]
    source: String,
    /// Bytes that the guest gets in a period; 0 is no limit.
    #[attr(setting, api, absent = 1024)]
    max_bytes: i64,
    /// Milliseconds of a period.
    #[attr(setting, api, absent = 1000)]
    period: i64,
}

/// A watchdog, which acts when the guest stops feeding it.
#[derive(Clone, Attributes)]
pub(crate) struct Watchdog {
    /// What the guest sees.
    #[attr(setting, api, absent = WatchdogModel::I6300esb)]
    model: WatchdogModel,
    /// What it does.
    #[attr(setting, api)]
    action: Option<WatchdogAction>,
}

/// What a guest sees of a watchdog.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum WatchdogModel {
    I6300esb,
    Ib700,
    Other(String),
}

/// What a watchdog does.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum WatchdogAction {
    Reset,
    Shutdown,
    Poweroff,
    Pause,
    Debug,
    None,
    Other(String),
}

/// A sound card.
#[derive(Clone, Attributes)]
pub(crate) struct Audio {
    /// What the guest sees.
    #[attr(required, api)]
    device: AudioDevice,
    /// Where the sound goes.
    #[attr(setting, api, absent = AudioDriver::Spice)]
    driver: AudioDriver,
}

/// What a guest sees of a sound card.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AudioDevice {
    IntelHda,
    Ich9IntelHda,
    #[choice(name = "AC97")]
    Ac97,
    Other(String),
}

/// Where the sound of a guest goes.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AudioDriver {
    Spice,
    None,
    Other(String),
}

/// What the firmware tells the guest of the machine, beside its UUID.
#[derive(Clone, Attributes)]
pub(crate) struct Smbios {
    /// Manufacturer.
    #[attr(setting, api = "smbios1/manufacturer")]
    manufacturer: Option<String>,
    /// Product.
    #[attr(setting, api = "smbios1/product")]
    product: Option<String>,
    /// Version.
    #[attr(setting, api = "smbios1/version")]
    version: Option<String>,
    /// Serial number.
    #[attr(setting, api = "smbios1/serial")]
    serial: Option<String>,
    /// Stock keeping unit.
    #[attr(setting, api = "smbios1/sku")]
    sku: Option<String>,
    /// Family.
    #[attr(setting, api = "smbios1/family")]
    family: Option<String>,
}

/// PCI devices by slot.
pub(crate) type HostPcis = BTreeMap<HostPciSlot, HostPci>;
/// USB devices by slot.
pub(crate) type Usbs = BTreeMap<UsbSlot, Usb>;
/// Directories by slot.
pub(crate) type VirtiofsMounts = BTreeMap<VirtiofsSlot, Virtiofs>;
/// NUMA nodes by slot.
pub(crate) type NumaNodes = BTreeMap<NumaSlot, NumaNode>;

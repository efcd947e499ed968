//! Devices of the node in a container. API: `dev0`… of `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::BTreeMap;

use tf_provider::Attributes;

use crate::proxmox::format::Numbered;
use crate::proxmox::names::DeviceSlot;

/// A device of the node that the container may use.
#[derive(Clone, Attributes)]
pub(crate) struct Device {
    /// Its path on the node, for example `/dev/dri/renderD128`.
    #[attr(required, api)]
    path: String,
    /// Lets the container read it alone.
    #[attr(setting, api = "deny-write", absent = false)]
    deny_write: bool,
    /// User in the container who owns it; root unless set.
    #[attr(setting, api)]
    uid: Option<i64>,
    /// Group in the container that owns it; root's unless set.
    #[attr(setting, api)]
    gid: Option<i64>,
    /// Access in octal, for example `0660`.
    #[attr(setting, api)]
    mode: Option<String>,
}

impl Numbered for Device {
    const DEFAULT_KEY: &'static str = "path";
    const MANAGED: &'static [&'static str] = &["path", "deny-write", "uid", "gid", "mode"];
}

/// Devices by slot.
pub(crate) type Devices = BTreeMap<DeviceSlot, Device>;

//! Options of a container that are one parameter each. API: `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::BTreeSet;

use onprem_proxmox::VolumeId;
use tf_provider::{Attributes, Choice, Text};

use super::devices::Devices;
use crate::proxmox::hardware::{Description, Startup};
use crate::proxmox::names::{DnsName, Tag};

/// Options of a container.
#[derive(Clone, Attributes)]
pub(crate) struct ContainerOptions {
    /// Host name: a DNS name.
    #[attr(setting, keep, api)]
    hostname: Option<Text<DnsName>>,
    /// Notes, in Markdown.
    #[attr(setting, api)]
    description: Option<Text<Description>>,
    /// Tags, in lower case.
    #[attr(setting, api, absent = BTreeSet::<Text<Tag>>::new())]
    tags: BTreeSet<Text<Tag>>,
    /// CPU cores; all of the node unless set.
    #[attr(setting, api, range(1, 8192))]
    cores: Option<i64>,
    /// CPUs that it may use at most; 0 is no limit.
    #[attr(setting, api = "cpulimit", absent = 0.0)]
    cpu_limit: f64,
    /// Weight against other guests.
    #[attr(setting, api = "cpuunits")]
    cpu_units: Option<i64>,
    /// Memory in MiB.
    #[attr(setting, api, absent = 512, range(16, 4_178_944))]
    memory: i64,
    /// Swap in MiB.
    #[attr(setting, api, absent = 512, range(0, 4_178_944))]
    swap: i64,
    /// What it may do beyond the usual. All but `nesting` are for `root@pam` alone.
    #[attr(setting, api, absent = Features::none())]
    pub(super) features: Features,
    /// DNS servers; the node's unless set.
    #[attr(setting, api = "nameserver", absent = Vec::<String>::new())]
    dns_servers: Vec<String>,
    /// Domain to search; the node's unless set.
    #[attr(setting, api = "searchdomain")]
    dns_domain: Option<String>,
    /// Time zone, for example `Europe/Vienna`, or `host` for the node's; the template's unless set.
    #[attr(setting, api)]
    timezone: Option<String>,
    /// Operating system, by which the server configures it; that of the template unless set.
    #[attr(setting, keep, api = "ostype")]
    os_type: Option<String>,
    /// Shows a console.
    #[attr(setting, api, absent = true)]
    console: bool,
    /// What the console shows: a login on a terminal, the container's console, or a shell without login.
    #[attr(setting, api = "cmode", absent = ConsoleMode::Tty)]
    console_mode: ConsoleMode,
    /// Terminals.
    #[attr(setting, api, absent = 2, range(0, 6))]
    tty: i64,
    /// Program that it starts with.
    #[attr(setting, api, absent = "/sbin/init", since = "9.1")]
    entrypoint: String,
    /// Devices of the node by slot, for example `dev0`. Where this is set, these are all there are. For
    /// `root@pam` with its password alone.
    #[attr(setting, api = "dev*", absent = Devices::new())]
    devices: Devices,
    /// Volume id of a script that the node runs when the container starts and stops. For `root@pam` with
    /// its password alone.
    #[attr(setting, api = "hookscript")]
    hook_script: Option<Text<VolumeId>>,
    /// Starts it when the node boots.
    #[attr(setting, api = "onboot", absent = false)]
    on_boot: bool,
    /// When it starts and stops with its node.
    #[attr(setting, api)]
    startup: Option<Startup>,
    /// Refuses to remove it or its volumes.
    #[attr(setting, api, absent = false)]
    protection: bool,
}

impl ContainerOptionsPlan {
    /// The host name that is planned.
    pub(super) fn hostname(&self) -> Option<String> {
        self.hostname.as_ref().map(ToString::to_string)
    }

    /// The description that is planned, empty for none.
    pub(super) fn description(&self) -> String {
        self.description.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// What a container may do beyond the usual.
#[derive(Clone, Attributes)]
pub(crate) struct Features {
    /// Containers inside it.
    #[attr(setting, api, absent = false)]
    nesting: bool,
    /// FUSE file systems.
    #[attr(setting, api, absent = false)]
    fuse: bool,
    /// The keyctl system call, which Docker wants in an unprivileged container.
    #[attr(setting, api, absent = false)]
    keyctl: bool,
    /// Device nodes of its own.
    #[attr(setting, api, absent = false)]
    mknod: bool,
    /// File systems that it may mount, for example `nfs` and `cifs`.
    #[attr(setting, api, absent = BTreeSet::<String>::new())]
    mount: BTreeSet<String>,
    /// Mounts `/sys` for writing in an unprivileged container.
    #[attr(setting, api, absent = false)]
    force_rw_sys: bool,
}

/// Properties of [`Features`].
pub(super) const FEATURES: [&str; 6] =
    ["nesting", "fuse", "keyctl", "mknod", "mount", "force_rw_sys"];

/// What the console of a container shows.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ConsoleMode {
    Tty,
    Console,
    Shell,
    Other(String),
}

impl Features {
    fn none() -> Self {
        Self {
            nesting: false,
            fuse: false,
            keyctl: false,
            mknod: false,
            mount: BTreeSet::new(),
            force_rw_sys: false,
        }
    }
}

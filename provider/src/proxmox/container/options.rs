//! Options of a container that are one parameter each. API: `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::BTreeSet;

use tf_provider::{Attributes, Text};

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
}

impl Features {
    fn none() -> Self {
        Self { nesting: false, fuse: false, keyctl: false, mknod: false }
    }
}

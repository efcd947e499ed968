//! How a lab is set up.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::faults::Fault;

/// Set-up of a lab. The default is three nodes on free ports with a fast clock.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Names of the Proxmox nodes, in the order of their endpoints. Default `pve1`, `pve2`, `pve3`.
    pub nodes: Vec<String>,
    /// How much faster than real time the lab's clock runs. Default 1000.
    pub clock: f64,
    /// Port for each node; free ones where there are fewer than nodes. Default none.
    pub proxmox_ports: Vec<u16>,
    /// Release whose shapes NetBox has, from 4.2 on. Default `4.6.8`.
    pub netbox_version: String,
    /// Port of NetBox; a free one when 0. Default 0.
    pub netbox_port: u16,
    /// Port for each iDRAC; free ones where there are fewer. Default none.
    pub idrac_ports: Vec<u16>,
    /// Password of `root` on every iDRAC. Default `lab-password`.
    pub idrac_password: String,
    /// Faults armed from the start.
    pub faults: Vec<Fault>,
    /// Further host names that the nodes resolve to the lab's web server.
    pub host_names: Vec<String>,
    /// Further files of the web server, by name.
    pub files: BTreeMap<String, Bytes>,
    /// Files that lie on the first node's storages from the start, by volume id (`local:iso/x.iso`).
    pub volumes: BTreeMap<String, Bytes>,
    /// Name of the API token of `root@pam`. Default `lab`.
    pub token_name: String,
    /// Password of `root@pam`. Default `lab-password`.
    pub password: String,
    /// Space on each `local` storage, in bytes. Default 100 GiB.
    pub local_size: u64,
    /// Whether the nodes have only `local`, holding every content type, as a factory-fresh single node has. Default no.
    pub plain_storage: bool,
    /// Lab time after which a started guest has addresses and its agent answers. Default 15 s.
    pub guest_boot: Duration,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            nodes: ["pve1", "pve2", "pve3"].map(str::to_owned).to_vec(),
            clock: 1000.0,
            proxmox_ports: Vec::new(),
            netbox_version: "4.6.8".to_owned(),
            netbox_port: 0,
            idrac_ports: Vec::new(),
            idrac_password: "lab-password".to_owned(),
            faults: Vec::new(),
            host_names: Vec::new(),
            files: BTreeMap::new(),
            volumes: BTreeMap::new(),
            token_name: "lab".to_owned(),
            password: "lab-password".to_owned(),
            local_size: 100 << 30,
            plain_storage: false,
            guest_boot: Duration::from_secs(15),
        }
    }
}

impl LabOptions {
    /// The default set-up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs the lab's clock `factor` times as fast as the real one.
    #[must_use]
    pub fn clock(mut self, factor: f64) -> Self {
        self.clock = factor;
        self
    }

    /// Gives NetBox the shapes of another release.
    #[must_use]
    pub fn netbox_version(mut self, version: impl Into<String>) -> Self {
        self.netbox_version = version.into();
        self
    }

    /// Arms a fault from the start.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Offers a further file on the lab's web server.
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, data: impl Into<Bytes>) -> Self {
        self.files.insert(name.into(), data.into());
        self
    }

    /// Puts a file on a storage of the first node from the start.
    #[must_use]
    pub fn volume(mut self, id: impl Into<String>, data: impl Into<Bytes>) -> Self {
        self.volumes.insert(id.into(), data.into());
        self
    }

    /// Resolves a further host name to the lab's web server.
    #[must_use]
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.host_names.push(name.into());
        self
    }
}

//! What VMs and templates are made of.
//!
//! [`Hardware`] holds the options that are one parameter of the API each: a field with `api = "…"` is
//! all that one takes. Disks, network devices and the cloud-init drive have files of their own;
//! `planning` says what is wrong with a plan of them, and `converge` brings a guest to it.

pub(crate) mod cdrom;
pub(crate) mod cloud_init;
pub(crate) mod converge;
pub(crate) mod disk;
pub(crate) mod firmware;
pub(crate) mod network;
pub(crate) mod planning;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use onprem_proxmox::GuestConfig;
use tf_provider::api::{ApiChanges, ApiError, Json};
use tf_provider::{Attributes, Choice, Text};

use super::format;
use super::names::{DnsName, Tag};

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
    /// First serial port: `socket`, or a device of the node. Many cloud images need `socket`.
    #[attr(setting, api)]
    serial0: Option<String>,
    /// Display, for example `std` or `serial0`.
    #[attr(setting, api)]
    vga: Option<String>,
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

impl HardwarePlan {
    /// The name that is planned.
    pub(crate) fn name(&self) -> Option<String> {
        self.name.as_ref().map(ToString::to_string)
    }

    /// All planned parameters as changes: for a guest of which nobody knows how far it is.
    pub(crate) fn fields(&self) -> ApiChanges {
        self.to_api().into_iter().map(|(key, value)| (key, Some(value))).collect()
    }

    /// The description that is planned, empty for none.
    pub(crate) fn description(&self) -> String {
        self.description.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// Processors of a VM.
#[derive(Clone, Attributes)]
pub(crate) struct Cpu {
    /// Cores of each socket.
    #[attr(setting, api, absent = 1, range(1, 768))]
    cores: i64,
    /// Sockets.
    #[attr(setting, api, absent = 1, range(1, 8))]
    sockets: i64,
    /// Model, for example `host` or `x86-64-v2-AES`, with flags as Proxmox VE writes them.
    #[attr(setting, api = "cpu")]
    r#type: Option<String>,
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

/// The QEMU guest agent.
#[derive(Clone, Attributes)]
pub(crate) struct Agent {
    /// Talks to the agent.
    #[attr(setting, api, absent = false)]
    enabled: bool,
    /// Trims the disks after a clone or a move.
    #[attr(setting, api = "fstrim_cloned_disks", absent = false)]
    trim_cloned_disks: bool,
    /// How the agent is reached.
    #[attr(setting, api, absent = AgentType::Virtio)]
    r#type: AgentType,
}

impl Agent {
    fn off() -> Self {
        Self { enabled: false, trim_cloned_disks: false, r#type: AgentType::Virtio }
    }

    /// Has a change of the agent name only what changes: what is not managed here stays, and what means
    /// no more than its absence is not written.
    fn narrow(changes: &mut ApiChanges, config: &GuestConfig) -> Result<(), ApiError> {
        let Some(Some(Json::Object(planned))) = changes.get("agent") else { return Ok(()) };
        let current = config.text("agent").unwrap_or_default();
        let current = format::properties(&current, "enabled").unwrap_or_default();
        let managed = ["enabled", "fstrim_cloned_disks", "type"];
        match format::brought_to::<Self>(&current, planned, &managed)? {
            Some(fields) => {
                let text = format::property_string(&fields, "");
                changes
                    .insert("agent".to_owned(), Some(text.into()).filter(|_| !fields.is_empty()));
            }
            None => {
                changes.remove("agent");
            }
        }
        Ok(())
    }
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

/// How a guest agent is reached.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum AgentType {
    Virtio,
    Isa,
    Other(String),
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

/// Notes of a guest; line ends at its end do not count, the server drops them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Description(String);

impl FromStr for Description {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim_end_matches(['\n', '\r']) {
            "" => Err("It is empty. Leave it out instead."),
            _ if text.chars().count() > 8000 => Err("It is longer than 8000 characters."),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Switching the trimming on wrote `type=virtio`, which nobody had asked for, and dropped what is not
    /// managed here.
    #[test]
    fn a_change_of_the_agent_names_what_changes() {
        let narrowed = |current: &str, planned: Json| {
            let config = BTreeMap::from([("agent".to_owned(), Json::from(current))]);
            let mut changes = ApiChanges::from([("agent".to_owned(), Some(planned))]);
            Agent::narrow(&mut changes, &config.into()).unwrap();
            changes.remove("agent").map(|agent| agent.map(|agent| format::text(&agent)))
        };
        let planned = |enabled: bool, trim: bool| {
            let mut fields = tf_provider::api::ApiFields::new();
            fields.insert("enabled".to_owned(), enabled.into());
            fields.insert("fstrim_cloned_disks".to_owned(), trim.into());
            fields.insert("type".to_owned(), "virtio".into());
            Json::Object(fields)
        };
        assert_eq!(
            narrowed("1,freeze-fs-on-backup=0", planned(true, true)),
            Some(Some("enabled=1,freeze-fs-on-backup=0,fstrim_cloned_disks=1".to_owned()))
        );
        assert_eq!(narrowed("1", planned(true, false)), None);
        assert_eq!(narrowed("1", planned(false, false)), Some(None));
    }
}

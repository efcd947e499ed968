//! Virtual machines. API: `/api/virtualization/virtual-machines/`.

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::labels::{Labels, LabelsValues};
use super::model::{Key, Model, resource};
use super::names::Prose;

/// A virtual machine in NetBox: what is documented of it, not the machine itself.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_virtual_machine",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct VirtualMachine {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name.
    #[attr(required, api)]
    name: String,
    /// Operational status.
    #[attr(setting, api, absent = MachineStatus::Active)]
    status: MachineStatus,
    /// Number of the cluster that it runs on.
    #[attr(setting, api = "cluster")]
    cluster_id: Option<i64>,
    /// Number of the site that it is in.
    #[attr(setting, keep, api = "site")]
    site_id: Option<i64>,
    /// Number of the host that it is pinned to.
    #[attr(setting, api = "device")]
    device_id: Option<i64>,
    /// Number of the tenant that it belongs to.
    #[attr(setting, api = "tenant")]
    tenant_id: Option<i64>,
    /// Number of its platform.
    #[attr(setting, api = "platform")]
    platform_id: Option<i64>,
    /// Number of its role.
    #[attr(setting, api = "role")]
    role_id: Option<i64>,
    /// Virtual CPUs, such as `1.5`.
    #[attr(setting, api)]
    vcpus: Option<f64>,
    /// Memory in MB.
    #[attr(setting, api)]
    memory: Option<i64>,
    /// Disk in MB. Where it has virtual disks it is their sum: leave it out then.
    #[attr(setting, keep, api)]
    disk: Option<i64>,
    /// Serial number.
    #[attr(setting, api, absent = "")]
    serial: String,
    /// More about it, in Markdown.
    #[attr(setting, api, absent = Prose::default())]
    comments: Text<Prose>,
    #[attr(flatten)]
    labels: Labels,
}

/// Status of a virtual machine.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum MachineStatus {
    Offline,
    Active,
    Planned,
    Staged,
    Failed,
    Decommissioning,
    Paused,
    Other(String),
}

impl Model for VirtualMachine {
    const KIND: &'static Kind = &kinds::VIRTUAL_MACHINE;

    fn labels(values: &VirtualMachineValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }

    fn key(named: &VirtualMachineValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(VirtualMachine);

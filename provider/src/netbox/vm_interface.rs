//! Interfaces of virtual machines. API: `/api/virtualization/interfaces/`.

use std::collections::BTreeSet;

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource};

use super::labels::{Labels, LabelsValues};
use super::model::{Model, resource};

/// An interface of a virtual machine in NetBox.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_vm_interface",
    group = "NetBox",
    import = "{id}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct VmInterface {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Number of the virtual machine.
    #[attr(required, replace, api = "virtual_machine")]
    virtual_machine_id: i64,
    /// Its name, which no other interface of the machine has.
    #[attr(required, api)]
    name: String,
    /// Whether it is switched on.
    #[attr(setting, api, absent = true)]
    enabled: bool,
    /// Largest packet in bytes.
    #[attr(setting, api, range(1, 65536))]
    mtu: Option<i64>,
    /// How it carries VLANs.
    #[attr(setting, api)]
    mode: Option<VlanMode>,
    /// Number of the VLAN of untagged packets.
    #[attr(setting, api = "untagged_vlan")]
    untagged_vlan_id: Option<i64>,
    /// Numbers of the VLANs of tagged packets.
    #[attr(setting, api = "tagged_vlans", absent = BTreeSet::new())]
    tagged_vlan_ids: BTreeSet<i64>,
    /// Number of the VRF that it is in.
    #[attr(setting, api = "vrf")]
    vrf_id: Option<i64>,
    /// Number of the interface that it is a part of.
    #[attr(setting, api = "parent")]
    parent_id: Option<i64>,
    /// Number of the interface that it is bridged to.
    #[attr(setting, api = "bridge")]
    bridge_id: Option<i64>,
    #[attr(flatten)]
    labels: Labels,
}

/// How an interface carries VLANs.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum VlanMode {
    Access,
    Tagged,
    TaggedAll,
    Other(String),
}

impl Model for VmInterface {
    const KIND: &'static Kind = &kinds::VM_INTERFACE;

    fn labels(values: &VmInterfaceValues) -> Option<&LabelsValues> {
        Some(&values.labels)
    }
}

resource!(VmInterface);

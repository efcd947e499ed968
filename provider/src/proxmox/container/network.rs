//! Network devices of a container. API: `net0` to `net31` of `/nodes/{node}/lxc/{vmid}/config`.

use std::collections::{BTreeMap, BTreeSet};

use onprem_proxmox::{GuestConfig, Params};
use tf_provider::api::{ApiError, ApiFields, FromApi};
use tf_provider::{Attributes, Text};

use crate::proxmox::format::{self, Pve};
use crate::proxmox::names::{MacAddress, NetworkSlot};

/// A network device of a container.
#[derive(Clone, Attributes)]
pub(crate) struct ContainerNetworkDevice {
    /// Name inside the container, for example `eth0`.
    #[attr(required, api)]
    name: String,
    /// Bridge that it is plugged into, for example `vmbr0`.
    #[attr(required, api)]
    bridge: String,
    /// MAC address; the server makes one unless set. It stays when it leaves the configuration.
    #[attr(setting, keep, api = "hwaddr")]
    mac_address: Text<MacAddress>,
    /// VLAN that its packets are tagged with.
    #[attr(setting, api = "tag", range(1, 4094))]
    vlan_id: Option<i64>,
    /// IPv4 address with its prefix length, for example `10.20.0.5/24`, or `dhcp`, or `manual`.
    #[attr(setting, api = "ip")]
    pub(super) ipv4_address: Option<String>,
    /// IPv4 gateway.
    #[attr(setting, api = "gw")]
    ipv4_gateway: Option<String>,
    /// IPv6 address with its prefix length, or `auto`, `dhcp` or `manual`.
    #[attr(setting, api = "ip6")]
    ipv6_address: Option<String>,
    /// IPv6 gateway.
    #[attr(setting, api = "gw6")]
    ipv6_gateway: Option<String>,
    /// Has the firewall look at its packets.
    #[attr(setting, api, absent = false)]
    firewall: bool,
    /// Pulls the plug.
    #[attr(setting, api = "link_down", absent = false)]
    disconnected: bool,
    /// Largest packet in bytes.
    #[attr(setting, api, range(64, 65535))]
    mtu: Option<i64>,
    /// Limit in MB/s.
    #[attr(setting, api = "rate")]
    rate_limit: Option<f64>,
    /// VLANs whose tagged packets pass.
    #[attr(setting, api, absent = BTreeSet::<i64>::new())]
    trunks: BTreeSet<i64>,
    /// Leaves the addresses to the node, for a container that has no network manager.
    #[attr(setting, api = "host-managed", absent = false, since = "9.1")]
    host_managed: bool,
}

/// Properties of a [`ContainerNetworkDevice`]: others stay.
const MANAGED: [&str; 14] = [
    "name",
    "bridge",
    "hwaddr",
    "tag",
    "ip",
    "gw",
    "ip6",
    "gw6",
    "firewall",
    "link_down",
    "mtu",
    "rate",
    "trunks",
    "host-managed",
];

/// The devices of a container by slot; its `network` attribute.
pub(crate) type Network = BTreeMap<NetworkSlot, ContainerNetworkDevice>;
/// The devices as they shall become.
pub(crate) type NetworkPlan = BTreeMap<NetworkSlot, ContainerNetworkDevicePlan>;

/// Reads all devices of a container.
pub(super) fn read(config: &GuestConfig) -> Result<Network, ApiError> {
    let mut network = Network::new();
    for slot in config.slots("net") {
        let text = config.text(slot).unwrap_or_default();
        let device = ContainerNetworkDevice::from_api::<Pve>(&fields(&text))
            .map_err(|error| error.within(slot))?;
        network.insert(slot.parse().map_err(ApiError::new)?, device);
    }
    Ok(network)
}

/// The properties of a device; one that is plugged in nowhere has no bridge.
fn fields(text: &str) -> ApiFields {
    let mut fields = format::properties(text, "name").unwrap_or_default();
    fields.entry("bridge").or_insert_with(|| "".into());
    fields
}

/// Sets in `params` what makes the devices of `config` those of `plan`, which are all there shall be.
pub(super) fn change(
    plan: &NetworkPlan,
    config: &GuestConfig,
    params: &mut Params,
) -> Result<(), ApiError> {
    for (slot, device) in plan {
        let slot = slot.to_string();
        let mut planned = device.to_api();
        let wanted = match config.text(&slot) {
            None => Some(planned),
            Some(current) => {
                let current = fields(&current);
                // Without an address in the parameter the server would make a new one.
                if let Some(address) = current.get("hwaddr") {
                    planned.entry("hwaddr").or_insert_with(|| address.clone());
                }
                format::brought_to::<ContainerNetworkDevice>(&current, &planned, &MANAGED)?
            }
        };
        if let Some(fields) = wanted {
            params.set(&slot, format::property_string(&fields, ""));
        }
    }
    for slot in config.slots("net") {
        if !plan.keys().any(|planned| planned.to_string() == slot) {
            params.delete(slot);
        }
    }
    Ok(())
}

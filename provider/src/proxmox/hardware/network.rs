//! Network devices of a VM. API: `net0` to `net31` of `/nodes/{node}/qemu/{vmid}/config`.

use std::collections::BTreeMap;

use onprem_proxmox::{GuestConfig, Params};
use tf_provider::api::{ApiError, ApiFields, FromApi, Json};
use tf_provider::{Attributes, Choice, Text};

use super::super::format::{self, Pve};
use super::super::names::{MacAddress, NetworkSlot};

/// A network device.
#[derive(Clone, Attributes)]
pub(crate) struct NetworkDevice {
    /// Bridge that it is plugged into, for example `vmbr0`.
    #[attr(required, api)]
    bridge: String,
    /// What the guest sees.
    #[attr(setting, api, absent = NetworkModel::Virtio)]
    model: NetworkModel,
    /// MAC address; the server makes one unless set. It stays when it leaves the configuration.
    #[attr(setting, keep, api = "macaddr")]
    mac_address: Text<MacAddress>,
    /// VLAN that its packets are tagged with.
    #[attr(setting, api = "tag", range(1, 4094))]
    vlan_id: Option<i64>,
    /// Has the firewall look at its packets.
    #[attr(setting, api, absent = false)]
    firewall: bool,
    /// Pulls the plug.
    #[attr(setting, api = "link_down", absent = false)]
    disconnected: bool,
    /// Largest packet in bytes; 1 takes the bridge's.
    #[attr(setting, api, range(1, 65520))]
    mtu: Option<i64>,
    /// Packet queues.
    #[attr(setting, api, range(0, 64))]
    queues: Option<i64>,
    /// Limit in MB/s.
    #[attr(setting, api = "rate")]
    rate_limit: Option<f64>,
    /// VLANs whose tagged packets pass, numbers and ranges such as `10-12`.
    #[attr(setting, api, absent = Vec::<String>::new())]
    trunks: Vec<String>,
}

/// What a guest sees of a network device.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum NetworkModel {
    Virtio,
    E1000,
    E1000e,
    Rtl8139,
    Vmxnet3,
    Other(String),
}

/// Properties that a [`NetworkDevice`] has: of others nothing is known here, and they stay.
const MANAGED: [&str; 10] = [
    "bridge",
    "model",
    "macaddr",
    "tag",
    "firewall",
    "link_down",
    "mtu",
    "queues",
    "rate",
    "trunks",
];

/// The devices of a VM by slot; its `network` attribute.
pub(crate) type Network = BTreeMap<NetworkSlot, NetworkDevice>;
/// The devices as they shall become.
pub(crate) type NetworkPlan = BTreeMap<NetworkSlot, NetworkDevicePlan>;

/// Reads all devices of a VM.
pub(crate) fn read(config: &GuestConfig) -> Result<Network, ApiError> {
    let mut network = Network::new();
    for slot in config.slots("net") {
        let text = config.text(slot).unwrap_or_default();
        let device =
            NetworkDevice::from_api::<Pve>(&fields(&text)).map_err(|error| error.within(slot))?;
        network.insert(slot.parse().map_err(ApiError::new)?, device);
    }
    Ok(network)
}

/// The properties of a device; the server writes the model as the key of the address.
fn fields(text: &str) -> ApiFields {
    let mut fields = format::properties(text, "model").unwrap_or_default();
    let address = |value: &Json| value.as_str().is_some_and(|v| v.parse::<MacAddress>().is_ok());
    let model = fields
        .iter()
        .find(|(key, value)| !MANAGED.contains(&key.as_str()) && address(value))
        .map(|(key, _)| key.clone());
    if let Some(model) = model
        && let Some(address) = fields.remove(&model)
    {
        fields.insert("model".to_owned(), model.into());
        fields.insert("macaddr".to_owned(), address);
    }
    // A device without a bridge is behind the node's own address translation.
    fields.entry("bridge").or_insert_with(|| "".into());
    fields
}

/// Sets in `params` what makes the devices of `config` those of `plan`, which are all there shall be.
pub(crate) fn change(
    plan: &NetworkPlan,
    config: &GuestConfig,
    params: &mut Params,
) -> Result<(), ApiError> {
    for (slot, device) in plan {
        let slot = slot.to_string();
        let wanted = match config.text(&slot) {
            None => Some(property_string(device.to_api())),
            Some(current) => changed(&fields(&current), device)?,
        };
        if let Some(text) = wanted {
            params.set(&slot, text);
        }
    }
    for slot in config.slots("net") {
        if !plan.keys().any(|planned| planned.to_string() == slot) {
            params.delete(slot);
        }
    }
    Ok(())
}

/// The `current` device as it shall become; nothing when it is so. Without an address in the parameter
/// the server would make a new one, so the address stays.
fn changed(current: &ApiFields, device: &NetworkDevicePlan) -> Result<Option<String>, ApiError> {
    let mut planned = device.to_api();
    if let Some(address) = current.get("macaddr") {
        planned.entry("macaddr").or_insert_with(|| address.clone());
    }
    let fields = format::brought_to::<NetworkDevice>(current, &planned, &MANAGED)?;
    Ok(fields.map(property_string))
}

/// The device as a parameter: the model, with the address if there is one, in front.
fn property_string(mut fields: ApiFields) -> String {
    let model = fields.remove("model").unwrap_or_else(|| "virtio".into());
    match fields.remove("macaddr") {
        Some(address) => {
            let rest = format::property_string(&fields, "");
            format!("{}={},{rest}", format::text(&model), format::text(&address))
        }
        None => {
            fields.insert("model".to_owned(), model);
            format::property_string(&fields, "model")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_the_address_and_what_is_not_managed() {
        let device = NetworkDevicePlan {
            bridge: "vmbr1".to_owned(),
            model: None,
            mac_address: None,
            vlan_id: Some(5),
            firewall: None,
            disconnected: None,
            mtu: None,
            queues: None,
            rate_limit: None,
            trunks: None,
        };
        let current = fields("virtio=BC:24:11:00:00:01,bridge=vmbr0,host-tunnel=1,rate=5");
        assert_eq!(
            changed(&current, &device).unwrap().as_deref(),
            Some("virtio=BC:24:11:00:00:01,bridge=vmbr1,host-tunnel=1,tag=5")
        );
    }

    /// A device that somebody made without a bridge made its VM unreadable.
    #[test]
    fn a_device_without_a_bridge_is_read() {
        let device = NetworkDevice::from_api::<Pve>(&fields("virtio=BC:24:11:00:00:01")).unwrap();
        assert_eq!(device.bridge, "");
    }

    #[test]
    fn what_means_no_more_than_its_absence_is_not_written() {
        let device = NetworkDevicePlan {
            bridge: "vmbr0".to_owned(),
            model: Some(NetworkModel::Virtio),
            mac_address: Some("BC:24:11:00:00:01".parse().unwrap()),
            vlan_id: None,
            firewall: Some(false),
            disconnected: Some(false),
            mtu: None,
            queues: None,
            rate_limit: None,
            trunks: None,
        };
        let current = fields("virtio=BC:24:11:00:00:01,bridge=vmbr0");
        assert_eq!(changed(&current, &device).unwrap(), None);
    }
}

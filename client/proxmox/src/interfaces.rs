//! Network interfaces as a running guest reports them.

use std::net::IpAddr;

use serde::Deserialize;

/// A network interface inside a running guest
///
/// API: `GET /nodes/{node}/lxc/{vmid}/interfaces` and
/// `GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "Reported")]
#[non_exhaustive]
pub struct GuestInterface {
    /// Its name in the guest, such as `eth0`
    pub name: String,
    /// Its MAC address as the guest writes it
    pub mac: Option<String>,
    /// Its addresses in the guest's order
    pub addresses: Vec<GuestAddress>,
}

impl GuestInterface {
    /// Whether this is the interface of a network device with this MAC address
    pub fn has_mac(&self, mac: &str) -> bool {
        self.mac.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(mac))
    }
}

/// An address of a guest's interface
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestAddress {
    /// The address
    pub ip: IpAddr,
    /// Length of the network's prefix
    pub prefix: Option<u8>,
}

impl GuestAddress {
    /// Whether others can reach the guest there: not loopback, link-local, multicast or unspecified
    pub fn is_reachable(&self) -> bool {
        let link_local = match self.ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        };
        !(link_local || self.ip.is_loopback() || self.ip.is_multicast() || self.ip.is_unspecified())
    }

    /// Read an address, with a prefix behind `/` or a zone behind `%` if it has one
    fn parse(text: &str, prefix: Option<u8>) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, length.parse().ok()),
            None => (text, None),
        };
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        Some(Self { ip: address.parse().ok()?, prefix: prefix.or(length) })
    }
}

/// An interface as the server writes it: `hwaddr`, `inet` and `inet6` are those of older servers
#[derive(Deserialize)]
struct Reported {
    name: String,
    #[serde(default, rename = "hardware-address")]
    hardware_address: Option<String>,
    #[serde(default)]
    hwaddr: Option<String>,
    #[serde(default, rename = "ip-addresses")]
    ip_addresses: Option<Vec<ReportedAddress>>,
    #[serde(default)]
    inet: Option<String>,
    #[serde(default)]
    inet6: Option<String>,
}

#[derive(Deserialize)]
struct ReportedAddress {
    #[serde(default, rename = "ip-address")]
    ip_address: Option<String>,
    #[serde(default)]
    prefix: Option<u8>,
}

impl From<Reported> for GuestInterface {
    fn from(reported: Reported) -> Self {
        let addresses = match &reported.ip_addresses {
            Some(addresses) => addresses
                .iter()
                .filter_map(|entry| GuestAddress::parse(entry.ip_address.as_ref()?, entry.prefix))
                .collect(),
            None => [&reported.inet, &reported.inet6]
                .into_iter()
                .flatten()
                .filter_map(|text| GuestAddress::parse(text, None))
                .collect(),
        };
        let mac = reported.hardware_address.or(reported.hwaddr);
        Self { name: reported.name, mac, addresses }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec;

    #[test]
    fn interfaces_are_read_in_the_words_of_old_and_new_servers() {
        for value in [
            json!({
                "name": "eth0", "hardware-address": "bc:24:11:00:00:01",
                "ip-addresses": [
                    { "ip-address": "10.0.0.5", "ip-address-type": "ipv4", "prefix": 24 },
                    { "ip-address": "fe80::1%eth0", "ip-address-type": "inet6", "prefix": "64" },
                    { "ip-address-type": "ipv4" },
                ],
            }),
            json!({
                "name": "eth0", "hwaddr": "bc:24:11:00:00:01",
                "inet": "10.0.0.5/24", "inet6": "fe80::1/64",
            }),
        ] {
            let interface: GuestInterface = codec::from_value(&value).unwrap();
            assert!(interface.has_mac("BC:24:11:00:00:01"));
            let [first, second] = interface.addresses[..] else { panic!("{interface:?}") };
            assert_eq!((first.ip.to_string().as_str(), first.prefix), ("10.0.0.5", Some(24)));
            assert_eq!(second.prefix, Some(64));
            assert!(first.is_reachable() && !second.is_reachable());
        }
    }
}

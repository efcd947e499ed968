//! Addresses that cloud-init gives to network devices. API: `ipconfig0`… of
//! `/nodes/{node}/qemu/{vmid}/config`.

use tf_provider::Attributes;

use crate::proxmox::format;

/// Addresses of one network device.
#[derive(Clone, Attributes)]
pub(crate) struct IpConfig {
    /// IPv4.
    #[attr(setting)]
    ipv4: Option<Ipv4Config>,
    /// IPv6.
    #[attr(setting)]
    ipv6: Option<Ipv6Config>,
}

/// The IPv4 address of a network device.
#[derive(Clone, Attributes)]
pub(crate) struct Ipv4Config {
    /// Address with its prefix length, for example `10.20.0.5/24`, or `dhcp`.
    #[attr(required)]
    address: String,
    /// Gateway.
    #[attr(setting)]
    gateway: Option<String>,
}

/// The IPv6 address of a network device.
#[derive(Clone, Attributes)]
pub(crate) struct Ipv6Config {
    /// Address with its prefix length, for example `2001:db8::5/64`, or `dhcp`, or `auto`.
    #[attr(required)]
    address: String,
    /// Gateway.
    #[attr(setting)]
    gateway: Option<String>,
}

impl IpConfig {
    pub(super) fn read(text: &str) -> Self {
        let fields = format::properties(text, "ip").unwrap_or_default();
        let get = |key: &str| fields.get(key).map(format::text);
        Self {
            ipv4: get("ip").map(|address| Ipv4Config { address, gateway: get("gw") }),
            ipv6: get("ip6").map(|address| Ipv6Config { address, gateway: get("gw6") }),
        }
    }
}

impl IpConfigPlan {
    pub(super) fn property_string(&self) -> String {
        let mut parts = vec![];
        if let Some(ipv4) = &self.ipv4 {
            parts.push(format!("ip={}", ipv4.address));
            parts.extend(ipv4.gateway.as_ref().map(|gateway| format!("gw={gateway}")));
        }
        if let Some(ipv6) = &self.ipv6 {
            parts.push(format!("ip6={}", ipv6.address));
            parts.extend(ipv6.gateway.as_ref().map(|gateway| format!("gw6={gateway}")));
        }
        parts.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        let config = IpConfig::read("ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto");
        assert_eq!(config.ipv4.unwrap().gateway.as_deref(), Some("10.0.0.1"));
        assert_eq!(config.ipv6.unwrap().address, "auto");
    }
}

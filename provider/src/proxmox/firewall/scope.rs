//! What a part of the firewall is for: the datacenter, a node or a guest.

use std::fmt;
use std::str::FromStr;

use onprem_proxmox::{Firewall, NodeName, VmId};
use tf_provider::{Context, Diagnostic, Resource, Result};

use crate::proxmox::Proxmox;

/// The datacenter, a node or a guest.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scope {
    Cluster,
    Node(NodeName),
    Guest(VmId),
}

impl Scope {
    /// Its firewall; nothing when it is a guest that has gone, or another one than it was.
    pub(super) async fn find<R: Resource>(
        &self,
        cx: &Context<R>,
        pve: &Proxmox,
    ) -> Result<Option<Firewall>> {
        Ok(match self {
            Self::Cluster => Some(pve.cluster().firewall()),
            Self::Node(node) => Some(pve.node(node).firewall()),
            Self::Guest(vm_id) => super::find(cx, pve, *vm_id).await?,
        })
    }

    /// Its firewall, which has to be there.
    pub(super) async fn expect<R: Resource>(
        &self,
        cx: &Context<R>,
        pve: &Proxmox,
    ) -> Result<Firewall> {
        self.find(cx, pve).await?.ok_or_else(|| {
            Diagnostic::error(format!("There is no {self} whose firewall could be set"))
                .detail("Every node was asked for it; or it is another guest than it was.")
                .hint("refer to `vm_id` of the VM or container, so that it is made first")
                .at("scope")
        })
    }

    /// What is wrong with a scope for something that nodes do not have.
    pub(super) fn without_nodes(&self, what: &str) -> Option<Diagnostic> {
        matches!(self, Self::Node(_)).then(|| {
            Diagnostic::error(format!("Nodes have no {what} of their own"))
                .hint("`scope = \"cluster\"` is for all nodes and guests")
                .at("scope")
        })
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no scope: it is `cluster`, `node/NAME` or `guest/NUMBER`.");
        match text.split_once('/') {
            None if text == "cluster" => Ok(Self::Cluster),
            Some(("node", name)) => name.parse().map(Self::Node).map_err(|_| wrong()),
            Some(("guest", number)) => number.parse().map(Self::Guest).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Node(node) => write!(f, "node/{node}"),
            Self::Guest(vm_id) => write!(f, "guest/{vm_id}"),
        }
    }
}

/// An address or network as the firewall writes it, without host bits and without the prefix of a single
/// address; or the name of an alias.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Address(String);

impl Address {
    /// Whether it is the name of an alias.
    pub(super) fn is_name(&self) -> bool {
        self.0
            .split(['/', '-'])
            .next()
            .is_none_or(|first| first.parse::<std::net::IpAddr>().is_err())
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let Ok(address) = address.parse::<std::net::IpAddr>() else {
            return match text.is_empty() || text.contains(char::is_whitespace) {
                true => Err(format!("`{text}` is no address, network or alias.")),
                // Aliases are known in any case.
                false => Ok(Self(text.to_ascii_lowercase())),
            };
        };
        let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            "" => bits,
            digits => digits
                .parse()
                .ok()
                .filter(|prefix| *prefix <= bits)
                .ok_or_else(|| format!("`{text}` has no prefix from 0 to {bits}."))?,
        };
        if prefix == bits {
            return Ok(Self(address.to_string()));
        }
        let network = match address {
            std::net::IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or_default();
                std::net::IpAddr::V4((u32::from(address) & mask).into())
            }
            std::net::IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or_default();
                std::net::IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Ok(Self(format!("{network}/{prefix}")))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        for text in ["cluster", "node/pve1", "guest/9100"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for wrong in ["", "guest", "guest/web", "9100", "datacenter/1"] {
            assert!(wrong.parse::<Scope>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_are_written_as_the_server_writes_them() {
        let spelt = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        assert_eq!(spelt("10.0.0.5/24").unwrap(), "10.0.0.0/24");
        assert_eq!(spelt("10.0.0.5/32").unwrap(), "10.0.0.5");
        assert_eq!(spelt("2001:DB8::1/64").unwrap(), "2001:db8::/64");
        assert_eq!(spelt("0.0.0.0/0").unwrap(), "0.0.0.0/0");
        assert_eq!(spelt("dc/Office").unwrap(), "dc/office");
        assert!(spelt("10.0.0.0/33").is_err() && spelt("a b").is_err());
        assert!("dc/office".parse::<Address>().unwrap().is_name());
        assert!(!"10.0.0.1".parse::<Address>().unwrap().is_name());
    }
}

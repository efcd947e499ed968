//! Addresses and networks: reading them as NetBox does, and counting with them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address with the length of its mask. Orders by family, address, length.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Net {
    pub(super) v6: bool,
    pub(super) ip: u128,
    pub(super) length: u8,
}

impl Net {
    /// Reads `10.0.0.1/24` or, with the mask of a host, `10.0.0.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let (v6, ip) = match address.parse::<Ipv4Addr>() {
            Ok(address) => (false, u128::from(u32::from(address))),
            Err(_) => (true, u128::from(address.parse::<Ipv6Addr>().ok()?)),
        };
        let bits = if v6 { 128 } else { 32 };
        let length = length.unwrap_or(bits);
        (length <= bits).then_some(Self { v6, ip, length })
    }

    pub(super) fn bits(self) -> u8 {
        if self.v6 { 128 } else { 32 }
    }

    pub(super) fn family(self) -> u8 {
        if self.v6 { 6 } else { 4 }
    }

    /// First address of the network.
    pub(super) fn first(self) -> u128 {
        self.ip & !self.host_mask()
    }

    /// Last address of the network.
    pub(super) fn last(self) -> u128 {
        self.ip | self.host_mask()
    }

    /// The network without host bits.
    pub(super) fn network(self) -> Self {
        Self { ip: self.first(), ..self }
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.v6 == other.v6
            && self.length <= other.length
            && self.first() <= other.ip
            && other.ip <= self.last()
    }

    /// Whether an address lies inside, whatever its own mask.
    pub(super) fn holds(self, address: Self) -> bool {
        self.v6 == address.v6 && self.first() <= address.ip && address.ip <= self.last()
    }

    /// The address alone.
    pub(super) fn host(self) -> String {
        host(self.v6, self.ip)
    }

    fn host_mask(self) -> u128 {
        match self.bits() - self.length {
            0 => 0,
            128 => u128::MAX,
            bits => (1 << bits) - 1,
        }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.host(), self.length)
    }
}

/// The text of an address.
pub(super) fn host(v6: bool, ip: u128) -> String {
    if v6 {
        Ipv6Addr::from(ip).to_string()
    } else {
        Ipv4Addr::from(u32::try_from(ip).unwrap_or_default()).to_string()
    }
}

/// Networks that cover exactly the addresses from `first` to `last`, in order.
pub(super) fn cover(v6: bool, first: u128, last: u128) -> Vec<Net> {
    let bits: u32 = if v6 { 128 } else { 32 };
    let mut networks = Vec::new();
    let mut at = first;
    loop {
        let aligned = if at == 0 { bits } else { at.trailing_zeros().min(bits) };
        let mut free = aligned;
        while free > 0 && (free == 128 || at.saturating_add((1 << free) - 1) > last) {
            if free == 128 && at == 0 && last == u128::MAX {
                break;
            }
            free -= 1;
        }
        networks.push(Net { v6, ip: at, length: (bits - free) as u8 });
        let size = if free == 128 { return networks } else { 1_u128 << free };
        match at.checked_add(size) {
            Some(next) if next <= last => at = next,
            _ => return networks,
        }
    }
}

/// A MAC address as NetBox shows it, `AA:BB:CC:00:11:22`, from any usual spelling.
pub(super) fn mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|digit| !matches!(digit, ':' | '-' | '.')).collect();
    if digits.len() != 12 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let upper = digits.to_ascii_uppercase();
    let pairs: Vec<&str> = (0..6).map(|pair| &upper[2 * pair..2 * pair + 2]).collect();
    Some(pairs.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_in_one_spelling() {
        let shown = |text: &str| Net::parse(text).map(|net| net.to_string());
        assert_eq!(shown("10.0.0.1").as_deref(), Some("10.0.0.1/32"));
        assert_eq!(shown("2001:DB8:0:0::/64").as_deref(), Some("2001:db8::/64"));
        assert_eq!(shown("10.0.0.1/33"), None);
        assert_eq!(shown("zzz"), None);
        assert_eq!(mac("aabb.cc00.1122").as_deref(), Some("AA:BB:CC:00:11:22"));
        assert_eq!(mac("zz"), None);
    }

    #[test]
    fn free_space_is_cut_into_aligned_networks() {
        let free = |first: &str, last: &str| {
            let (first, last) = (Net::parse(first).unwrap(), Net::parse(last).unwrap());
            let networks = cover(first.v6, first.ip, last.ip);
            networks.iter().map(Net::to_string).collect::<Vec<_>>()
        };
        let wanted = ["10.0.0.16/28", "10.0.0.32/27", "10.0.0.64/26", "10.0.0.128/25"];
        assert_eq!(free("10.0.0.16", "10.0.0.255"), wanted);
        assert_eq!(free("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(free("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
        assert_eq!(free("2001:db8::1", "2001:db8::2"), ["2001:db8::1/128", "2001:db8::2/128"]);
    }
}

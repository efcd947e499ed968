//! Addresses, networks and names that can be spelt in several ways, and mean the same.

use std::{fmt, net::IpAddr, str::FromStr};

/// A text that is not what it should be; the message says what it should be
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

/// An address with the length of its network, such as `10.0.0.5/24`; without one it is a host's own
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    ip: IpAddr,
    length: u8,
}

impl Address {
    /// The address alone
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Bits of the network
    pub fn length(&self) -> u8 {
        self.length
    }

    /// The network that it is in
    pub fn network(&self) -> Network {
        Network { ip: masked(self.ip, self.length), length: self.length }
    }
}

impl FromStr for Address {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (ip, length) = split(text)?;
        match length {
            0 => Err(NameError(format!("`{text}` has the length 0, which no address has."))),
            length => Ok(Self { ip, length }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.length)
    }
}

/// A network in CIDR form, such as `10.0.0.0/24`
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Network {
    ip: IpAddr,
    length: u8,
}

impl Network {
    /// Bits of the network
    pub fn length(&self) -> u8 {
        self.length
    }

    /// Whether the address is in it
    pub fn contains(&self, ip: IpAddr) -> bool {
        ip.is_ipv4() == self.ip.is_ipv4() && masked(ip, self.length) == self.ip
    }

    /// Whether the other network is in it, or is it
    pub fn includes(&self, other: &Self) -> bool {
        other.length >= self.length && self.contains(other.ip)
    }

    /// 4 or 6
    pub fn family(&self) -> u8 {
        if self.ip.is_ipv4() { 4 } else { 6 }
    }
}

impl FromStr for Network {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (ip, length) = split(text)?;
        if !text.contains('/') {
            return Err(NameError(format!(
                "`{text}` has no length: write it like `10.20.0.0/16`."
            )));
        }
        let network = Self { ip: masked(ip, length), length };
        match network.ip == ip {
            true => Ok(network),
            false => Err(NameError(format!(
                "`{text}` has bits beyond its length: did you mean `{network}`?"
            ))),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.length)
    }
}

fn split(text: &str) -> Result<(IpAddr, u8), NameError> {
    let bad =
        || NameError(format!("`{text}` is no address like `10.20.0.5/16` or `2001:db8::5/64`."));
    let (ip, length) = match text.split_once('/') {
        Some((ip, length)) => (ip, Some(length)),
        None => (text, None),
    };
    let ip: IpAddr = ip.parse().map_err(|_| bad())?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let plain = |length: &str| length.chars().all(|c| c.is_ascii_digit());
    match length {
        None => Ok((ip, most)),
        Some(length) if plain(length) => match length.parse() {
            Ok(length) if length <= most => Ok((ip, length)),
            _ => Err(bad()),
        },
        Some(_) => Err(bad()),
    }
}

fn masked(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or_default();
            IpAddr::V4((ip.to_bits() & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or_default();
            IpAddr::V6((ip.to_bits() & mask).into())
        }
    }
}

/// A DNS name, kept in lower case as the server keeps it; it may be empty
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(String);

impl FromStr for DnsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let label = |label: &str| {
            !label.is_empty()
                && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        let name = text.strip_suffix('.').unwrap_or(text);
        let rest = name.strip_prefix("*.").unwrap_or(name);
        let valid = text.is_empty() || name == "*" || rest.split('.').all(label);
        match valid && text.len() <= 255 {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err(NameError(format!(
                "`{text}` is no DNS name: it takes letters, digits, `-`, `_` and dots between labels."
            ))),
        }
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A MAC address in any of its spellings, kept as `AA:BB:CC:00:11:22`
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MacAddress(String);

impl FromStr for MacAddress {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
        if digits.len() != 12 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(NameError(format!("`{text}` is no MAC address like `BC:24:11:00:00:01`.")));
        }
        let digits = digits.to_ascii_uppercase();
        let pairs: Vec<&str> = (0..6).map(|at| &digits[2 * at..2 * at + 2]).collect();
        Ok(Self(pairs.join(":")))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The slug that the server's own form would propose for a name: lower case, digits and hyphens
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => slug.push(c),
            c if (c.is_whitespace() || c == '-' || c == '.') && !slug.ends_with('-') => {
                slug.push('-');
            }
            _ => {}
        }
    }
    slug.trim_matches('-').chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        assert_eq!(address("2001:DB8:0:0::5/64"), address("2001:db8::5/64"));
        assert_eq!(address("10.0.0.5").to_string(), "10.0.0.5/32");
        assert_eq!(address("10.0.0.5/24").network().to_string(), "10.0.0.0/24");
        for bad in ["10.0.0.5/33", "10.0.0.5/+8", "10.0.0", "10.0.0.5/0", "", "/24"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_has_no_bits_of_a_host() {
        let error = "10.60.0.7/24".parse::<Network>().unwrap_err();
        assert!(error.to_string().contains("`10.60.0.0/24`"), "{error}");
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("10.1.2.3".parse().unwrap()));
        assert!(!all.contains("::1".parse().unwrap()));
        let network: Network = "2001:db8::/32".parse().unwrap();
        assert!(network.includes(&"2001:db8:1::/48".parse().unwrap()));
        assert!(!network.includes(&"2001::/16".parse().unwrap()));
    }

    #[test]
    fn names_are_kept_as_the_server_keeps_them() {
        assert_eq!("Web.Example.COM".parse::<DnsName>().unwrap().to_string(), "web.example.com");
        assert!("*.example.com".parse::<DnsName>().is_ok());
        assert!("a b".parse::<DnsName>().is_err());
        let mac: MacAddress = "aabb.cc00.1122".parse().unwrap();
        assert_eq!(mac, "AA-BB-CC-00-11-22".parse().unwrap());
        assert_eq!(mac.to_string(), "AA:BB:CC:00:11:22");
    }

    #[test]
    fn a_slug_is_made_like_the_form_does() {
        assert_eq!(slug("Managed by Machine!"), "managed-by-machine");
        assert_eq!(slug("  a -- b.c "), "a-b-c");
        assert_eq!(slug("ipv6_lan"), "ipv6_lan");
    }
}

//! Values of rules that the server checks by code.

use std::net::{IpAddr, Ipv4Addr};

use super::scoped;

/// Names of protocols that a rule may use, beside numbers.
const PROTOCOLS: &[&str] = &[
    "ah",
    "ax.25",
    "dccp",
    "ddp",
    "egp",
    "eigrp",
    "encap",
    "esp",
    "etherip",
    "fc",
    "ggp",
    "gre",
    "hip",
    "hmp",
    "hopopt",
    "icmp",
    "icmpv6",
    "idpr-cmtp",
    "idrp",
    "igmp",
    "igp",
    "ip",
    "ipcomp",
    "ipencap",
    "ipip",
    "ipv6",
    "ipv6-frag",
    "ipv6-icmp",
    "ipv6-nonxt",
    "ipv6-opts",
    "ipv6-route",
    "isis",
    "iso-tp4",
    "l2tp",
    "manet",
    "mobility-header",
    "mpls-in-ip",
    "ospf",
    "pim",
    "pup",
    "rdp",
    "rohc",
    "rspf",
    "rsvp",
    "sctp",
    "shim6",
    "skip",
    "st",
    "tcp",
    "udp",
    "udplite",
    "vmtp",
    "vrrp",
    "wesp",
    "xns-idp",
    "xtp",
];

/// Names of services that stand for their port; the server knows more.
const SERVICES: &[&str] = &[
    "bgp",
    "bootpc",
    "bootps",
    "dhcpv6-client",
    "dhcpv6-server",
    "domain",
    "finger",
    "ftp",
    "ftp-data",
    "git",
    "gopher",
    "http",
    "http-alt",
    "https",
    "imap2",
    "imaps",
    "ipp",
    "ircd",
    "kerberos",
    "ldap",
    "ldaps",
    "microsoft-ds",
    "ms-sql-s",
    "munin",
    "mysql",
    "netbios-dgm",
    "netbios-ns",
    "netbios-ssn",
    "nfs",
    "nntp",
    "ntp",
    "openvpn",
    "pop3",
    "pop3s",
    "postgresql",
    "printer",
    "radius",
    "redis",
    "rsync",
    "sip",
    "smtp",
    "snmp",
    "snmp-trap",
    "ssh",
    "submission",
    "submissions",
    "sunrpc",
    "svn",
    "syslog",
    "telnet",
    "telnets",
    "tftp",
    "whois",
    "x11",
];

/// Names of ICMP types.
const ICMP_TYPES: &[&str] = &[
    "address-mask-reply",
    "address-mask-request",
    "address-unreachable",
    "any",
    "bad-header",
    "beyond-scope",
    "communication-prohibited",
    "destination-unreachable",
    "echo-reply",
    "echo-request",
    "failed-policy",
    "fragmentation-needed",
    "host-precedence-violation",
    "host-prohibited",
    "host-redirect",
    "host-unknown",
    "host-unreachable",
    "ip-header-bad",
    "neighbor-advertisement",
    "neighbor-solicitation",
    "neighbour-advertisement",
    "neighbour-solicitation",
    "network-prohibited",
    "network-redirect",
    "network-unknown",
    "network-unreachable",
    "no-route",
    "packet-too-big",
    "parameter-problem",
    "port-unreachable",
    "precedence-cutoff",
    "protocol-unreachable",
    "redirect",
    "reject-route",
    "required-option-missing",
    "router-advertisement",
    "router-solicitation",
    "source-quench",
    "source-route-failed",
    "time-exceeded",
    "timestamp-reply",
    "timestamp-request",
    "tos-host-redirect",
    "tos-host-unreachable",
    "tos-network-redirect",
    "tos-network-unreachable",
    "ttl-exceeded",
    "ttl-zero-during-reassembly",
    "ttl-zero-during-transit",
    "unknown-header-type",
    "unknown-option",
];

/// Checks a value of a firewall format; `None` for a format that is no firewall's.
pub(crate) fn check_format(format: &str, text: &str) -> Option<Result<(), String>> {
    Some(match format {
        "pve-fw-protocol-spec" => {
            let known = PROTOCOLS.contains(&text) || text.parse::<u8>().is_ok();
            if known { Ok(()) } else { Err(format!("unknown protocol '{text}'\n")) }
        }
        "pve-fw-dport-spec" | "pve-fw-sport-spec" => {
            text.split(',').filter(|part| !part.is_empty()).try_for_each(check_port)
        }
        "pve-fw-icmp-type-spec" => {
            let number = text.split('/').all(|part| part.parse::<u8>().is_ok());
            if number || ICMP_TYPES.contains(&text) {
                Ok(())
            } else {
                Err(format!("invalid icmp-type value '{text}'\n"))
            }
        }
        "pve-fw-addr-spec" => check_addresses(text),
        "pve-iface" => {
            let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
            let rest = text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-')
            });
            if first && rest && (2..=20).contains(&text.len()) {
                Ok(())
            } else {
                Err(format!("invalid network interface name '{text}'\n"))
            }
        }
        "IPorCIDR" if is_network(text) => Ok(()),
        "IPorCIDRorAlias" if is_network(text) || is_name(scoped(text).1) => Ok(()),
        "IPorCIDR" | "IPorCIDRorAlias" => {
            Err("value does not look like a valid IP address or CIDR network\n".to_owned())
        }
        _ => return None,
    })
}

fn check_port(text: &str) -> Result<(), String> {
    let port = |text: &str| text.parse::<u16>().ok();
    match text.split_once(':') {
        Some((low, high)) => match (port(low), port(high)) {
            (Some(from), Some(to)) if from > to => {
                Err(format!("backwards range '{text}' not allowed, did you mean '{high}:{low}'?\n"))
            }
            (Some(_), Some(_)) => Ok(()),
            _ => Err(format!("invalid port '{text}'\n")),
        },
        None if port(text).is_some() || SERVICES.contains(&text) => Ok(()),
        None => Err(format!("invalid port '{text}'\n")),
    }
}

/// Addresses, networks and ranges, or the name of a set or an alias.
fn check_addresses(text: &str) -> Result<(), String> {
    if text.starts_with('+') || is_name(scoped(text).1) {
        return Ok(());
    }
    let parts: Vec<&str> = text.split(',').collect();
    let mut version = None;
    for part in &parts {
        let found = check_address(part)?;
        if version.is_some_and(|version| version != found) {
            return Err("detected mixed ipv4/ipv6 address list\n".to_owned());
        }
        version = Some(found);
    }
    if parts.len() > 1 && text.contains('-') {
        return Err("you can't use a range in a list\n".to_owned());
    }
    Ok(())
}

/// Checks one address, network or range and returns its IP version.
fn check_address(text: &str) -> Result<u8, String> {
    let invalid = |detail: String| format!("invalid IP address: {detail}\n");
    let version = |text: &str| match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Ok(4),
        Ok(IpAddr::V6(_)) => Ok(6),
        Err(_) => Err(invalid(format!("Invalid chars in IP {text}"))),
    };
    if let Some((low, high)) = text.split_once('-') {
        version(high)?;
        return version(low);
    }
    let Some((address, prefix)) = text.split_once('/') else { return version(text) };
    let found = version(address)?;
    let bits = if address.parse::<Ipv4Addr>().is_ok() { 32 } else { 128 };
    match prefix.parse::<u32>() {
        Ok(prefix) if prefix <= bits => Ok(found),
        Ok(prefix) => {
            Err(invalid(format!("Prefix length {prefix} is longer than IP address ({bits})")))
        }
        Err(_) => Err(invalid(format!("Invalid prefix length {prefix}"))),
    }
}

fn is_network(text: &str) -> bool {
    !text.contains('-') && check_address(text).is_ok()
}

/// Whether a text can be the name of an alias or a set.
pub(super) fn is_name(text: &str) -> bool {
    text.len() > 1
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && text.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(format: &str, text: &str) -> String {
        check_format(format, text).unwrap().err().unwrap_or_default()
    }

    #[test]
    fn values_of_rules_are_checked_as_the_server_checks_them() {
        assert_eq!(refused("pve-fw-dport-spec", "http,443,8000:8010"), "");
        assert_eq!(
            refused("pve-fw-dport-spec", "80:70"),
            "backwards range '80:70' not allowed, did you mean '70:80'?\n"
        );
        assert_eq!(refused("pve-fw-dport-spec", "99999"), "invalid port '99999'\n");
        assert_eq!(refused("pve-fw-addr-spec", "1.1.1.1-1.1.1.9"), "");
        assert_eq!(
            refused("pve-fw-addr-spec", "1.1.1.1-1.1.1.9,2.2.2.2"),
            "you can't use a range in a list\n"
        );
        assert_eq!(
            refused("pve-fw-addr-spec", "1.2.3.4/33"),
            "invalid IP address: Prefix length 33 is longer than IP address (32)\n"
        );
        assert!(!refused("IPorCIDR", "bogus").is_empty());
        assert_eq!(refused("IPorCIDRorAlias", "dc/lan"), "");
        assert!(check_format("dns-name", "x").is_none());
    }
}

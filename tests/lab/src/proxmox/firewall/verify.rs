//! What makes a rule a rule: checks over its properties together, against the names that exist.

use serde_json::{Value, json};

use super::{Rule, Scope, find_alias, formats, ip_version, scoped};
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::Reply;

/// Names of the macros, in the server's spelling.
const MACROS: &[&str] = &[
    "Amanda",
    "Auth",
    "BGP",
    "BitTorrent",
    "BitTorrent32",
    "CVS",
    "Ceph",
    "Citrix",
    "DAAP",
    "DCC",
    "DHCPfwd",
    "DHCPv6",
    "DNS",
    "Distcc",
    "FTP",
    "Finger",
    "GNUnet",
    "GRE",
    "Git",
    "HKP",
    "HTTP",
    "HTTPS",
    "ICPV2",
    "ICQ",
    "IMAP",
    "IMAPS",
    "IPIP",
    "IPsec",
    "IPsecah",
    "IPsecnat",
    "IRC",
    "Jetdirect",
    "L2TP",
    "LDAP",
    "LDAPS",
    "MDNS",
    "MSNP",
    "MSSQL",
    "Mail",
    "Munin",
    "MySQL",
    "NNTP",
    "NNTPS",
    "NTP",
    "NeighborDiscovery",
    "OSPF",
    "OpenVPN",
    "PCA",
    "PMG",
    "POP3",
    "POP3S",
    "PPtP",
    "Ping",
    "PostgreSQL",
    "Printer",
    "RDP",
    "RIP",
    "RNDC",
    "Razor",
    "Rdate",
    "Rsync",
    "SANE",
    "SMB",
    "SMBswat",
    "SMTP",
    "SMTPS",
    "SNMP",
    "SPAMD",
    "SPICEproxy",
    "SSH",
    "SVN",
    "SixXS",
    "Squid",
    "Submission",
    "Syslog",
    "TFTP",
    "Telnet",
    "Telnets",
    "Time",
    "Trcrt",
    "VNC",
    "VNCL",
    "Web",
    "Webcache",
    "Webmin",
    "Whois",
];

/// `GET /cluster/firewall/macros`.
pub(super) fn macros() -> Reply {
    let rows: Vec<Value> = MACROS
        .iter()
        .map(|name| json!({ "macro": name, "descr": format!("{name} traffic") }))
        .collect();
    Value::from(rows).into()
}

/// The server's spelling of a macro's name.
pub(super) fn macro_name(name: &str) -> Option<&'static str> {
    MACROS.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// Checks a rule and returns the IP version that it is about, where it is about one.
///
/// # Errors
/// The property and the server's text for it.
pub(super) fn rule(
    state: &Datacenter,
    scope: &Scope,
    environment: &str,
    rule: &Rule,
) -> Result<Option<u8>, (&'static str, String)> {
    let get = |name: &str| rule.get(name).map(String::as_str);
    let (kind, action) = (get("type").unwrap_or_default(), get("action").unwrap_or_default());
    let allowed: &[&str] = match environment {
        "vm" | "ct" => &["in", "out", "group"],
        "group" => &["in", "out", "forward"],
        _ => &["in", "out", "forward", "group"],
    };
    if !allowed.contains(&kind) {
        let text = format!("invalid rule type '{kind}' for rule_env '{environment}'");
        return Err(("type", text));
    }
    if kind != "group" {
        if !matches!(action, "ACCEPT" | "DROP" | "REJECT") {
            return Err(("action", format!("unknown action '{action}'")));
        }
        if kind == "forward" && action == "REJECT" {
            return Err(("action", "cannot define REJECT rules on forward chain".to_owned()));
        }
    }
    if let Some(name) = get("macro").filter(|name| macro_name(name).is_none()) {
        return Err(("macro", format!("unknown macro '{name}'")));
    }
    let mut version = match get("proto") {
        Some("icmp") => Some(4),
        Some("icmpv6" | "ipv6-icmp") => Some(6),
        Some(_) | None => None,
    };
    let icmp = version.is_some();
    for name in ["dport", "icmp-type", "sport"] {
        let meets = match name {
            "icmp-type" => icmp,
            _ => get("proto").is_some(),
        };
        if get(name).is_some() && !meets {
            let text = format!("missing property - '{name}' requires this property");
            return Err(("proto", text));
        }
    }
    for name in ["dport", "sport"] {
        let ports = ["tcp", "udp", "dccp", "sctp", "udplite", "6", "17"];
        let proto = get("proto").unwrap_or_default();
        if get(name).is_some() && !ports.contains(&proto) && !icmp {
            return Err((name, format!("protocol '{proto}' does not support ports")));
        }
    }
    for name in ["source", "dest"] {
        let Some(text) = get(name) else { continue };
        let found = addressed(state, scope, text).map_err(|error| (name, error))?;
        match (version, found) {
            (Some(known), Some(found)) if known != found => {
                return Err((name, "detected mixed ipv4/ipv6 addresses in rule".to_owned()));
            }
            _ => version = version.or(found),
        }
    }
    Ok(version)
}

/// IP version of a source or a destination, whose names have to exist.
fn addressed(state: &Datacenter, scope: &Scope, text: &str) -> Result<Option<u8>, String> {
    if let Some(set) = text.strip_prefix('+') {
        let (_, name) = scoped(set);
        let key = name.to_ascii_lowercase();
        let own = match scope {
            Scope::Guest(..) => state.firewall.file(scope),
            Scope::Cluster | Scope::Node(_) => None,
        };
        let known = [Some(&state.firewall.cluster), own]
            .into_iter()
            .flatten()
            .any(|file| file.sets.contains_key(&key));
        return if known { Ok(None) } else { Err(format!("no such ipset '{name}'")) };
    }
    let (_, name) = scoped(text);
    if formats::is_name(name) {
        return match find_alias(state, scope, text) {
            Some(alias) => Ok(ip_version(&alias.cidr)),
            None => Err(format!("no such alias '{name}'")),
        };
    }
    Ok(ip_version(text))
}

//! Values of container options that the server checks by code.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Checks a value of a container's format; `None` for a format that is none.
pub(crate) fn check_format(format: &str, text: &str) -> Option<Result<(), String>> {
    let (fits, error) = match format {
        "pve-lxc-mp-string" => (
            !text.split('/').any(|part| matches!(part, "." | "..")),
            format!("{text} contains illegal character sequences\n"),
        ),
        "pve-lxc-dev-string" => {
            (text.starts_with("/dev/"), format!("{text} is not a valid device path\n"))
        }
        "pve-ct-timezone" => (is_timezone(text), format!("invalid time zone '{text}'\n")),
        "lxc-ip-with-ll-iface" => {
            (is_address(text), "value does not look like a valid IP address\n".to_owned())
        }
        _ => return None,
    };
    Some(if fits { Ok(()) } else { Err(error) })
}

/// An address; a link-local one may name its interface (`fe80::1%eth0`).
fn is_address(text: &str) -> bool {
    let (address, interface) = match text.split_once('%') {
        Some((address, interface)) => (address, Some(interface)),
        None => (text, None),
    };
    match (address.parse::<Ipv6Addr>(), interface) {
        (Ok(address), Some(name)) => address.is_unicast_link_local() && !name.is_empty(),
        (Ok(_), None) => true,
        (Err(_), Some(_)) => false,
        (Err(_), None) => address.parse::<Ipv4Addr>().is_ok(),
    }
}

fn is_timezone(text: &str) -> bool {
    const REGIONS: &[&str] = &[
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ];
    match text.split_once('/') {
        Some(("Etc", city)) => !city.is_empty(),
        Some((region, city)) => REGIONS.contains(&region) && city.len() > 2,
        None => matches!(text, "host" | "UTC" | "GMT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_edges_of_formats() {
        for (format, good, bad) in [
            ("pve-lxc-mp-string", "data", "/data/../x"),
            ("pve-lxc-dev-string", "/dev/null", "null"),
            ("pve-ct-timezone", "Europe/Berlin", "Mars/X"),
            ("lxc-ip-with-ll-iface", "fe80::1%eth0", "bogus.."),
        ] {
            assert!(check_format(format, good).unwrap().is_ok(), "{format} {good}");
            assert!(check_format(format, bad).unwrap().is_err(), "{format} {bad}");
        }
        assert!(check_format("dns-name", "x").is_none());
    }
}

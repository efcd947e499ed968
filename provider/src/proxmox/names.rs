//! Values that Proxmox spells in its own way.

use std::fmt;
use std::str::FromStr;

use super::hardware::disk::DiskSlot;

/// A tag: letters, digits and `_-+.`; Proxmox keeps it in lower case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Tag(String);

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = |c: char| first(c) || matches!(c, '-' | '+' | '.');
        let mut characters = text.chars();
        match characters.next() {
            Some(c) if first(c) && characters.all(rest) => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(format!(
                "`{text}` is no tag: it takes letters, digits, `_`, `-`, `+` and `.`, and begins with a \
                 letter, a digit or `_`."
            )),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A MAC address, six pairs of hexadecimal digits; the case of its letters does not matter.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct MacAddress(String);

impl FromStr for MacAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |p: &str| p.len() == 2 && p.chars().all(|c| c.is_ascii_hexdigit());
        let pairs: Vec<&str> = text.split(':').collect();
        if pairs.len() != 6 || !pairs.iter().copied().all(pair) {
            return Err(format!("`{text}` is no MAC address like `BC:24:11:00:00:01`."));
        }
        let multicast = u8::from_str_radix(pairs[0], 16).is_ok_and(|first| first & 1 == 1);
        if multicast {
            return Err(format!("`{text}` is a multicast address, which no device may have."));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Places where a sort of device is plugged in: `usb0`, `usb1`…
macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal to $last:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name(u16);

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text.strip_prefix($prefix).and_then(|digits| digits.parse().ok()) {
                    Some(number) if number <= $last && text == format!("{}{number}", $prefix) => {
                        Ok(Self(number))
                    }
                    _ => Err(format!(
                        "`{text}` is no such slot: they are `{0}0` to `{0}{1}`.",
                        $prefix, $last
                    )),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }
    )*};
}

slots! {
    /// A device of the node in a container: `dev0` to `dev255`.
    DeviceSlot = "dev" to 255,
    /// A PCI device: `hostpci0` to `hostpci15`.
    HostPciSlot = "hostpci" to 15,
    /// A mount point of a container: `mp0` to `mp255`.
    MountSlot = "mp" to 255,
    /// A network device: `net0` to `net31`.
    NetworkSlot = "net" to 31,
    /// A NUMA node: `numa0` to `numa7`.
    NumaSlot = "numa" to 7,
    /// A USB device: `usb0` to `usb13`.
    UsbSlot = "usb" to 13,
    /// A mounted directory: `virtiofs0` to `virtiofs9`.
    VirtiofsSlot = "virtiofs" to 9,
}

/// A device that a VM can start from: a disk or CD drive, a network, USB or PCI device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BootDevice(String);

impl FromStr for BootDevice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = text.parse::<DiskSlot>().is_ok()
            || text.parse::<NetworkSlot>().is_ok()
            || text.parse::<UsbSlot>().is_ok()
            || text.parse::<HostPciSlot>().is_ok();
        known.then(|| Self(text.to_owned())).ok_or_else(|| {
            format!("`{text}` is no slot to start from, such as `scsi0`, `ide2` or `net0`.")
        })
    }
}

impl fmt::Display for BootDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A URL that a node downloads from: `http` or `https`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DownloadUrl(url::Url);

impl DownloadUrl {
    /// The last part of the path, where there is one.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.0.path_segments()?.next_back().filter(|name| !name.is_empty())
    }
}

impl FromStr for DownloadUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|error| format!("It is no URL: {error}."))?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            scheme => Err(format!("A node downloads by `http` or `https`, not by `{scheme}`.")),
        }
    }
}

impl fmt::Display for DownloadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A DNS name, as Proxmox wants a guest's name to be.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct DnsName(String);

impl FromStr for DnsName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        match text.split('.').all(label) {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "`{text}` is no DNS name: it takes letters, digits and `-`, with dots between labels."
            )),
        }
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_kept_in_lower_case() {
        assert_eq!("Web".parse::<Tag>().unwrap().to_string(), "web");
        assert!("-web".parse::<Tag>().is_err());
        assert!("wéb".parse::<Tag>().is_err());
    }

    #[test]
    fn mac_addresses_differ_in_more_than_case() {
        let upper: MacAddress = "BC:24:11:AA:00:01".parse().unwrap();
        assert_eq!(upper, "bc:24:11:aa:00:01".parse().unwrap());
        assert!("01:00:00:00:00:00".parse::<MacAddress>().is_err());
        assert!("BC-24-11-AA-00-01".parse::<MacAddress>().is_err());
    }

    #[test]
    fn a_download_is_by_http() {
        let url: DownloadUrl = "https://a.example/b/c.qcow2?x=1".parse().unwrap();
        assert_eq!(url.file_name(), Some("c.qcow2"));
        assert!("ftp://a.example/c".parse::<DownloadUrl>().is_err());
    }

    #[test]
    fn slots_are_written_one_way() {
        assert_eq!("net3".parse::<NetworkSlot>().unwrap().to_string(), "net3");
        for wrong in ["net32", "net03", "net", "eth0", "net+1"] {
            assert!(wrong.parse::<NetworkSlot>().is_err(), "{wrong}");
        }
        assert!("usb14".parse::<UsbSlot>().is_err());
        assert!("scsi0".parse::<BootDevice>().is_ok() && "serial0".parse::<BootDevice>().is_err());
    }
}

//! `package.xml`: what a package says of itself.

use quick_xml::{Reader, events::BytesStart, events::Event};

use crate::Firmware;

/// What a package brings
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// Version, as the inventory shows it once it is installed
    pub version: String,
    /// Whether the host has to be restarted; absent where the package does not say
    pub reboot_required: Option<bool>,
    /// What it can be installed on
    pub devices: Vec<SupportedDevice>,
}

/// A component that a package is for
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupportedDevice {
    /// Id of the component, such as `159`
    pub component_id: String,
    /// The devices on the PCI bus, where it is some
    pub pci: Vec<PciId>,
}

/// Four numbers that tell a device on the PCI bus, in hexadecimal digits
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PciId {
    /// Vendor
    pub vendor: String,
    /// Device
    pub device: String,
    /// Vendor of the board
    pub subvendor: String,
    /// The board
    pub subdevice: String,
}

impl Manifest {
    /// Read it; nothing when it is not what packages hold
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = decode(bytes)?;
        let mut reader = Reader::from_str(&text);
        let mut manifest = Self::default();
        loop {
            match reader.read_event() {
                // A document type could declare entities, and packages have none.
                Ok(Event::DocType(_)) | Err(_) => return None,
                Ok(Event::Start(element) | Event::Empty(element)) => manifest.take(&element),
                Ok(Event::Eof) => break,
                Ok(_) => {}
            }
        }
        (!manifest.version.is_empty()).then_some(manifest)
    }

    fn take(&mut self, element: &BytesStart<'_>) {
        let get = |name: &str| {
            let attribute = element.try_get_attribute(name).ok().flatten()?;
            Some(quick_xml::escape::unescape(&attribute.value).ok()?.trim().to_owned())
        };
        match element.local_name().as_ref() {
            "SoftwareComponent" => {
                self.version = get("vendorVersion").unwrap_or_default();
                self.reboot_required = get("rebootRequired").and_then(|text| truth(&text));
            }
            "Device" => {
                let component_id = get("componentID").unwrap_or_default();
                self.devices.push(SupportedDevice { component_id, pci: vec![] });
            }
            "PCIInfo" => {
                if let Some(device) = self.devices.last_mut() {
                    let part = |name: &str| get(name).unwrap_or_default().to_uppercase();
                    device.pci.push(PciId {
                        vendor: part("vendorID"),
                        device: part("deviceID"),
                        subvendor: part("subVendorID"),
                        subdevice: part("subDeviceID"),
                    });
                }
            }
            _ => {}
        }
    }

    /// Whether it is for this component; a package that names no device may be for any
    pub fn fits(&self, firmware: &Firmware) -> bool {
        let ids = self
            .devices
            .iter()
            .any(|device| firmware.component_id.as_deref() == Some(device.component_id.as_str()));
        // The words are `DCIM:firmware:VENDOR:DEVICE:SUBVENDOR:SUBDEVICE`, not always in one order.
        let words = firmware.identity.iter().map(|words| words.to_uppercase());
        let buses = words.filter(|words| words.split(':').count() == 6).any(|words| {
            let mut there: Vec<&str> = words.split(':').skip(2).collect();
            there.sort_unstable();
            self.devices.iter().flat_map(|device| &device.pci).any(|pci| {
                let mut wanted = [&*pci.vendor, &*pci.device, &*pci.subvendor, &*pci.subdevice];
                wanted.sort_unstable();
                there == wanted
            })
        });
        self.devices.is_empty() || ids || buses
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// The text, which is UTF-16 in many packages
fn decode(bytes: &[u8]) -> Option<String> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        String::from_utf16(&pairs.collect::<Vec<u16>>()).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [b'<', 0, ..] => units(bytes, u16::from_le_bytes),
        _ => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIOS: &str = r#"<?xml version="1.0" encoding="utf-16"?>
<SoftwareComponent schemaVersion="2.4" packageID="ABCDE" vendorVersion="1.14.1" dellVersion="1.14.1" rebootRequired="true">
  <Name><Display lang="en"><![CDATA[BIOS & more]]></Display></Name>
  <SupportedDevices>
    <Device componentID="159" embedded="1"><Display lang="en">BIOS</Display></Device>
    <Device componentID="0"><PCIInfo deviceID="101b" vendorID="15b3" subDeviceID="0009" subVendorID="15b3"/></Device>
  </SupportedDevices>
</SoftwareComponent>"#;

    #[test]
    fn utf_16_and_utf_8_say_the_same() {
        let mut utf_16 = vec![0xff, 0xfe];
        utf_16.extend(BIOS.encode_utf16().flat_map(u16::to_le_bytes));
        let manifest = Manifest::parse(&utf_16).unwrap();
        assert_eq!(Manifest::parse(BIOS.as_bytes()), Some(manifest.clone()));
        assert_eq!((manifest.version.as_str(), manifest.reboot_required), ("1.14.1", Some(true)));
        assert_eq!(manifest.devices[0].component_id, "159");
        assert_eq!(manifest.devices[1].pci[0].vendor, "15B3");
    }

    #[test]
    fn declared_entities_are_refused() {
        let bomb = format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{BIOS}");
        assert_eq!(Manifest::parse(bomb.as_bytes()), None);
        assert_eq!(Manifest::parse(b"<html></html>"), None);
        assert_eq!(Manifest::parse(b"<SoftwareComponent vendorVersion="), None);
    }
}

//! Update packages: how the lab's own are made, and how the iDRAC reads what it is given.
//!
//! A DUP is a program for Windows with a ZIP at its end; `package.xml` in it says what it brings
//! and for which machines. A plain iDRAC image (`.d9`, `.d10`) says the same in its header.

use std::io::Read;

use regex_lite::Regex;

use super::hardware::{Generation, Hardware, Kind, Part, SERVERS};

/// What a package brings, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) version: String,
    pub(crate) component_ids: Vec<String>,
    pub(crate) pci: Vec<[String; 4]>,
    /// Numbers of the models that it is for; every one where empty.
    pub(crate) system_ids: Vec<u16>,
    /// Generation that alone takes it.
    pub(crate) generation: Option<Generation>,
}

/// Why the iDRAC cannot use a file: the id of its message.
pub(crate) type Refusal = &'static str;

impl Package {
    /// Reads a package.
    ///
    /// # Errors
    /// RED007 for a file that is no package, RED008 for one that cannot be taken apart.
    pub(crate) fn read(data: &[u8]) -> Result<Self, Refusal> {
        for generation in [Generation::Nine, Generation::Ten] {
            if let Some(rest) = data.strip_prefix(magic(generation).as_bytes()) {
                let end = rest.iter().position(|byte| *byte == 0).ok_or("RED008")?;
                let header = std::str::from_utf8(&rest[..end]).map_err(|_| "RED008")?;
                let (component, version) = header.split_once(' ').ok_or("RED008")?;
                return Ok(Self {
                    version: version.to_owned(),
                    component_ids: vec![component.to_owned()],
                    pci: Vec::new(),
                    system_ids: Vec::new(),
                    generation: Some(generation),
                });
            }
        }
        if !data.starts_with(b"MZ") && !data.starts_with(b"PK") {
            return Err("RED007");
        }
        Self::from_xml(&unzip(data, "package.xml").ok_or("RED008")?)
    }

    fn from_xml(xml: &str) -> Result<Self, Refusal> {
        let all = |pattern: &str| -> Vec<String> {
            let Ok(pattern) = Regex::new(pattern) else { return Vec::new() };
            pattern
                .captures_iter(xml)
                .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
                .collect()
        };
        let pci = all("<PCIInfo([^>]*)>")
            .iter()
            .filter_map(|attributes| {
                let id = |name: &str| attribute(attributes, name);
                Some([id("vendorID")?, id("deviceID")?, id("subVendorID")?, id("subDeviceID")?])
            })
            .collect();
        let system_ids = all("<Model[^>]*systemID=\"([0-9A-Fa-f]+)\"")
            .iter()
            .filter_map(|id| u16::from_str_radix(id, 16).ok())
            .collect();
        Ok(Self {
            version: all("<SoftwareComponent[^>]*vendorVersion=\"([^\"]*)\"")
                .pop()
                .ok_or("RED008")?,
            component_ids: all("<Device[^>]*componentID=\"([^\"]*)\""),
            pci,
            system_ids,
            generation: None,
        })
    }

    /// Whether it fits a component: by its number, or by the PCI ids where there is none.
    pub(crate) fn fits(&self, component_id: &str, pci: Option<[&str; 4]>) -> bool {
        if component_id != "0" {
            return self.component_ids.iter().any(|id| id == component_id);
        }
        let Some(pci) = pci else { return false };
        self.pci.iter().any(|quad| quad.iter().zip(pci).all(|(a, b)| a.eq_ignore_ascii_case(b)))
    }
}

/// Every package of the web server, by file name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for server in &SERVERS {
        for part in server.parts {
            for version in part.packages {
                files.push((server.package_name(part, version), dup(server, part, version)));
                if part.kind == Kind::Idrac {
                    let extension = server.generation.image_extension();
                    let image = format!("iDRAC_{}_{version}.{extension}", server.short_model());
                    files.push((image, idrac_image(server.generation, part, version)));
                }
            }
        }
    }
    files
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let rest = attributes.split_once(&format!(" {name}=\""))?.1;
    Some(rest.split_once('"')?.0.to_owned())
}

fn magic(generation: Generation) -> &'static str {
    match generation {
        Generation::Nine => "iDRAC9 image\n",
        Generation::Ten => "iDRAC10 image\n",
    }
}

fn idrac_image(generation: Generation, part: &Part, version: &str) -> Vec<u8> {
    let mut file = format!("{}{} {version}\0", magic(generation), part.component_id).into_bytes();
    file.extend(payload(version));
    file
}

/// Bytes that differ from version to version and from nothing else.
fn payload(seed: &str) -> Vec<u8> {
    let mut state = seed.bytes().fold(0x9e37_79b9_u32, |sum, byte| {
        sum.rotate_left(5).wrapping_mul(0x0100_0193) ^ u32::from(byte)
    }) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).take(2048).flatten().collect()
}

fn dup(server: &Hardware, part: &Part, version: &str) -> Vec<u8> {
    let payload = payload(&format!("{} {} {version}", server.name, part.component_id));
    let xml = package_xml(server, part, version);
    let name = format!("payload/{}.bin", part.component_id);
    zip_program(&[("package.xml", xml.as_bytes()), (&name, &payload)])
}

fn package_xml(server: &Hardware, part: &Part, version: &str) -> String {
    let kind = part.kind.component_type();
    let pci = part.pci.map_or_else(String::new, |[vendor, device, sub_vendor, sub_device]| {
        format!(
            "\n      <PCIInfo deviceID=\"{device}\" subDeviceID=\"{sub_device}\" subVendorID=\"{sub_vendor}\" vendorID=\"{vendor}\"/>"
        )
    });
    let (name, model) = (part.name.split(" - ").next().unwrap_or(part.name), server.short_model());
    let reboot = !matches!(part.kind.apply(), super::hardware::Apply::Direct);
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<SoftwareComponent schemaVersion="2.0" dateTime="2024-06-01T00:00:00+00:00" releaseDate="June 01, 2024" vendorVersion="{version}" dellVersion="{version}" packageType="LW64" rebootRequired="{reboot}">
  <Name><Display lang="en"><![CDATA[{name}]]></Display></Name>
  <ComponentType value="{kind}"><Display lang="en"><![CDATA[{kind}]]></Display></ComponentType>
  <SupportedDevices>
    <Device componentID="{component}" embedded="1">{pci}
      <Display lang="en"><![CDATA[{name}]]></Display>
    </Device>
  </SupportedDevices>
  <SupportedSystems>
    <Brand key="3" prefix="PE"><Display lang="en"><![CDATA[Enterprise Servers]]></Display>
      <Model systemID="{system:04X}" systemIDType="BIOS"><Display lang="en"><![CDATA[{model}]]></Display></Model>
    </Brand>
  </SupportedSystems>
</SoftwareComponent>
"#,
        component = part.component_id,
        system = server.system_id,
    )
}

/// A stub of a program with a ZIP of stored files after it; offsets count from the stub.
fn zip_program(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"MZ".to_vec();
    out.resize(512, 0);
    let mut directory = Vec::new();
    for (name, data) in files {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0]);
        // Midnight of the first day that the format can tell.
        common.extend([0, 0, 0x21, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let offset = out.len() as u32;
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// Text of one file of a ZIP, stored or deflated, wherever in the data the ZIP begins.
fn unzip(data: &[u8], wanted: &str) -> Option<String> {
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = data.get(at..at + size)?;
        Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    let end = data.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let (size, offset) = (number(end + 12, 4)?, number(end + 16, 4)?);
    let mut at = end.checked_sub(size)?;
    // Where the offsets do not count the stub before the ZIP, this does.
    let base = at.checked_sub(offset)?;
    while data.get(at..at + 4)? == b"PK\x01\x02" {
        let (method, packed, plain) =
            (number(at + 10, 2)?, number(at + 20, 4)?, number(at + 24, 4)?);
        let (name, extra, comment) =
            (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let local = base + number(at + 42, 4)?;
        if data.get(at + 46..at + 46 + name)? == wanted.as_bytes() {
            let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            let content = data.get(start..start.checked_add(packed)?)?;
            let mut text = String::new();
            match method {
                0 => text = String::from_utf8(content.to_vec()).ok()?,
                8 => {
                    let limit = plain.min(1 << 20) as u64;
                    let decoder = flate2::read::DeflateDecoder::new(content);
                    decoder.take(limit).read_to_string(&mut text).ok()?;
                }
                _ => return None,
            }
            return Some(text);
        }
        at += 46 + name + extra + comment;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_says_what_it_brings() {
        for server in &SERVERS {
            for part in server.parts {
                for version in part.packages {
                    let package = Package::read(&dup(server, part, version)).unwrap();
                    assert_eq!(package.version, *version);
                    assert_eq!(package.system_ids, [server.system_id]);
                    assert!(package.fits(part.component_id, part.pci), "{part:?}");
                }
            }
        }
        assert!(matches!(Package::read(b"no package"), Err("RED007")));
        assert!(matches!(Package::read(b"MZ, but no ZIP in it"), Err("RED008")));
        let image = idrac_image(Generation::Ten, &SERVERS[1].parts[1], "1.20.50.50");
        let package = Package::read(&image).unwrap();
        assert_eq!(
            (package.version.as_str(), package.generation),
            ("1.20.50.50", Some(Generation::Ten))
        );
    }
}

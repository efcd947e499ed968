//! The API schema of Proxmox VE 9.2: which paths exist, which parameters each takes, and the texts
//! with which a wrong one is refused.
//!
//! The facts are in `data/proxmox-schema.json.gz`, a compact form of the server's own description
//! without its prose; the test `schema_data` writes it.

mod check;
mod formats;

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

pub(crate) use check::{check, parse_property_string, property_value};

/// All paths and the formats that they name.
#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    formats: HashMap<String, Properties>,
    paths: BTreeMap<String, BTreeMap<String, Method>>,
}

/// Parameters of a method or keys of a property string.
pub(crate) type Properties = HashMap<String, Property>;

/// One method of one path.
#[derive(Debug, Deserialize)]
pub(crate) struct Method {
    #[serde(default)]
    pub(crate) parameters: Properties,
    /// Whether parameters that the schema does not name are let through.
    #[serde(default)]
    open: bool,
    /// Expression of privileges, `"all"` (any login) or `"world"`; absent means root only.
    #[serde(default)]
    pub(crate) permissions: Option<Value>,
}

/// Rules for one value.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Property {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    format: Option<Format>,
    #[serde(default, rename = "enum")]
    values: Option<Vec<String>>,
    #[serde(default)]
    minimum: Option<f64>,
    #[serde(default)]
    maximum: Option<f64>,
    #[serde(default)]
    min_length: Option<usize>,
    #[serde(default)]
    max_length: Option<usize>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    requires: Option<String>,
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    key_alias: Option<String>,
    #[serde(default)]
    default_key: bool,
}

impl Property {
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("string")
    }
}

/// Either the name of a format, or the keys of a property string.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Format {
    Named(String),
    Keys(Properties),
}

/// A path found in the schema.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) template: &'static str,
    pub(crate) method: &'static Method,
    /// Values of the placeholders.
    pub(crate) variables: Vec<(String, String)>,
}

impl Schema {
    /// The schema that is part of the lab.
    pub(crate) fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| {
            let packed: &[u8] = include_bytes!("../../../data/proxmox-schema.json.gz");
            let mut text = String::new();
            let read = flate2::read::GzDecoder::new(packed).read_to_string(&mut text);
            let schema = read.map_err(|error| error.to_string()).and_then(|_| {
                serde_json::from_str(&text).map_err(|error: serde_json::Error| error.to_string())
            });
            match schema {
                Ok(schema) => schema,
                // The file is compiled in and a test reads it.
                Err(error) => unreachable!("data/proxmox-schema.json.gz: {error}"),
            }
        })
    }

    /// Finds the method for a decoded path; fixed segments win over placeholders.
    pub(crate) fn find(&'static self, method: &str, path: &str) -> Option<Found> {
        let wanted: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut best: Option<(usize, Found)> = None;
        for (template, methods) in &self.paths {
            let Some((fixed, variables)) = match_template(template, &wanted) else { continue };
            let Some(found) = methods.get(method) else { continue };
            if best.as_ref().is_none_or(|(score, _)| fixed > *score) {
                best = Some((fixed, Found { template, method: found, variables }));
            }
        }
        best.map(|(_, found)| found)
    }

    /// Rules of an option of a guest's configuration, by its name with the number (`scsi0`).
    pub(crate) fn qemu_option(&'static self, name: &str) -> Option<&'static Property> {
        let method = self.paths.get("/nodes/{node}/qemu/{vmid}/config")?.get("PUT")?;
        lookup(&method.parameters, name).map(|(_, property)| property)
    }

    /// The same of a container's configuration.
    pub(crate) fn lxc_option(&'static self, name: &str) -> Option<&'static Property> {
        let method = self.paths.get("/nodes/{node}/lxc/{vmid}/config")?.get("PUT")?;
        lookup(&method.parameters, name).map(|(_, property)| property)
    }

    fn keys(&self, format: &str) -> Option<&Properties> {
        self.formats.get(format)
    }
}

/// Finds a property by its name, where `scsi[n]` stands for the numbered ones.
fn lookup<'a>(properties: &'a Properties, name: &str) -> Option<(String, &'a Property)> {
    if let Some(property) = properties.get(name) {
        return Some((name.to_owned(), property));
    }
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = &name[stem.len()..];
    if number.is_empty() || (number.len() > 1 && number.starts_with('0')) {
        return None;
    }
    let number: usize = number.parse().ok()?;
    let key = format!("{stem}[n]");
    let property = properties.get(&key)?;
    (number < slots(stem)).then_some((key, property))
}

/// How many of a numbered option there are.
fn slots(stem: &str) -> usize {
    match stem {
        "ide" | "serial" => 4,
        "parallel" => 3,
        "sata" => 6,
        "numa" | "link" => 8,
        "virtiofs" => 10,
        "usb" => 14,
        "virtio" | "hostpci" => 16,
        "scsi" => 31,
        "net" | "ipconfig" => 32,
        "mp" | "unused" | "dev" => 256,
        _ => 0,
    }
}

fn match_template(template: &str, wanted: &[&str]) -> Option<(usize, Vec<(String, String)>)> {
    let segments: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
    // A volume or a network holds slashes, so it takes the rest of the path.
    let greedy = matches!(segments.last(), Some(&"{volume}" | &"{cidr}"));
    if segments.len() > wanted.len() || (segments.len() < wanted.len() && !greedy) {
        return None;
    }
    let mut fixed = 0;
    let mut variables = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if greedy && index + 1 == segments.len() => {
                variables.push((name.to_owned(), wanted[index..].join("/")));
            }
            Some(name) => variables.push((name.to_owned(), wanted[index].to_owned())),
            None if *segment == wanted[index] => fixed += 1,
            None => return None,
        }
    }
    Some((fixed, variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_with_their_variables() {
        let schema = Schema::get();
        let found = schema.find("GET", "/nodes/pve1/qemu/100/config").unwrap();
        assert_eq!(found.template, "/nodes/{node}/qemu/{vmid}/config");
        assert_eq!(found.variables[1], ("vmid".to_owned(), "100".to_owned()));
        let found =
            schema.find("DELETE", "/nodes/pve1/storage/local/content/local:iso/x.iso").unwrap();
        assert_eq!(found.variables[2].1, "local:iso/x.iso");
        assert!(schema.find("PATCH", "/version").is_none());
        assert!(schema.find("GET", "/nope").is_none());
    }

    #[test]
    fn numbered_options_end_where_the_server_ends_them() {
        let schema = Schema::get();
        assert!(schema.qemu_option("scsi30").is_some());
        assert!(schema.qemu_option("scsi31").is_none());
        assert!(schema.qemu_option("ide4").is_none());
        assert!(schema.qemu_option("net0").is_some());
    }
}

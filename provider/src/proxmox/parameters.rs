//! Attributes that are less or more than one parameter.
//!
//! Most attributes are one parameter of a guest's configuration each, and the derive maps them. Two sorts
//! are not, and are named so: `api = "cpu/flags"` is the property `flags` of the parameter `cpu`, and
//! `api = "usb*"` is a map of `usb0`, `usb1`… by slot. [`fields`] takes a configuration apart for such
//! attributes, [`join`] puts their changes together.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use onprem_proxmox::GuestConfig;
use tf_provider::api::{ApiChanges, ApiError, ApiFields, Json};

use super::comment::unmarked_fields;
use super::container::devices::Device;
use super::format::{self, Numbered};
use super::hardware::devices::{HostPci, NumaNode, Usb, Virtiofs};

/// The fields of a guest's configuration, for the plain mapping.
pub(crate) fn fields(config: &GuestConfig) -> ApiFields {
    let mut fields = unmarked_fields(config);
    for (name, default_key) in DIVIDED {
        let text = config.text(name).unwrap_or_default();
        for (property, value) in decoded(name, properties(&text, default_key)) {
            fields.insert(format!("{name}/{property}"), value);
        }
    }
    for (prefix, device) in NUMBERED {
        let slots = config.slots(prefix).into_iter().map(|slot| {
            let text = config.text(slot).unwrap_or_default();
            (slot.to_owned(), Json::Object(properties(&text, device.default_key)))
        });
        let slots: ApiFields = slots.collect();
        if !slots.is_empty() {
            fields.insert(format!("{prefix}*"), Json::Object(slots));
        }
    }
    match config.text(HOTPLUG).as_deref() {
        Some("0") => fields.insert(HOTPLUG.to_owned(), Json::Array(vec![])),
        // The default, in an old spelling.
        Some("1") => fields.remove(HOTPLUG),
        _ => None,
    };
    fields
}

/// Changes of attributes as changes of parameters; `config` is the guest's as it is.
///
/// # Errors
/// A parameter of the server that cannot be read.
pub(crate) fn join(changes: ApiChanges, config: &GuestConfig) -> Result<ApiChanges, ApiError> {
    let mut joined = ApiChanges::new();
    let mut divided = ApiChanges::new();
    for (key, value) in changes {
        if let Some(prefix) = key.strip_suffix('*') {
            numbered(prefix, value, config, &mut joined)?;
        } else if key.contains('/') {
            divided.insert(key, value);
        } else if key == HOTPLUG {
            let nothing = |value: Json| match format::text(&value).is_empty() {
                true => "0".into(),
                false => value,
            };
            joined.insert(key, value.map(nothing));
        } else {
            joined.insert(key, value);
        }
    }
    for (name, default_key) in DIVIDED {
        let parts = divided.iter().filter_map(|(key, value)| {
            let property = key.strip_prefix(name)?.strip_prefix('/')?;
            Some((property, value))
        });
        let parts: Vec<_> = parts.collect();
        if parts.is_empty() {
            continue;
        }
        let current = match joined.get(name) {
            Some(set) => set.as_ref().map(format::text),
            None => config.text(name),
        };
        let current = decoded(name, properties(&current.unwrap_or_default(), default_key));
        let mut wanted = current.clone();
        for (property, value) in parts {
            match value.as_ref().map(format::text).filter(|text| !text.is_empty()) {
                Some(text) => wanted.insert(property.to_owned(), text.into()),
                None => wanted.remove(property),
            };
        }
        if wanted != current || joined.contains_key(name) {
            let text = format::property_string(&encoded(name, wanted), default_key);
            joined.insert(name.to_owned(), (!text.is_empty()).then(|| text.into()));
        }
    }
    Ok(joined)
}

/// Parameters that are divided, each with the property of a value without a key.
const DIVIDED: [(&str, &str); 3] = [("boot", "legacy"), ("cpu", "cputype"), (SMBIOS, "uuid")];

const SMBIOS: &str = "smbios1";
const HOTPLUG: &str = "hotplug";

/// What there is to know of a sort of numbered parameters.
struct Sort {
    default_key: &'static str,
    brought_to: fn(&ApiFields, &ApiFields) -> Result<Option<ApiFields>, ApiError>,
}

impl Sort {
    const fn of<T: Numbered>() -> Self {
        Self {
            default_key: T::DEFAULT_KEY,
            brought_to: |current, planned| format::brought_to::<T>(current, planned, T::MANAGED),
        }
    }
}

const NUMBERED: [(&str, Sort); 5] = [
    ("dev", Sort::of::<Device>()),
    ("hostpci", Sort::of::<HostPci>()),
    ("numa", Sort::of::<NumaNode>()),
    ("usb", Sort::of::<Usb>()),
    ("virtiofs", Sort::of::<Virtiofs>()),
];

/// The changes that make the devices of `config` those of `wanted`, which are all there shall be.
fn numbered(
    prefix: &str,
    wanted: Option<Json>,
    config: &GuestConfig,
    joined: &mut ApiChanges,
) -> Result<(), ApiError> {
    let Some((_, sort)) = NUMBERED.iter().find(|(name, _)| *name == prefix) else { return Ok(()) };
    let wanted = match wanted {
        Some(Json::Object(slots)) => slots,
        _ => ApiFields::new(),
    };
    for (slot, planned) in &wanted {
        let Json::Object(planned) = planned else { continue };
        let fields = match config.text(slot) {
            None => Some(planned.clone()),
            Some(current) => (sort.brought_to)(&properties(&current, sort.default_key), planned)
                .map_err(|error| error.within(slot))?,
        };
        if let Some(fields) = fields {
            joined.insert(slot.clone(), Some(format::property_string(&fields, "").into()));
        }
    }
    for slot in config.slots(prefix).into_iter().filter(|slot| !wanted.contains_key(*slot)) {
        joined.insert(slot.to_owned(), None);
    }
    Ok(())
}

fn properties(text: &str, default_key: &str) -> ApiFields {
    match text {
        "" => ApiFields::new(),
        text => format::properties(text, default_key).unwrap_or_default(),
    }
}

/// What the firmware tells may hold any character, and so comes in Base64.
fn decoded(name: &str, mut properties: ApiFields) -> ApiFields {
    if name != SMBIOS || properties.remove("base64").is_none_or(|flag| format::text(&flag) != "1") {
        return properties;
    }
    for (_, value) in properties.iter_mut().filter(|(property, _)| *property != "uuid") {
        let bytes = STANDARD.decode(format::text(value)).unwrap_or_default();
        *value = String::from_utf8_lossy(&bytes).into_owned().into();
    }
    properties
}

fn encoded(name: &str, mut properties: ApiFields) -> ApiFields {
    if name != SMBIOS {
        return properties;
    }
    let mut any = false;
    for (_, value) in properties.iter_mut().filter(|(property, _)| *property != "uuid") {
        *value = STANDARD.encode(format::text(value)).into();
        any = true;
    }
    if any {
        properties.insert("base64".to_owned(), 1.into());
    }
    // With its key: that is how the server and the fingerprint write it.
    if let Some(uuid) = properties.remove("uuid") {
        properties.insert("uuid".to_owned(), format!("uuid={}", format::text(&uuid)).into());
    }
    properties
}

#[cfg(test)]
mod tests {
    use onprem_proxmox::codec;
    use serde_json::json;

    use super::*;

    fn config(values: &Json) -> GuestConfig {
        codec::from_value(values).unwrap()
    }

    fn changes(list: &[(&str, Option<Json>)]) -> ApiChanges {
        list.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn a_part_of_a_parameter_changes_alone() {
        let guest = config(&json!({ "cpu": "host,flags=+aes,hidden=1" }));
        assert_eq!(fields(&guest)["cpu/flags"], "+aes");
        let joined = join(changes(&[("cpu/flags", Some(json!(["+aes", "-pcid"])))]), &guest);
        assert_eq!(joined.unwrap()["cpu"], Some(json!("host,flags=+aes;-pcid,hidden=1")));
        let joined = join(changes(&[("cpu/cputype", None), ("cpu/flags", None)]), &guest);
        assert_eq!(joined.unwrap()["cpu"], Some(json!("hidden=1")));
        let joined = join(changes(&[("cpu/cputype", Some(json!("host")))]), &guest).unwrap();
        assert!(joined.is_empty(), "it is so already");
    }

    #[test]
    fn what_the_firmware_tells_keeps_the_uuid() {
        let guest = config(&json!({ "smbios1": "uuid=0a-1" }));
        let set = changes(&[("smbios1/serial", Some(json!("a,b=c")))]);
        let text = join(set, &guest).unwrap()["smbios1"].clone().unwrap();
        assert_eq!(text, "uuid=0a-1,base64=1,serial=YSxiPWM=");
        assert_eq!(fields(&config(&json!({ "smbios1": text })))["smbios1/serial"], "a,b=c");
    }

    #[test]
    fn numbered_parameters_come_change_and_go() {
        let guest = config(&json!({ "usb0": "mapping=key", "usb1": "spice", "usbless": "x" }));
        let slots =
            json!({ "usb0": { "mapping": "key", "usb3": false }, "usb2": { "host": "spice" } });
        let joined = join(changes(&[("usb*", Some(slots))]), &guest).unwrap();
        assert_eq!(joined, changes(&[("usb1", None), ("usb2", Some(json!("host=spice")))]));
    }

    #[test]
    fn no_hotplug_is_a_nought() {
        let joined = join(changes(&[("hotplug", Some(json!([])))]), &config(&json!({}))).unwrap();
        assert_eq!(joined["hotplug"], Some(json!("0")));
        assert_eq!(fields(&config(&json!({ "hotplug": "0" })))["hotplug"], json!([]));
    }
}

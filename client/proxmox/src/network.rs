//! Network devices of VMs, whose model and MAC address share one property.

use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser::Error as _};

use crate::{
    codec::{self, CodecError},
    property_string::{PropertyString, PropertyStringError},
};

/// Models that the server knows; a key of another name is no model
const MODELS: &[&str] = &[
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
];

/// A network device of a VM: `virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5`
///
/// The server writes the model as the key of the MAC address; without an address it stands alone. A
/// change that leaves the address out makes the server generate a new one.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub struct NetworkDevice {
    /// Model, such as `virtio`
    pub model: String,
    /// MAC address as written
    pub mac: Option<String>,
    /// Bridge
    pub bridge: Option<String>,
    /// Whether the firewall sees it
    pub firewall: Option<bool>,
    /// Whether the cable is out
    pub link_down: Option<bool>,
    /// MTU in bytes; 1 takes the bridge's
    pub mtu: Option<u32>,
    /// Number of queues
    pub queues: Option<u32>,
    /// Limit in MB/s
    pub rate: Option<f64>,
    /// VLAN tag
    pub tag: Option<u16>,
    /// VLANs that pass, separated by `;`
    pub trunks: Option<String>,
    /// Properties unknown here, kept in order
    pub other: Vec<(String, String)>,
}

impl NetworkDevice {
    /// A device of a model with nothing else set
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            mac: None,
            bridge: None,
            firewall: None,
            link_down: None,
            mtu: None,
            queues: None,
            rate: None,
            tag: None,
            trunks: None,
            other: Vec::new(),
        }
    }

    /// The property string of this device
    ///
    /// # Errors
    /// When a value would break the string apart.
    pub fn to_property_string(&self) -> Result<PropertyString, PropertyStringError> {
        let mut text = PropertyString::default();
        match &self.mac {
            Some(mac) => text.set(&self.model, mac)?,
            None => text.set_default(&self.model)?,
        };
        let flag = |value: Option<bool>| value.map(|value| u8::from(value).to_string());
        for (key, value) in [
            ("bridge", self.bridge.clone()),
            ("firewall", flag(self.firewall)),
            ("link_down", flag(self.link_down)),
            ("mtu", self.mtu.map(|value| value.to_string())),
            ("queues", self.queues.map(|value| value.to_string())),
            ("rate", self.rate.map(|value| value.to_string())),
            ("tag", self.tag.map(|value| value.to_string())),
            ("trunks", self.trunks.clone()),
        ] {
            if let Some(value) = value {
                text.set(key, value)?;
            }
        }
        for (key, value) in &self.other {
            text.set(key, value)?;
        }
        Ok(text)
    }
}

impl FromStr for NetworkDevice {
    type Err = CodecError;

    fn from_str(text: &str) -> Result<Self, CodecError> {
        let parsed =
            PropertyString::parse(text).map_err(|error| CodecError::new(error.to_string()))?;
        let mut device = Self::new(parsed.default_value().unwrap_or_default());
        for (key, value) in parsed.iter() {
            let owned = value.to_owned();
            match key {
                "model" => device.model = owned,
                "macaddr" => device.mac = Some(owned),
                model if MODELS.contains(&model) => {
                    model.clone_into(&mut device.model);
                    device.mac = Some(owned);
                }
                "bridge" => device.bridge = Some(owned),
                "firewall" => device.firewall = Some(read(key, value)?),
                "link_down" => device.link_down = Some(read(key, value)?),
                "mtu" => device.mtu = Some(read(key, value)?),
                "queues" => device.queues = Some(read(key, value)?),
                "rate" => device.rate = Some(read(key, value)?),
                "tag" => device.tag = Some(read(key, value)?),
                "trunks" => device.trunks = Some(owned),
                _ => device.other.push((key.to_owned(), owned)),
            }
        }
        if device.model.is_empty() {
            return Err(CodecError::new(format!("{text:?} names no model")));
        }
        Ok(device)
    }
}

impl TryFrom<String> for NetworkDevice {
    type Error = CodecError;

    fn try_from(text: String) -> Result<Self, CodecError> {
        text.parse()
    }
}

impl Serialize for NetworkDevice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_property_string().map_err(S::Error::custom)?;
        serializer.collect_str(&text)
    }
}

fn read<T: DeserializeOwned>(key: &str, value: &str) -> Result<T, CodecError> {
    codec::from_text(value).map_err(|error| error.at(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn model_and_address_share_a_property() {
        let text = "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,future=x,tag=5";
        let device: NetworkDevice = codec::from_text(text).unwrap();
        assert_eq!((device.model.as_str(), device.tag), ("virtio", Some(5)));
        assert_eq!(device.mac.as_deref(), Some("BC:24:11:00:00:01"));
        let written = codec::to_value(&device).unwrap();
        assert_eq!(written, "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=5,future=x");
    }

    #[test]
    fn a_model_may_stand_alone_or_with_its_key() {
        for text in ["e1000,bridge=vmbr1", "bridge=vmbr1,model=e1000"] {
            let device: NetworkDevice = text.parse().unwrap();
            assert_eq!((device.model.as_str(), device.mac.as_deref()), ("e1000", None));
            assert_eq!(codec::to_value(&device).unwrap(), "e1000,bridge=vmbr1");
        }
        assert!("bridge=vmbr0".parse::<NetworkDevice>().is_err());
        assert!("virtio,tag=high".parse::<NetworkDevice>().is_err());
    }

    #[test]
    fn a_value_that_would_break_the_string_is_refused() {
        let mut device = NetworkDevice::new("virtio");
        device.bridge = Some("vmbr0,firewall=0".to_owned());
        assert!(codec::to_value(&device).is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(text in "[a-z0-9=,;: ]{0,40}") {
            let _ = text.parse::<NetworkDevice>();
        }
    }
}

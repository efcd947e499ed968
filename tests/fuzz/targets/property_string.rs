//! Proxmox's property strings and lists: what is read comes back, and the written form is canonical.

#![no_main]

// Not through onprem-proxmox: its HTTP and TLS take minutes to build, and have no part in this.
#[allow(dead_code)]
#[path = "../../../client/proxmox/src/codec/mod.rs"]
mod codec;
#[allow(dead_code)]
#[path = "../../../client/proxmox/src/property_string.rs"]
mod property_string;

use std::collections::BTreeMap;
use std::fmt::Debug;

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use property_string::PropertyString;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    bounded(data.len(), || {
        properties(text);
        typed::<Device>(text);
        typed::<BTreeMap<String, String>>(text);
        typed::<Vec<String>>(text);
        typed::<Vec<u16>>(text);
        typed::<f64>(text);
        assert!(codec::from_text::<f64>(text).map_or(true, f64::is_finite));
        typed::<i64>(text);
        typed::<bool>(text);
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
            stable(codec::from_value::<Device>(&json));
            stable(codec::from_value::<Vec<String>>(&json));
            stable(codec::from_value::<BTreeMap<u8, f32>>(&json));
        }
    });
});

/// The shapes that properties have.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, rename_all = "kebab-case")]
struct Device {
    file: String,
    size: Option<String>,
    ssd: Option<bool>,
    queues: Option<u8>,
    mbps: Option<f64>,
    model: Option<Model>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Model {
    Virtio,
    E1000,
}

fn properties(text: &str) {
    let Ok(parsed) = PropertyString::parse(text) else { return };
    let written = parsed.to_string();
    assert_eq!(PropertyString::parse(&written).as_ref(), Ok(&parsed), "{text:?}, {written:?}");
    // Nothing is lost when every property is set anew.
    let mut again = PropertyString::default();
    if let Some(value) = parsed.default_value() {
        again.set_default(value).expect("a value that was read can be set");
    }
    for (key, value) in parsed.iter() {
        again.set(key, value).expect("a property that was read can be set");
        assert_eq!(again.get(key), Some(value));
    }
    assert_eq!(again, parsed);
    if parsed.default_value().is_none() {
        let map = codec::from_text::<BTreeMap<String, String>>(text);
        let map = map.expect("without a bare value it is a map");
        assert!(parsed.iter().all(|(key, value)| map.get(key).is_some_and(|found| found == value)));
        assert_eq!(map.len(), parsed.iter().count());
    }
}

fn typed<T: Debug + DeserializeOwned + PartialEq + Serialize>(text: &str) {
    stable(codec::from_text::<T>(text));
}

/// What is written is read as the same. An empty text is no value, so that the first time may drop
/// one; from then on nothing changes.
fn stable<T: Debug + DeserializeOwned + PartialEq + Serialize>(read: Result<T, codec::CodecError>) {
    let Ok(value) = read else { return };
    let Ok(Some(written)) = codec::to_optional_value(&value) else { return };
    let value = codec::from_text::<T>(&written)
        .unwrap_or_else(|error| panic!("{written:?} was written and cannot be read: {error}"));
    let again = codec::to_optional_value(&value).expect("what was written once is written again");
    assert_eq!(again.as_deref(), Some(written.as_str()));
    assert_eq!(codec::from_text::<T>(&written), Ok(value), "{written:?}");
}

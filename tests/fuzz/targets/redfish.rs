//! Redfish's JSON, which may lack anything or have it in another type: reading it never fails badly.

#![no_main]

// Not through onprem-redfish: its HTTP and TLS take minutes to build, and have no part in this.
#[path = "../../../client/redfish/src/json.rs"]
mod json;

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    bounded(data.len(), || {
        if let Some(path) = json::path_of(text) {
            // A path is one for good, whatever server it came from.
            assert!(path.starts_with('/'));
            assert_eq!(json::path_of(&format!("https://10.0.0.21{path}")), Some(path.clone()));
            assert!(
                text.ends_with(json::last_segment(&path).trim_end_matches('/'))
                    || path.ends_with('/')
            );
        }
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
        for pointer in ["", "/a", "/0", "/a/0"] {
            if let Some(text) = json::text(&value, pointer) {
                assert!(!text.is_empty() && text.trim() == text);
                assert_eq!(json::text(&text.as_str().into(), ""), Some(text));
            }
            if let Some(number) = json::number(&value, pointer) {
                assert_eq!(json::number(&number.into(), ""), Some(number));
            }
            let _ = json::flag(&value, pointer);
            assert!(json::texts(&value, pointer).iter().all(|text| !text.trim().is_empty()));
            if let Some(path) = json::link(&value, pointer) {
                assert_eq!(json::path_of(&path), Some(path));
            }
        }
        assert!(json::members(&value).iter().all(|path| path.starts_with('/')));
    });
});

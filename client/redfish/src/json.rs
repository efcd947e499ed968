//! Reading JSON that may lack anything, or have it in another type than it should.
//!
//! Controllers leave properties out, send numbers as text and `null` where a list belongs. None of that
//! may make an answer unreadable, so everything here is optional.

use serde_json::Value;

/// The text at a JSON pointer; numbers and booleans as text, nothing for null and the empty text
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The whole number at a JSON pointer
pub(crate) fn number(value: &Value, pointer: &str) -> Option<i64> {
    match value.pointer(pointer)? {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a percent is nobody's")]
        number => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
    }
}

/// The truth at a JSON pointer
pub(crate) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    match value.pointer(pointer)? {
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        flag => flag.as_bool(),
    }
}

/// The texts of the list at a JSON pointer; a lone text is a list of one
pub(crate) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    match value.pointer(pointer) {
        Some(Value::Array(list)) => list.iter().filter_map(|one| text(one, "")).collect(),
        Some(one @ Value::String(_)) => text(one, "").into_iter().collect(),
        _ => vec![],
    }
}

/// The path that a link at a JSON pointer leads to: `{"@odata.id": "…"}`, or the path itself
pub(crate) fn link(value: &Value, pointer: &str) -> Option<String> {
    let found = value.pointer(pointer)?;
    let target = found.get("@odata.id").or_else(|| found.get("href")).unwrap_or(found).as_str()?;
    path_of(target)
}

/// The paths that the members of a collection lead to
pub(crate) fn members(collection: &Value) -> Vec<String> {
    let members = collection.get("Members").and_then(Value::as_array);
    members.into_iter().flatten().filter_map(|member| link(member, "")).collect()
}

/// A URI of the service as a path: some send it with scheme and host
pub(crate) fn path_of(uri: &str) -> Option<String> {
    let path = match uri.split_once("://") {
        Some((_, rest)) if !uri.starts_with('/') => rest.find('/').map(|slash| &rest[slash..])?,
        _ => uri,
    };
    path.starts_with('/').then(|| path.to_owned())
}

/// The last segment of a path
pub(crate) fn last_segment(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn other_types_than_the_schemas_are_read() {
        let value = json!({ "a": 100, "b": "7", "c": null, "d": "True", "e": [], "f": 12.5 });
        assert_eq!(text(&value, "/a").as_deref(), Some("100"));
        assert_eq!(number(&value, "/b"), Some(7));
        assert_eq!(number(&value, "/f"), Some(12));
        assert_eq!(number(&value, "/e"), None);
        assert_eq!(text(&value, "/c"), None);
        assert_eq!(flag(&value, "/d"), Some(true));
        assert_eq!(texts(&value, "/d"), ["True"]);
    }

    #[test]
    fn a_path_with_a_url_in_it_was_cut_down_to_the_path_of_that() {
        let path = "/redfish/v1/Proxy?target=https://10.0.0.9/x";
        assert_eq!(path_of(path).as_deref(), Some(path));
        assert_eq!(path_of(&format!("https://10.0.0.21{path}")).as_deref(), Some(path));
    }

    #[test]
    fn an_empty_text_was_a_list_of_one_nothing() {
        assert!(texts(&json!({ "a": "" }), "/a").is_empty());
        assert!(texts(&json!({ "a": ["", " "] }), "/a").is_empty());
    }

    #[test]
    fn a_link_is_a_path_whatever_its_form() {
        let value = json!({
            "a": { "@odata.id": "/redfish/v1/Systems" },
            "b": "/redfish/v1/UpdateService/MultipartUpload",
            "c": "https://10.0.0.21/redfish/v1/Tasks/JID_1",
            "d": "nowhere",
        });
        assert_eq!(link(&value, "/a").as_deref(), Some("/redfish/v1/Systems"));
        assert_eq!(
            link(&value, "/b").as_deref(),
            Some("/redfish/v1/UpdateService/MultipartUpload")
        );
        assert_eq!(link(&value, "/c").as_deref(), Some("/redfish/v1/Tasks/JID_1"));
        assert_eq!(link(&value, "/d"), None);
        assert_eq!(last_segment("/redfish/v1/Tasks/JID_1/"), "JID_1");
    }
}

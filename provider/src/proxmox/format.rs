//! How Proxmox writes values: 0 and 1, numbers in strings, lists and objects in strings.

use onprem_proxmox::property_string::PropertyString;
use onprem_proxmox::{Params, codec};
use tf_provider::Attributes;
use tf_provider::api::{ApiChanges, ApiError, ApiFields, ApiFormat, FromApi, Json};
use tf_provider::schema::Object;

/// The format of the Proxmox API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pve;

impl ApiFormat for Pve {
    /// A string that was set to nothing reads as one blank.
    fn absent(value: &Json) -> bool {
        value.is_null() || value.as_str() == Some(" ")
    }

    fn boolean(value: &Json) -> Option<bool> {
        codec::from_value(value).ok()
    }

    /// `memory` may read `current=1024`.
    fn integer(value: &Json) -> Option<i64> {
        let current = value.as_str().and_then(|text| text.strip_prefix("current="));
        match current {
            Some(text) => text.parse().ok(),
            None => codec::from_value(value).ok(),
        }
    }

    fn float(value: &Json) -> Option<f64> {
        codec::from_value(value).ok()
    }

    fn string(value: &Json) -> Option<String> {
        codec::from_value(value).ok()
    }

    fn list(value: &Json) -> Option<Vec<Json>> {
        match value {
            Json::Array(list) => Some(list.clone()),
            other => {
                let text = Self::string(other)?;
                let parts = text.split([';', ',', ' ']).filter(|part| !part.is_empty());
                Some(parts.map(Json::from).collect())
            }
        }
    }

    fn object(value: &Json, default_key: &str) -> Option<ApiFields> {
        match value {
            Json::Object(fields) => Some(fields.clone()),
            other => properties(&Self::string(other)?, default_key),
        }
    }
}

/// The properties of a property string, by key.
pub(crate) fn properties(text: &str, default_key: &str) -> Option<ApiFields> {
    let properties = PropertyString::parse(text).ok()?;
    let bare = properties.default_value().map(|value| (default_key.to_owned(), Json::from(value)));
    let keyed = properties.iter().map(|(key, value)| (key.to_owned(), Json::from(value)));
    Some(bare.into_iter().chain(keyed).collect())
}

/// The text of a parameter.
pub(crate) fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(value) => u8::from(*value).to_string(),
        Json::Number(number) => match number.as_f64() {
            // The server does not write `2.0` and would compare it.
            Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(";"),
        Json::Object(fields) => {
            let parts = fields.iter().map(|(key, value)| format!("{key}={}", text(value)));
            parts.collect::<Vec<_>>().join(",")
        }
    }
}

/// The parameters that set `fields`. What is empty is not sent: the server would store a blank.
pub(crate) fn params(fields: &ApiFields) -> Params {
    let mut params = Params::new();
    for (key, value) in fields {
        let text = text(value);
        if !text.is_empty() {
            params.set(key, text);
        }
    }
    params
}

/// Adds what changes to `params`.
pub(crate) fn add_changes(params: &mut Params, changes: &ApiChanges) {
    for (key, value) in changes {
        match value.as_ref().map(text).filter(|text| !text.is_empty()) {
            Some(text) => params.set(key, text),
            None => params.delete(key),
        };
    }
}

/// A device whose parameters are numbered.
pub(crate) trait Numbered: FromApi + Attributes {
    /// Property of a value without a key.
    const DEFAULT_KEY: &'static str;
    /// Properties that are attributes: of others nothing is known here, and they stay.
    const MANAGED: &'static [&'static str];
}

/// The `current` fields with the `managed` ones as `planned`, and nothing in them that means no more
/// than its absence. All other fields stay. Nothing when they mean what is planned already.
pub(crate) fn brought_to<T: FromApi + Attributes>(
    current: &ApiFields,
    planned: &ApiFields,
    managed: &[&str],
) -> Result<Option<ApiFields>, ApiError> {
    let meaning = |fields: &ApiFields| -> Result<Object, ApiError> {
        let mut object = Object::new();
        T::from_api::<Pve>(fields)?.write(&mut object);
        Ok(object)
    };
    let mut fields = current.clone();
    fields.retain(|key, _| !managed.contains(&key.as_str()));
    fields.extend(planned.clone());
    for key in planned.keys() {
        let mut without = fields.clone();
        without.remove(key);
        if let (Ok(less), Ok(all)) = (meaning(&without), meaning(&fields))
            && less == all
        {
            fields = without;
        }
    }
    Ok((meaning(&fields)? != meaning(current)?).then_some(fields))
}

/// A property string of `fields`, the one under `first` bare and in front.
pub(crate) fn property_string(fields: &ApiFields, first: &str) -> String {
    let bare = fields.get(first).map(text);
    let rest = fields.iter().filter(|(key, _)| *key != first);
    let rest = rest.map(|(key, value)| format!("{key}={}", text(value)));
    bare.into_iter().chain(rest).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_server_writes() {
        assert_eq!(Pve::boolean(&Json::from("1")), Some(true));
        assert_eq!(Pve::integer(&Json::from("current=768")), Some(768));
        assert_eq!(Pve::list(&Json::from("a;b")).unwrap().len(), 2);
        assert!(Pve::absent(&Json::from(" ")));
        let agent = Pve::object(&Json::from("1,type=virtio"), "enabled").unwrap();
        assert_eq!(agent["enabled"], "1");
        assert_eq!(agent["type"], "virtio");
    }
}

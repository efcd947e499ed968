//! Whether an answer holds what was sent.
//!
//! The server drops fields that it does not know and answers well, and it spells some values in its own
//! way. So each written value is compared with the answer, by meaning.

use serde_json::Value;

use crate::{
    Address, DnsName, Error, ErrorKind, Fields, MacAddress, Network, Object, Version,
    object::{integer, reference, text},
};

/// Fields that no answer repeats.
const WRITTEN_ONLY: [&str; 4] = ["changelog_message", "add_tags", "remove_tags", "prefix_length"];

/// Check that the server stored what was sent
pub(crate) fn stored(
    sent: &Fields,
    answer: &Object,
    version: Option<Version>,
) -> Result<(), Error> {
    for (field, wanted) in sent {
        if WRITTEN_ONLY.contains(&field.as_str()) {
            continue;
        }
        let Some(field) = difference(field, wanted, answer.get(field)) else { continue };
        let server =
            version.map_or_else(|| "NetBox".to_owned(), |version| format!("NetBox {version}"));
        let text = format!(
            "{server} answered that all went well, and did not store `{field}` as it was sent: it drops \
             fields that it does not know"
        );
        return Err(Error::new(ErrorKind::Dropped { field }, text));
    }
    Ok(())
}

/// The first place where the answer means something else than what was sent
fn difference(name: &str, sent: &Value, found: &Value) -> Option<String> {
    match (sent, found) {
        (Value::Object(sent), Value::Object(fields)) if name == "custom_fields" => {
            sent.iter().find_map(|(key, value)| {
                let found = fields.get(key).unwrap_or(&Value::Null);
                (!same(value, found)).then(|| format!("{name}.{key}"))
            })
        }
        _ => (!same_field(name, sent, found)).then(|| name.to_owned()),
    }
}

/// Whether what was sent as a field, or shall be, means what an answer holds there
///
/// Addresses, MAC addresses and names in the DNS are spelt in the server's own way; no other text is.
pub(crate) fn same_field(name: &str, sent: &Value, found: &Value) -> bool {
    fn parse<T: std::str::FromStr + PartialEq>(one: &str, other: &str) -> bool {
        matches!((one.parse::<T>(), other.parse::<T>()), (Ok(one), Ok(other)) if one == other)
    }
    let respelt = || match (name, sent.as_str()?, found.as_str()?) {
        ("address" | "start_address" | "end_address", sent, found) => {
            Some(parse::<Address>(sent, found))
        }
        ("dns_name", sent, found) => Some(parse::<DnsName>(sent, found)),
        ("mac_address", sent, found) => Some(parse::<MacAddress>(sent, found)),
        ("prefix", sent, found) => Some(parse::<Network>(sent, found)),
        _ => None,
    };
    same(sent, found) || respelt().unwrap_or_default()
}

/// Whether a value that was sent, or shall be, means what an answer holds
pub fn same(sent: &Value, found: &Value) -> bool {
    match sent {
        Value::Null => is_empty(found),
        Value::Bool(truth) => {
            found.as_bool() == Some(*truth) || text(found) == Some(truth.to_string())
        }
        Value::Number(number) => {
            let float = || text(found)?.parse::<f64>().ok();
            match integer(sent) {
                Some(number) => reference(found) == Some(number) || integer(found) == Some(number),
                None => number.as_f64().is_some() && number.as_f64() == float(),
            }
        }
        Value::String(sent) if sent.is_empty() => is_empty(found),
        Value::String(sent) => same_text(sent, found),
        Value::Array(sent) => match found {
            Value::Array(found) => same_list(sent, found),
            other => sent.is_empty() && is_empty(other),
        },
        Value::Object(sent) => match found {
            Value::Object(found) => {
                sent.iter().all(|(key, value)| same(value, found.get(key).unwrap_or(&Value::Null)))
            }
            _ => false,
        },
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        // A choice of nothing.
        Value::Object(fields) => fields.get("value").is_some_and(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn same_text(sent: &str, found: &Value) -> bool {
    let name = || found.get("name").and_then(text);
    let found = text(found).or_else(name);
    // The server trims what it stores.
    found.is_some_and(|found| found == sent || found == sent.trim())
}

/// Lists of references and words have no order; other lists have.
fn same_list(sent: &[Value], found: &[Value]) -> bool {
    if sent.len() != found.len() {
        return false;
    }
    let ordered = sent.iter().zip(found).all(|(sent, found)| same(sent, found));
    ordered || {
        let mut left: Vec<&Value> = found.iter().collect();
        sent.iter().all(|sent| {
            let place = left.iter().position(|found| same(sent, found));
            place.map(|place| left.swap_remove(place)).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_the_same_in_every_spelling() {
        for (sent, found) in [
            (json!(5), json!({"id": 5, "name": "x"})),
            (json!(5), json!("5")),
            (json!(1.5), json!("1.50")),
            (json!("active"), json!({"value": "active", "label": "Active"})),
            (json!("two words\n"), json!("two words")),
            (json!(null), json!("")),
            (json!(null), json!({"value": null, "label": null})),
            (json!([{"name": "b"}, {"name": "a"}]), json!([{"name": "a", "id": 1}, {"name": "b"}])),
            (json!([2, 1]), json!([{"id": 1}, {"id": 2}])),
            (json!(true), json!(true)),
            (json!([]), json!(null)),
        ] {
            assert!(same(&sent, &found), "{sent} {found}");
        }
        for (sent, found) in [
            (json!(5), json!(null)),
            (json!(5), json!({"id": 6})),
            (json!("a"), json!("b")),
            (json!("a"), json!(null)),
            (json!(null), json!(5)),
            (json!([1, 1]), json!([1, 2])),
            (json!(false), json!(null)),
            (json!("10.0.0.0/24"), json!("10.0.0.0/25")),
        ] {
            assert!(!same(&sent, &found), "{sent} {found}");
        }
    }

    /// "web server" became "Web Server" in the configuration, and NetBox was never told.
    #[test]
    fn only_names_and_addresses_have_other_spellings() {
        for (field, sent, found) in [
            ("dns_name", "Web.Example", "web.example"),
            ("prefix", "2001:DB8:0::/64", "2001:db8::/64"),
            ("address", "10.0.0.5", "10.0.0.5/32"),
            ("mac_address", "aabb.cc00.1122", "AA:BB:CC:00:11:22"),
        ] {
            assert!(same_field(field, &json!(sent), &json!(found)), "{field}: {sent} {found}");
            assert!(!same_field("description", &json!(sent), &json!(found)), "{sent} {found}");
        }
        assert!(!same(&json!("Web Server"), &json!("web server")));
    }

    #[test]
    fn a_field_that_the_server_dropped_is_named_with_the_version() {
        let sent = json!({"name": "http", "port_mappings": ["tcp/80"], "changelog_message": "x"});
        let answer = Object::new(json!({"id": 1, "name": "http"}), None).unwrap();
        let error =
            stored(sent.as_object().unwrap(), &answer, Version::parse("4.6.8")).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Dropped { field: "port_mappings".to_owned() });
        assert!(error.to_string().contains("NetBox 4.6"), "{error}");
        let sent = json!({"custom_fields": {"cpus": 4}});
        let answer = Object::new(json!({"id": 1, "custom_fields": {"cpus": null}}), None).unwrap();
        let error = stored(sent.as_object().unwrap(), &answer, None).unwrap_err();
        assert!(error.to_string().contains("`custom_fields.cpus`"), "{error}");
    }
}

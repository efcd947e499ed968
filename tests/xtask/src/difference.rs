//! What differs between two JSON documents, a line for each value, with its path.

use std::collections::BTreeMap;

use serde_json::Value;

/// The lines that only one of the two has: `- path = value` was, `+ path = value` is.
#[must_use]
pub fn difference(before: &Value, after: &Value) -> Vec<String> {
    let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
    flatten(String::new(), before, &mut was);
    flatten(String::new(), after, &mut is);
    let mut lines = Vec::new();
    for (path, value) in &was {
        if is.get(path) != Some(value) {
            lines.push((path, format!("- {path} = {value}")));
        }
    }
    for (path, value) in &is {
        if was.get(path) != Some(value) {
            lines.push((path, format!("+ {path} = {value}")));
        }
    }
    // Stable: what was stays above what is.
    lines.sort_by(|one, other| one.0.cmp(other.0));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn flatten(path: String, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(inner, field, into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(format!("{path}[{index}]"), item, into);
            }
        }
        _ => {
            into.insert(path, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_documents_have_no_difference() {
        let document = json!({"guests": {"9000": {"name": "x"}}, "empty": []});
        assert!(difference(&document, &document).is_empty());
    }

    #[test]
    fn what_came_went_and_changed_is_named_by_its_path() {
        let before = json!({"guests": {"100": {"name": "a"}, "101": {}}, "disks": [1, 2]});
        let after = json!({"guests": {"100": {"name": "b"}}, "disks": [1, 2, 3]});
        assert_eq!(
            difference(&before, &after),
            [
                "+ disks[2] = 3",
                "- guests.100.name = \"a\"",
                "+ guests.100.name = \"b\"",
                "- guests.101 = {}",
            ]
        );
    }
}

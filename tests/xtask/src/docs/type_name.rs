//! What the registry calls the type of an attribute or block, and the anchor of what is nested in it.

use serde_json::Value;

use super::model::{Attribute, Nesting};

/// `String`, `Attributes List`, `Block List, Max: 1`.
pub(super) fn type_name(attribute: &Attribute) -> String {
    let Some(nested) = &attribute.nested_type else { return plain_type_name(&attribute.ty) };
    let kind = if attribute.block.is_some() { "Block" } else { "Attributes" };
    let repeats = match nested.nesting {
        Nesting::Group => " Group",
        Nesting::List => " List",
        Nesting::Map => " Map",
        Nesting::Set => " Set",
        Nesting::Single => "",
    };
    let mut name = format!("{kind}{repeats}");
    if let Some(block) = &attribute.block {
        if nested.nesting == Nesting::Single {
            // One is all there can be.
            name += if attribute.optional { ", Optional" } else { "" };
            return name;
        }
        for (word, number) in [("Min", block.min_items), ("Max", block.max_items)] {
            if number > 0 {
                name += &format!(", {word}: {number}");
            }
        }
    }
    name
}

/// Where the page has what is nested at `path`.
pub(super) fn anchor(attribute: &Attribute, path: &[&str]) -> String {
    let kind = if attribute.block.is_some() { "nestedblock" } else { "nestedatt" };
    format!("{kind}--{}", path.join("--"))
}

/// `"string"` is String, `["list", "string"]` is List of String.
pub(super) fn plain_type_name(ty: &Value) -> String {
    match ty {
        Value::String(name) if name == "bool" => "Boolean".to_owned(),
        Value::String(name) => capital(name),
        Value::Array(parts) => match (parts.first().and_then(Value::as_str), parts.get(1)) {
            (Some(collection @ ("list" | "map" | "set")), Some(inner)) => {
                format!("{} of {}", capital(collection), plain_type_name(inner))
            }
            (Some(structure), _) => capital(structure),
            (None, _) => "Dynamic".to_owned(),
        },
        _ => "Dynamic".to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_block_says_how_often_it_may_be_there() {
        let block = |mode: &str, items: Value, optional: bool| {
            let attribute = json!({
                "name": "rule", "class": "block", "optional": optional, "block": items,
                "nested_type": {"nesting_mode": mode, "attributes": []},
            });
            let attribute: Attribute = serde_json::from_value(attribute).unwrap();
            assert_eq!(anchor(&attribute, &["a", "rule"]), "nestedblock--a--rule");
            type_name(&attribute)
        };
        assert_eq!(block("list", json!({"max_items": 1}), true), "Block List, Max: 1");
        let both = json!({"min_items": 1, "max_items": 4});
        assert_eq!(block("set", both, false), "Block Set, Min: 1, Max: 4");
        assert_eq!(block("map", json!({}), true), "Block Map");
        assert_eq!(block("group", json!({}), true), "Block Group");
        assert_eq!(block("single", json!({}), true), "Block, Optional");
        assert_eq!(block("single", json!({"min_items": 1, "max_items": 1}), false), "Block");
    }
}

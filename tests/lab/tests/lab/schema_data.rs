//! `data/proxmox-schema.json.gz` is what the recorded schema says, without prose and answers.
//! `ONPREM_LAB_WRITE_SCHEMA=1 cargo test -p onprem-lab schema_data` writes it anew.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::facts::{open, read_gz};

#[test]
fn schema_data_is_current() {
    let (Some(schema), Some(formats)) =
        (open("apis/pve-9.2.json.gz"), open("apis/pve-9.2-formats.json.gz"))
    else {
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let formats: Value = serde_json::from_str(&formats).unwrap();
    let mut paths = Map::new();
    for (path, methods) in schema["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap();
        let compact: Map<String, Value> =
            methods.iter().map(|(name, method)| (name.clone(), compact_method(method))).collect();
        paths.insert(path.clone(), Value::Object(compact));
    }
    let mut named = Map::new();
    for (name, format) in formats["formats"].as_object().unwrap() {
        if format.is_object() {
            named.insert(name.clone(), compact_keys(format));
        }
    }
    let text = serde_json::to_string(&json!({ "formats": named, "paths": paths })).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/proxmox-schema.json.gz");
    if std::env::var_os("ONPREM_LAB_WRITE_SCHEMA").is_some() {
        let mut packer =
            flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
        packer.write_all(text.as_bytes()).unwrap();
        std::fs::write(&file, packer.finish().unwrap()).unwrap();
    }
    assert!(read_gz(&file) == text, "stale: set ONPREM_LAB_WRITE_SCHEMA=1 to write it anew");
}

fn compact_method(method: &Value) -> Value {
    let mut compact = Map::new();
    let parameters = &method["parameters"];
    if let Some(properties) = parameters.get("properties") {
        compact.insert("parameters".to_owned(), compact_keys(properties));
    }
    // Without a list of parameters (or with alternatives) nothing can be refused by name.
    if parameters["additionalProperties"] != json!(0) {
        compact.insert("open".to_owned(), json!(true));
    }
    let permissions = &method["permissions"];
    if let Some(check) = permissions.get("check") {
        compact.insert("permissions".to_owned(), check.clone());
    } else if let Some(user) = permissions.get("user") {
        compact.insert("permissions".to_owned(), user.clone());
    }
    Value::Object(compact)
}

fn compact_keys(properties: &Value) -> Value {
    let properties = properties.as_object().unwrap();
    Value::Object(
        properties.iter().map(|(name, rules)| (name.clone(), compact_rules(rules))).collect(),
    )
}

fn compact_rules(rules: &Value) -> Value {
    let mut compact = Map::new();
    let truth = |value: &Value| *value == json!(1) || *value == json!("1");
    for (name, value) in rules.as_object().unwrap() {
        let value = match name.as_str() {
            "type" if value != "string" => value.clone(),
            "format" if value.is_object() => compact_keys(value),
            "format" => value.clone(),
            "enum" if value.is_array() => {
                let items = value.as_array().unwrap();
                let text =
                    |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                items.iter().map(text).collect::<Vec<_>>().into()
            }
            "minimum" | "maximum" => match value.as_str() {
                Some(text) => json!(text.parse::<f64>().unwrap()),
                None => value.clone(),
            },
            "minLength" | "maxLength" | "requires" | "alias" | "keyAlias" => value.clone(),
            "pattern" if value != "code" => value.clone(),
            "optional" if truth(value) => json!(true),
            "default_key" if truth(value) => {
                compact.insert("defaultKey".to_owned(), json!(true));
                continue;
            }
            _ => continue,
        };
        compact.insert(name.clone(), value);
    }
    Value::Object(compact)
}

#[test]
fn packed_data_is_small() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/proxmox-schema.json.gz");
    let mut packed = Vec::new();
    std::fs::File::open(file).unwrap().read_to_end(&mut packed).unwrap();
    assert!(packed.len() < 100_000);
}

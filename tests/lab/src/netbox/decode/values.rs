//! Single values of a body, checked by the kind of their field.

use serde_json::{Map, Value, json};

use super::super::custom_fields;
use super::super::net::{Net, mac};
use super::super::store::Store;
use super::super::types::{self, Field, Kind};
use super::{class, python, reference};

/// One value.
pub(super) fn read(store: &Store, field: &Field, given: &Value) -> Result<Value, Value> {
    let one = |text: &str| json!([text]);
    if let Kind::Choice { choices, default } = field.kind {
        return choice(choices, field.null || (default.is_empty() && !field.required), given);
    }
    if given.is_null() {
        return match field.null {
            true => Ok(Value::Null),
            false => Err(one("This field may not be null.")),
        };
    }
    match field.kind {
        Kind::Address => {
            let text = non_blank(&string(given)?)?;
            match Net::parse(&text) {
                Some(net) => Ok(net.to_string().into()),
                None => Err(one(&format!("Invalid IP address format: {text}"))),
            }
        }
        Kind::Boolean(_) => {
            boolean(given).map(Value::from).ok_or_else(|| one("Must be a valid boolean."))
        }
        Kind::ChoicePairs => pairs(given),
        Kind::Color(_) => {
            let text = string(given)?;
            let valid =
                text.len() == 6 && text.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'));
            match valid {
                true => Ok(text.into()),
                false => Err(one("Enter a valid hexadecimal RGB color code.")),
            }
        }
        Kind::Date => match given.as_str().filter(|text| custom_fields::is_date(text)) {
            Some(text) => Ok(text.into()),
            None => {
                Err(one("Date has wrong format. Use one of these formats instead: YYYY-MM-DD."))
            }
        },
        Kind::Decimal(_) => {
            let number = match given {
                Value::String(text) => text.trim().parse::<f64>().ok(),
                other => other.as_f64(),
            };
            number.map(Value::from).ok_or_else(|| one("A valid number is required."))
        }
        Kind::DnsName => {
            let text = string(given)?;
            let letters = |label: &str| {
                let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
                !label.is_empty() && (label.chars().all(plain) || label == "*")
            };
            let name = text.strip_suffix('.').unwrap_or(&text);
            if !text.is_empty() && !name.split('.').all(letters) {
                return Err(one(
                    "Only alphanumeric characters, asterisks, hyphens, periods, and underscores are allowed in DNS names",
                ));
            }
            limited(&text, 255)?;
            Ok(text.to_lowercase().into())
        }
        Kind::Foreign { model, .. } => {
            reference(store, model, given).map(Value::from).map_err(|text| one(&text))
        }
        Kind::Integer { min, max, .. } => integer(given, min, max),
        Kind::Json => Ok(given.clone()),
        Kind::Mac => {
            let text = non_blank(&string(given)?)?;
            mac(&text)
                .map(Value::from)
                .ok_or_else(|| one(&format!("Invalid MAC address format: {text}")))
        }
        Kind::Many { model, .. } => {
            let Value::Array(given) = given else { return Err(not_a_list(given)) };
            given.iter().map(|one| primary_key(store, model, one)).collect()
        }
        Kind::Network => network(given),
        Kind::ObjectId { .. } => integer(given, 0, i64::MAX),
        Kind::ObjectType(models) => object_type(models, given),
        Kind::ObjectTypes => {
            let Value::Array(given) = given else { return Err(not_a_list(given)) };
            given.iter().map(|one| object_type(&[], one)).collect()
        }
        Kind::PortMappings => Ok(given.clone()),
        Kind::Ports => {
            let Value::Array(given) = given else { return Err(not_a_list(given)) };
            let mut errors = Map::new();
            let mut ports = Vec::new();
            for (index, port) in given.iter().enumerate() {
                match integer(port, 1, 65535) {
                    Ok(port) => ports.push(port),
                    Err(messages) => {
                        errors.insert(index.to_string(), messages);
                    }
                }
            }
            if errors.is_empty() { Ok(ports.into()) } else { Err(errors.into()) }
        }
        Kind::Slug => {
            let text = non_blank(&string(given)?)?;
            limited(&text, 100)?;
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            match text.chars().all(plain) {
                true => Ok(text.into()),
                false => Err(one(
                    "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.",
                )),
            }
        }
        Kind::Text(max) => {
            let text = string(given)?;
            if text.is_empty() && field.required {
                return Err(one("This field may not be blank."));
            }
            limited(&text, max)?;
            Ok(text.into())
        }
        Kind::VidRanges => vid_ranges(given),
        Kind::Choice { .. }
        | Kind::Computed(_)
        | Kind::Count(..)
        | Kind::CustomFields
        | Kind::Object { .. }
        | Kind::Tags => Ok(given.clone()),
    }
}

fn choice(choices: types::Choices, blank: bool, given: &Value) -> Result<Value, Value> {
    match given {
        Value::Object(_) | Value::Array(_) => Err(json!([
            "Value must be passed directly (e.g. \"foo\": 123); do not use a dictionary or list."
        ])),
        Value::Null => match blank {
            true => Ok("".into()),
            false => Err(json!(["This field may not be blank."])),
        },
        Value::String(text) if text.is_empty() => match blank {
            true => Ok("".into()),
            false => Err(json!(["This field may not be blank."])),
        },
        Value::String(text) if choices.iter().any(|(name, _)| name == text) => Ok(given.clone()),
        Value::String(text) => Err(json!([format!("{text} is not a valid choice.")])),
        other => Err(json!([format!("{} is not a valid choice.", python(other))])),
    }
}

fn network(given: &Value) -> Result<Value, Value> {
    if given.is_number() || given.is_boolean() {
        let text = format!("unexpected type <class '{}'> for addr arg", class(given));
        return Err(json!([text]));
    }
    let text = non_blank(&string(given)?)?;
    let Some(net) = Net::parse(&text) else {
        return Err(json!([format!("Invalid IP prefix format: {text}")]));
    };
    if net == net.network() {
        return Ok(net.to_string().into());
    }
    let hint = format!("{net} is not a valid prefix. Did you mean {}?", net.network());
    match net.length {
        0 => Err(json!([hint, "Cannot create prefix with /0 mask."])),
        _ => Err(json!([hint])),
    }
}

fn object_type(models: &[&str], given: &Value) -> Result<Value, Value> {
    let Some((text, _)) = given.as_str().and_then(|text| Some((text, text.split_once('.')?)))
    else {
        let text = "Invalid value. Specify a content type as '<app_label>.<model_name>'.";
        return Err(json!([text]));
    };
    let known = match models {
        [] => types::of(text).is_some(),
        models => models.contains(&text),
    };
    match known {
        true => Ok(given.clone()),
        false => Err(json!([format!("Invalid content type: {text}")])),
    }
}

fn primary_key(store: &Store, model: &str, given: &Value) -> Result<Value, Value> {
    let id = match given {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match id {
        Some(id) if store.get(model, id).is_some() => Ok(id.into()),
        Some(id) => Err(json!([format!("Invalid pk \"{id}\" - object does not exist.")])),
        None => {
            let text = format!("Incorrect type. Expected pk value, received {}.", class(given));
            Err(json!([text]))
        }
    }
}

fn pairs(given: &Value) -> Result<Value, Value> {
    let Value::Array(pairs) = given else { return Err(not_a_list(given)) };
    let mut read = Vec::new();
    for pair in pairs {
        match pair.as_array().map(Vec::as_slice) {
            Some([value, label]) if value.is_string() && label.is_string() => {
                read.push(pair.clone());
            }
            _ => {
                return Err(json!([
                    "Each choice must be a list of exactly two items: [value, label]."
                ]));
            }
        }
    }
    Ok(read.into())
}

fn vid_ranges(given: &Value) -> Result<Value, Value> {
    let Value::Array(ranges) = given else { return Err(not_a_list(given)) };
    let mut read: Vec<(u64, u64)> = Vec::new();
    for range in ranges {
        let ends = range.as_array().map(Vec::as_slice).and_then(|ends| match ends {
            [first, last] => first.as_u64().zip(last.as_u64()),
            _ => None,
        });
        let Some((first, last)) = ends else {
            return Err(json!([["Ranges must be specified in the form (lower, upper)."]]));
        };
        if first < 1 {
            let text = format!("Starting VLAN ID in range ({first}) cannot be less than 1");
            return Err(json!([text]));
        }
        if last > 4094 {
            return Err(json!([format!("Ending VLAN ID in range ({last}) cannot exceed 4094")]));
        }
        if first > last {
            let text =
                "Ending VLAN ID in range must be greater than or equal to the starting VLAN ID";
            return Err(json!([format!("{text} ({first}-{last})")]));
        }
        if read.iter().any(|(from, to)| first <= *to && *from <= last) {
            return Err(json!(["Ranges cannot overlap."]));
        }
        read.push((first, last));
    }
    Ok(json!(read))
}

fn integer(given: &Value, min: i64, max: i64) -> Result<Value, Value> {
    let number = match given {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|it| it.fract() == 0.0).map(|it| it as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        None => Err(json!(["A valid integer is required."])),
        Some(number) if number < min => {
            Err(json!([format!("Ensure this value is greater than or equal to {min}.")]))
        }
        Some(number) if number > max => {
            Err(json!([format!("Ensure this value is less than or equal to {max}.")]))
        }
        Some(number) => Ok(number.into()),
    }
}

fn boolean(given: &Value) -> Option<bool> {
    match given {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn string(given: &Value) -> Result<String, Value> {
    match given {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(json!(["Not a valid string."])),
    }
}

fn non_blank(text: &str) -> Result<String, Value> {
    match text {
        "" => Err(json!(["This field may not be blank."])),
        text => Ok(text.to_owned()),
    }
}

fn limited(text: &str, max: usize) -> Result<(), Value> {
    match text.chars().count() <= max {
        true => Ok(()),
        false => Err(json!([format!("Ensure this field has no more than {max} characters.")])),
    }
}

fn not_a_list(given: &Value) -> Value {
    json!([format!("Expected a list of items but got type \"{}\".", class(given))])
}

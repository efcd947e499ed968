//! Custom fields: values of the type that the definition says. API: `/api/extras/custom-fields/`.

use std::collections::BTreeMap;

use onprem_netbox::{Query, kinds};
use tf_provider::api::{ApiFields, Json};
use tf_provider::cty::Path;
use tf_provider::{Diagnostic, Result};
use tokio::sync::Mutex;

use super::NetBox;

/// The type of every custom field by its name, as of the last time that somebody asked for an unknown one.
#[derive(Debug, Default)]
pub(crate) struct Definitions(Mutex<BTreeMap<String, String>>);

/// Gives planned custom fields the types of their definitions: `"7"` for a number is 7.
pub(crate) async fn typed(netbox: &NetBox, fields: &mut ApiFields) -> Result<()> {
    let Some(planned) = fields.get_mut("custom_fields").filter(|planned| !planned.is_null()) else {
        return Ok(());
    };
    let Json::Object(values) = planned else {
        return Err(Diagnostic::error("`custom_fields` is no object")
            .hint("write it like `custom_fields = { cost_center = \"42\", cpus = 4 }`")
            .at("custom_fields"));
    };
    if values.is_empty() {
        return Ok(());
    }
    let mut definitions = netbox.definitions.0.lock().await;
    // What the same apply has just made is not known yet, either.
    if values.keys().any(|name| !definitions.contains_key(name)) {
        *definitions = read(netbox).await?;
    }
    for (name, value) in values {
        let Some(ty) = definitions.get(name) else {
            let known: Vec<_> = definitions.keys().map(|name| format!("`{name}`")).collect();
            return Err(Diagnostic::error(format!("There is no custom field `{name}`"))
                .detail(format!("NetBox has {}.", known.join(", ")))
                .hint("names of custom fields are not their labels: Customization -> Custom Fields")
                .at(Path::from("custom_fields")));
        };
        *value = convert(value, ty).map_err(|wanted| {
            Diagnostic::error(format!("The custom field `{name}` takes {wanted}"))
                .detail(format!("Its type is {ty}, and the configuration has {value}."))
                .at("custom_fields")
        })?;
    }
    Ok(())
}

async fn read(netbox: &NetBox) -> Result<BTreeMap<String, String>> {
    let found = netbox.objects(&kinds::CUSTOM_FIELD).list(&Query::new()).await?;
    let types = found.iter().filter_map(|field| Some((field.text("name")?, field.text("type")?)));
    Ok(types.collect())
}

/// The value as a field of the type takes it, or what it takes.
fn convert(value: &Json, ty: &str) -> Result<Json, &'static str> {
    if value.is_null() {
        return Ok(Json::Null);
    }
    let text = value.as_str();
    match ty {
        "integer" | "object" => {
            let number = onprem_netbox::integer(value);
            number.map(Json::from).ok_or("a whole number")
        }
        "decimal" => match text {
            None if value.is_number() => Ok(value.clone()),
            None => Err("a number"),
            Some(text) => text.parse::<f64>().map(Json::from).map_err(|_| "a number"),
        },
        "boolean" => match (value.as_bool(), text) {
            (Some(truth), _) => Ok(truth.into()),
            (None, Some("true")) => Ok(true.into()),
            (None, Some("false")) => Ok(false.into()),
            _ => Err("true or false"),
        },
        "multiselect" => match value {
            Json::Array(words) => words.iter().map(|word| convert(word, "text")).collect(),
            _ => Err("a list of strings"),
        },
        "multiobject" => match value {
            Json::Array(ids) => ids.iter().map(|id| convert(id, "integer")).collect(),
            _ => Err("a list of numbers"),
        },
        "text" | "longtext" | "date" | "datetime" | "url" | "select" => match value {
            Json::String(_) => Ok(value.clone()),
            Json::Bool(_) | Json::Number(_) => Ok(value.to_string().into()),
            _ => Err("a string"),
        },
        // JSON, and what a newer server knows.
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_get_the_type_of_their_definition() {
        for (value, ty, converted) in [
            (json!("7"), "integer", json!(7)),
            (json!(7), "text", json!("7")),
            (json!("true"), "boolean", json!(true)),
            (json!("1.5"), "decimal", json!(1.5)),
            (json!(["a", 1]), "multiselect", json!(["a", "1"])),
            (json!(["3", 4]), "multiobject", json!([3, 4])),
            (json!({"a": [1]}), "json", json!({"a": [1]})),
            (json!(null), "integer", json!(null)),
        ] {
            assert_eq!(convert(&value, ty), Ok(converted), "{value} {ty}");
        }
        for (value, ty) in [
            (json!("x"), "integer"),
            (json!(1.5), "integer"),
            (json!("yes"), "boolean"),
            (json!("a"), "multiselect"),
            (json!({}), "text"),
            (json!(true), "decimal"),
        ] {
            assert!(convert(&value, ty).is_err(), "{value} {ty}");
        }
    }
}

//! The schemas as JSON: what `terraform providers schema -json` prints, and the same with what the
//! documentation needs beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Server;
use crate::erased::{DataSourceDescription, ResourceDescription};
use crate::schema::{Attribute, Class, Constraint, Kind, Nesting, Schema};
use crate::{Provider, Timeouts};

/// What `terraform providers schema -json` prints for this provider.
pub(crate) fn schema<P: Provider>(server: &Server<P>) -> Json {
    let registry = server.registry();
    let resources: BTreeMap<_, _> = registry
        .resources
        .iter()
        .map(|(name, resource)| (name, plain(&resource.description().schema)))
        .collect();
    let data_sources: BTreeMap<_, _> = registry
        .data_sources
        .iter()
        .map(|(name, source)| (name, plain(&source.description().schema)))
        .collect();
    let identities: BTreeMap<_, _> = registry
        .resources
        .iter()
        .map(|(name, resource)| (name, identity(resource.description())))
        .collect();
    json!({
        "format_version": "1.0",
        "provider_schemas": {
            P::ADDRESS: {
                "provider": plain(&Server::<P>::provider_schema()),
                "resource_schemas": resources,
                "data_source_schemas": data_sources,
                "resource_identity_schemas": identities,
            }
        }
    })
}

/// The schemas with classes, constraints, import formats and time limits.
pub(crate) fn annotated<P: Provider>(server: &Server<P>) -> Json {
    let registry = server.registry();
    let resources: BTreeMap<_, _> = registry
        .resources
        .iter()
        .map(|(name, resource)| (name, resource_page(resource.description())))
        .collect();
    let data_sources: BTreeMap<_, _> = registry
        .data_sources
        .iter()
        .map(|(name, source)| (name, data_source_page(source.description())))
        .collect();
    let provider = Server::<P>::provider_schema();
    json!({
        "name": P::NAME,
        "address": P::ADDRESS,
        "version": P::VERSION,
        "provider": {
            "description": provider.description,
            "attributes": annotated_all(&provider.attributes),
        },
        "resources": resources,
        "data_sources": data_sources,
    })
}

fn plain(schema: &Schema) -> Json {
    json!({
        "version": schema.version,
        "block": {
            "attributes": all(&schema.attributes),
            "description": schema.description,
            "description_kind": "markdown",
        }
    })
}

fn all(attributes: &[Attribute]) -> Map<String, Json> {
    attributes.iter().map(|a| (a.name.to_owned(), Json::Object(one(a)))).collect()
}

fn one(attribute: &Attribute) -> Map<String, Json> {
    let mut fields = Map::new();
    match &attribute.kind {
        Kind::Plain(ty) => fields.insert("type".into(), ty.to_json()),
        Kind::Nested(nesting, attributes) => fields.insert(
            "nested_type".into(),
            json!({"attributes": all(attributes), "nesting_mode": mode(*nesting)}),
        ),
    };
    fields.insert("description".into(), attribute.description.into());
    fields.insert("description_kind".into(), "markdown".into());
    // Terraform leaves out what is false.
    let flags = [
        ("required", attribute.required()),
        ("optional", attribute.optional()),
        ("computed", attribute.computed()),
        ("sensitive", attribute.sensitive),
        ("deprecated", attribute.deprecated.is_some()),
        ("write_only", attribute.write_only()),
    ];
    fields.extend(
        flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name.into(), true.into())),
    );
    fields
}

fn mode(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
        Nesting::Map => "map",
        Nesting::Set => "set",
    }
}

fn identity(resource: &ResourceDescription) -> Json {
    let attributes: Map<String, Json> = resource
        .identity
        .iter()
        .map(|(name, ty, description)| {
            let facts = json!({
                "type": ty.to_json(),
                "description": description,
                "required_for_import": true,
            });
            ((*name).to_owned(), facts)
        })
        .collect();
    json!({"version": 0, "attributes": attributes})
}

fn resource_page(resource: &ResourceDescription) -> Json {
    json!({
        "group": resource.group,
        "description": resource.schema.description,
        "attributes": annotated_all(&resource.schema.attributes),
        "identity": identity(resource)["attributes"],
        "import": resource.import,
        "timeouts": resource.timeouts.as_ref().map(timeouts),
    })
}

fn data_source_page(source: &DataSourceDescription) -> Json {
    json!({
        "group": source.group,
        "description": source.schema.description,
        "attributes": annotated_all(&source.schema.attributes),
    })
}

fn timeouts(timeouts: &Timeouts) -> Json {
    let text = |duration| humantime::format_duration(duration).to_string();
    json!({
        "create": text(timeouts.create),
        "read": text(timeouts.read),
        "update": text(timeouts.update),
        "delete": text(timeouts.delete),
    })
}

/// A list, so that the order of the struct survives.
fn annotated_all(attributes: &[Attribute]) -> Vec<Json> {
    attributes.iter().map(annotated_one).collect()
}

fn annotated_one(attribute: &Attribute) -> Json {
    let mut fields = one(attribute);
    fields.insert("name".into(), attribute.name.into());
    if let Kind::Nested(nesting, attributes) = &attribute.kind {
        fields.insert(
            "nested_type".into(),
            json!({"attributes": annotated_all(attributes), "nesting_mode": mode(*nesting)}),
        );
    }
    let class = match &attribute.class {
        Class::Required => "required",
        Class::Optional { .. } => "optional",
        Class::Setting { .. } => "setting",
        Class::Creation { .. } => "creation",
        Class::Computed { .. } => "computed",
        Class::WriteOnly { .. } => "write_only",
    };
    fields.insert("class".into(), class.into());
    match &attribute.class {
        Class::Optional { default: Some(value) } => {
            fields.insert("default".into(), value_json(value, &attribute.kind));
        }
        Class::Setting { absent, keep } => {
            if let Some(value) = absent {
                fields.insert("server_default".into(), value_json(value, &attribute.kind));
            }
            if *keep {
                fields.insert("keep".into(), true.into());
            }
        }
        Class::Creation { required: true } => {
            fields.insert("required_to_create".into(), true.into());
        }
        Class::Computed { until } if !until.is_empty() => {
            fields.insert("until".into(), (*until).into());
        }
        Class::WriteOnly { version: Some(version) } => {
            fields.insert("version_attribute".into(), (*version).into());
        }
        _ => {}
    }
    if attribute.replace {
        fields.insert("replace".into(), true.into());
    }
    if let Some(since) = attribute.since {
        fields.insert("since".into(), since.into());
    }
    if let Some(message) = attribute.deprecated {
        fields.insert("deprecation_message".into(), message.into());
    }
    let Constraint { allowed, range, form } = &attribute.constraint;
    if !allowed.is_empty() {
        fields.insert("allowed".into(), allowed.clone().into());
    }
    if let Some((least, most)) = range {
        fields.insert("range".into(), json!([least, most]));
    }
    if let Some(form) = form {
        fields.insert("form".into(), (*form).into());
    }
    Json::Object(fields)
}

fn value_json(value: &crate::cty::Value, kind: &Kind) -> Json {
    let text = value.to_json(&kind.ty()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(Json::Null)
}

//! The schemas as JSON: what `terraform providers schema -json` prints, and the same with what the
//! documentation needs beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Server;
use crate::erased::{
    ActionDescription, DataSourceDescription, FunctionDescription, ResourceDescription,
};
use crate::function::Parameter;
use crate::schema::{Attribute, Class, Constraint, Kind, Nesting, Rule, Schema};
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
    let mut provider = Map::new();
    provider.insert("provider".into(), plain(&Server::<P>::provider_schema()));
    provider.insert("resource_schemas".into(), json!(resources));
    provider.insert("data_source_schemas".into(), json!(data_sources));
    provider.insert("resource_identity_schemas".into(), json!(identities));
    let ephemeral: BTreeMap<_, _> = registry
        .ephemeral_resources
        .iter()
        .map(|(name, ephemeral)| (name, plain(&ephemeral.description().schema)))
        .collect();
    let lists: BTreeMap<_, _> = registry
        .list_resources
        .iter()
        .map(|(name, list)| (name, arguments(&list.description().schema)))
        .collect();
    let actions: BTreeMap<_, _> = registry
        .actions
        .iter()
        .map(|(name, action)| {
            let mut schema = arguments(&action.description().schema);
            // Nothing of an action is stored, and so it has no version.
            schema.as_object_mut().map(|schema| schema.remove("version"));
            (name, schema)
        })
        .collect();
    let functions: BTreeMap<_, _> =
        registry.functions.iter().map(|(name, one)| (name, function(one.description()))).collect();
    // Terraform leaves out the kinds of which there is none.
    let kinds = [
        ("ephemeral_resource_schemas", json!(ephemeral)),
        ("list_resource_schemas", json!(lists)),
        ("action_schemas", json!(actions)),
        ("functions", json!(functions)),
    ];
    let kinds =
        kinds.into_iter().filter(|(_, all)| all.as_object().is_some_and(|all| !all.is_empty()));
    provider.extend(kinds.map(|(name, all)| (name.to_owned(), all)));
    json!({"format_version": "1.0", "provider_schemas": {P::ADDRESS: provider}})
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
    let ephemeral_resources: BTreeMap<_, _> = registry
        .ephemeral_resources
        .iter()
        .map(|(name, ephemeral)| (name, data_source_page(ephemeral.description())))
        .collect();
    let list_resources: BTreeMap<_, _> = registry
        .list_resources
        .iter()
        .map(|(name, list)| (name, data_source_page(list.description())))
        .collect();
    let actions: BTreeMap<_, _> = registry
        .actions
        .iter()
        .map(|(name, action)| (name, action_page(action.description())))
        .collect();
    let functions: BTreeMap<_, _> = registry
        .functions
        .iter()
        .map(|(name, function)| (name, function_page(function.description())))
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
        "ephemeral_resources": ephemeral_resources,
        "list_resources": list_resources,
        "actions": actions,
        "functions": functions,
    })
}

fn plain(schema: &Schema) -> Json {
    let block = block(&schema.attributes, &schema.description, schema.deprecated);
    json!({"version": schema.version, "block": block})
}

/// What is in a block. Terraform leaves out what is empty or false.
fn block(attributes: &[Attribute], description: &str, deprecated: Option<&str>) -> Json {
    let mut fields = Map::new();
    let (blocks, plain): (Vec<_>, Vec<_>) = attributes.iter().partition(|one| one.is_block());
    if !plain.is_empty() {
        fields.insert("attributes".into(), all(plain).into());
    }
    if !blocks.is_empty() {
        let blocks = blocks.into_iter().map(|one| (one.name.to_owned(), nested_block(one)));
        fields.insert("block_types".into(), blocks.collect::<Map<_, _>>().into());
    }
    fields.insert("description".into(), description.into());
    fields.insert("description_kind".into(), "markdown".into());
    if let Some(message) = deprecated {
        fields.insert("deprecated".into(), true.into());
        fields.insert("deprecation_message".into(), message.into());
    }
    Json::Object(fields)
}

fn nested_block(attribute: &Attribute) -> Json {
    let Kind::Nested(nesting, attributes) = &attribute.kind else { return Json::Null };
    let mut fields = items(attribute);
    fields.insert("nesting_mode".into(), block_mode(attribute, *nesting).into());
    let block = block(attributes, attribute.description, attribute.deprecated);
    fields.insert("block".into(), block);
    Json::Object(fields)
}

/// How often a block must and may be there.
fn items(attribute: &Attribute) -> Map<String, Json> {
    let block = attribute.block.unwrap_or_default();
    let items = [("min_items", block.min_items), ("max_items", block.max_items)];
    let items = items.into_iter().filter(|(_, number)| *number > 0);
    items.map(|(name, number)| (name.to_owned(), number.into())).collect()
}

fn block_mode(attribute: &Attribute, nesting: Nesting) -> &'static str {
    if attribute.is_group() { "group" } else { mode(nesting) }
}

/// A schema whose defaults are known to the provider alone.
fn arguments(schema: &Schema) -> Json {
    let mut arguments = plain(schema);
    never_computed_block(&mut arguments["block"]);
    arguments
}

fn never_computed_block(block: &mut Json) {
    if let Some(attributes) = block.get_mut("attributes") {
        never_computed(attributes);
    }
    let blocks = block.get_mut("block_types").and_then(Json::as_object_mut);
    for nested in blocks.into_iter().flat_map(|all| all.values_mut()) {
        never_computed_block(&mut nested["block"]);
    }
}

fn never_computed(attributes: &mut Json) {
    for attribute in attributes.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        if let Some(fields) = attribute.as_object_mut() {
            fields.remove("computed");
            if let Some(nested) = fields.get_mut("nested_type") {
                never_computed(&mut nested["attributes"]);
            }
        }
    }
}

fn all<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Map<String, Json> {
    attributes.into_iter().map(|a| (a.name.to_owned(), Json::Object(one(a)))).collect()
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
    if let Some(message) = attribute.deprecated {
        fields.insert("deprecation_message".into(), message.into());
    }
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
    json!({"version": resource.identity_version, "attributes": attributes})
}

fn resource_page(resource: &ResourceDescription) -> Json {
    json!({
        "group": resource.group,
        "description": resource.schema.description,
        "deprecation_message": resource.schema.deprecated,
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
        "deprecation_message": source.schema.deprecated,
        "attributes": annotated_all(&source.schema.attributes),
    })
}

fn action_page(action: &ActionDescription) -> Json {
    json!({
        "group": action.group,
        "description": action.schema.description,
        "deprecation_message": action.schema.deprecated,
        "attributes": annotated_all(&action.schema.attributes),
        "timeout": humantime::format_duration(action.timeout).to_string(),
    })
}

fn function(function: &FunctionDescription) -> Json {
    let parameter = |parameter: &Parameter| {
        let mut fields = Map::new();
        fields.insert("name".into(), parameter.name.into());
        fields.insert("description".into(), parameter.description.into());
        fields.insert("type".into(), parameter.ty.to_json());
        if parameter.nullable {
            fields.insert("is_nullable".into(), true.into());
        }
        Json::Object(fields)
    };
    let mut fields = Map::new();
    fields.insert("description".into(), function.description.into());
    fields.insert("summary".into(), function.summary().into());
    fields.insert("return_type".into(), function.output.to_json());
    if let Some(message) = function.deprecated {
        fields.insert("deprecation_message".into(), message.into());
    }
    if !function.parameters.is_empty() {
        let parameters = function.parameters.iter().map(parameter).collect();
        fields.insert("parameters".into(), Json::Array(parameters));
    }
    if let Some(variadic) = &function.variadic {
        fields.insert("variadic_parameter".into(), parameter(variadic));
    }
    Json::Object(fields)
}

fn function_page(described: &FunctionDescription) -> Json {
    let mut page = function(described);
    page["group"] = described.group.into();
    page
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
    attributes.iter().map(|attribute| annotated_one(attribute, attributes)).collect()
}

/// One attribute among those `beside` it.
fn annotated_one(attribute: &Attribute, beside: &[Attribute]) -> Json {
    let mut fields = one(attribute);
    let rules = Rule::of(attribute.name, beside);
    let rules: Vec<Json> =
        rules.map(|rule| json!({"relation": rule.relation.word(), "names": rule.names})).collect();
    if !rules.is_empty() {
        fields.insert("rules".into(), rules.into());
    }
    fields.insert("name".into(), attribute.name.into());
    if let Kind::Nested(nesting, attributes) = &attribute.kind {
        fields.insert(
            "nested_type".into(),
            json!({
                "attributes": annotated_all(attributes),
                "nesting_mode": block_mode(attribute, *nesting),
            }),
        );
    }
    if attribute.is_block() {
        fields.insert("block".into(), items(attribute).into());
    }
    let class = match &attribute.class {
        Class::Required => "required",
        Class::Optional { .. } => "optional",
        Class::Setting { .. } => "setting",
        Class::Creation { .. } => "creation",
        Class::Computed { .. } => "computed",
        Class::WriteOnly { .. } => "write_only",
        Class::Block => "block",
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

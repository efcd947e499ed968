//! The framework's terms as protocol messages. Nothing beyond this folder knows a message.

use tf_provider_protocol::proto;

use crate::cty::{Path, Type};
use crate::erased::{FunctionDescription, ResourceDescription};
use crate::function::Parameter;
use crate::schema::{Attribute, Kind, Nesting, Schema};
use crate::{Diagnostic, Severity};

pub(super) fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            version: schema.version,
            attributes: schema.attributes.iter().map(attribute).collect(),
            description: schema.description.clone(),
            description_kind: proto::StringKind::Markdown.into(),
            ..Default::default()
        }),
    }
}

/// The schema of arguments that nothing answers: their defaults are known to the provider alone.
pub(super) fn arguments(schema: &Schema) -> proto::Schema {
    let mut arguments = self::schema(schema);
    for attribute in arguments.block.iter_mut().flat_map(|block| &mut block.attributes) {
        never_computed(attribute);
    }
    arguments
}

fn never_computed(attribute: &mut proto::schema::Attribute) {
    attribute.computed = false;
    for nested in attribute.nested_type.iter_mut().flat_map(|nested| &mut nested.attributes) {
        never_computed(nested);
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (ty, nested_type) = match &attribute.kind {
        Kind::Plain(ty) => (ty.to_json_bytes(), None),
        Kind::Nested(nesting, attributes) => (vec![], Some(object(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: ty,
        nested_type,
        description: attribute.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.required(),
        optional: attribute.optional(),
        computed: attribute.computed(),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.unwrap_or_default().to_owned(),
        write_only: attribute.write_only(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Map => NestingMode::Map,
        Nesting::Set => NestingMode::Set,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}

pub(super) fn identity_schema(resource: &ResourceDescription) -> proto::ResourceIdentitySchema {
    let attributes = resource.identity.iter().map(|(name, ty, description)| {
        proto::resource_identity_schema::IdentityAttribute {
            name: (*name).to_owned(),
            r#type: ty.to_json_bytes(),
            required_for_import: true,
            optional_for_import: false,
            description: (*description).to_owned(),
        }
    });
    proto::ResourceIdentitySchema {
        version: resource.identity_version,
        identity_attributes: attributes.collect(),
    }
}

pub(super) fn function(function: &FunctionDescription) -> proto::Function {
    proto::Function {
        parameters: function.parameters.iter().map(parameter).collect(),
        variadic_parameter: function.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return { r#type: function.output.to_json_bytes() }),
        summary: function.summary(),
        description: function.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.ty.to_json_bytes(),
        allow_null_value: parameter.nullable,
        allow_unknown_values: parameter.unknown,
        description: parameter.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}

/// The type of a resource's identity.
pub(super) fn identity_type(resource: &ResourceDescription) -> Type {
    Type::object(resource.identity.iter().map(|(name, ty, _)| (*name, ty.clone())))
}

/// The attribute at the top: Terraform finds no line for what is inside an attribute.
fn shown(path: &Path) -> proto::AttributePath {
    let top: Path = path.steps().iter().take(1).cloned().collect();
    (&top).into()
}

/// The detail, with the place in it where that is inside an attribute.
fn located(diagnostic: &Diagnostic) -> String {
    let detail = diagnostic.full_detail();
    let Some(path) = diagnostic.path().filter(|path| path.steps().len() > 1) else { return detail };
    let place = format!("`{path}`");
    if detail.contains(&place) || diagnostic.summary().contains(&place) {
        return detail;
    }
    match detail.is_empty() {
        true => format!("It is about {place}."),
        false => format!("{detail}\n\nIt is about {place}."),
    }
}

pub(super) fn diagnostic(diagnostic: &Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity() {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary().to_owned(),
        detail: located(diagnostic),
        attribute: diagnostic.path().map(shown),
    }
}

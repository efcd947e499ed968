//! The framework's terms as protocol messages. Nothing beyond this folder knows a message.

use tf_provider_protocol::proto;

use crate::cty::{Path, Step, Type};
use crate::erased::{FunctionDescription, ResourceDescription};
use crate::function::Parameter;
use crate::schema::{Attribute, Block, Kind, Nesting, Schema};
use crate::{Diagnostic, Severity};

pub(super) fn schema(schema: &Schema) -> proto::Schema {
    let mut root = block(&schema.attributes);
    root.version = schema.version;
    root.description.clone_from(&schema.description);
    root.deprecated = schema.deprecated.is_some();
    root.deprecation_message = schema.deprecated.unwrap_or_default().to_owned();
    proto::Schema { version: schema.version, block: Some(root) }
}

/// The schema of arguments that nothing answers: their defaults are known to the provider alone.
pub(super) fn arguments(schema: &Schema) -> proto::Schema {
    let mut arguments = self::schema(schema);
    arguments.block.iter_mut().for_each(never_computed_block);
    arguments
}

fn never_computed_block(block: &mut proto::schema::Block) {
    block.attributes.iter_mut().for_each(never_computed);
    let blocks = block.block_types.iter_mut().flat_map(|nested| &mut nested.block);
    blocks.for_each(never_computed_block);
}

fn never_computed(attribute: &mut proto::schema::Attribute) {
    attribute.computed = false;
    for nested in attribute.nested_type.iter_mut().flat_map(|nested| &mut nested.attributes) {
        never_computed(nested);
    }
}

/// What is in a block: attributes, and blocks.
fn block(attributes: &[Attribute]) -> proto::schema::Block {
    proto::schema::Block {
        attributes: attributes.iter().filter(|one| !one.is_block()).map(attribute).collect(),
        block_types: attributes.iter().filter_map(nested_block).collect(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn nested_block(attribute: &Attribute) -> Option<proto::schema::NestedBlock> {
    use proto::schema::nested_block::NestingMode;
    let (nesting, attributes) = attribute.kind.nested()?;
    let Block { group, min_items, max_items } = attribute.block?;
    let nesting = match nesting {
        Nesting::Single if group => NestingMode::Group,
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Map => NestingMode::Map,
        Nesting::Set => NestingMode::Set,
    };
    let mut block = block(attributes);
    block.description = attribute.description.to_owned();
    block.deprecated = attribute.deprecated.is_some();
    block.deprecation_message = attribute.deprecated.unwrap_or_default().to_owned();
    block.computed = attribute.is_computed_block();
    Some(proto::schema::NestedBlock {
        type_name: attribute.name.to_owned(),
        block: Some(block),
        nesting: nesting.into(),
        min_items: min_items.into(),
        max_items: max_items.into(),
    })
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
        deprecation_message: function.deprecated.unwrap_or_default().to_owned(),
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

/// The attribute at the top: Terraform finds no line for what is inside an attribute. It prints all lines
/// of that attribute as the user's file has them, so that nothing is shown of one that may hold a secret.
fn shown(path: &Path, attributes: &[Attribute]) -> Option<proto::AttributePath> {
    let Some(Step::Attribute(name)) = path.steps().first() else { return None };
    let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
    (!attribute.holds_secret()).then(|| (&Path::from(attribute.name)).into())
}

/// The detail, with the place in it where Terraform does not show it.
fn located(diagnostic: &Diagnostic, attributes: &[Attribute]) -> String {
    let detail = diagnostic.full_detail();
    let shown_whole = |path: &Path| path.steps().len() == 1 && shown(path, attributes).is_some();
    let Some(path) = diagnostic.path().filter(|path| !path.is_root() && !shown_whole(path)) else {
        return detail;
    };
    let place = format!("`{path}`");
    if detail.contains(&place) || diagnostic.summary().contains(&place) {
        return detail;
    }
    match detail.is_empty() {
        true => format!("It is about {place}."),
        false => format!("{detail}\n\nIt is about {place}."),
    }
}

/// A diagnostic about a configuration of these attributes.
pub(super) fn diagnostic(diagnostic: &Diagnostic, attributes: &[Attribute]) -> proto::Diagnostic {
    let severity = match diagnostic.severity() {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary().to_owned(),
        detail: located(diagnostic, attributes),
        attribute: diagnostic.path().and_then(|path| shown(path, attributes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Class;

    /// What Terraform prints of `proxmox = { …, api_token = "…" }` is all of its lines.
    #[test]
    fn nothing_points_at_what_may_hold_a_secret() {
        let mut token = Attribute::of::<String>("token", Class::Required);
        token.sensitive = true;
        let mut login = Attribute::of::<String>("login", Class::Required);
        login.kind = Kind::Nested(Nesting::Map, vec![token.clone()]);
        let password = Attribute::of::<String>("password", Class::WriteOnly { version: None });
        let name = Attribute::of::<String>("name", Class::Required);
        let attributes = [token, login, password, name];
        let cases = [
            (Path::from("name"), Some("name"), "Why."),
            (Path::from("name").index(0), Some("name"), "Why.\n\nIt is about `name[0]`."),
            (Path::from("token"), None, "Why.\n\nIt is about `token`."),
            (Path::from("password"), None, "Why.\n\nIt is about `password`."),
            (
                Path::from("login").key("a").attribute("user"),
                None,
                "Why.\n\nIt is about `login[\"a\"].user`.",
            ),
            // Whatever this is, nobody knows what it holds.
            (Path::from("other"), None, "Why.\n\nIt is about `other`."),
            (Path::root(), None, "Why."),
        ];
        for (path, shown, detail) in cases {
            let said = Diagnostic::error("No").detail("Why.").at(path.clone());
            let said = diagnostic(&said, &attributes);
            let expected = shown.map(|name| (&Path::from(name)).into());
            assert_eq!((said.attribute, said.detail.as_str()), (expected, detail), "{path}");
        }
    }
}

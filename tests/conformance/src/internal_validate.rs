//! What core refuses in a schema, before it does anything else.

use std::collections::BTreeSet;

use tf_provider::cty::{Path, Type};
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::schema::nested_block::NestingMode as BlockNesting;
use tf_provider_protocol::proto::schema::object::NestingMode as ObjectNesting;
use tf_provider_protocol::proto::schema::{Attribute, Block, NestedBlock};

use crate::outcome::Report;
use crate::rule::Rule;

/// What a schema is for: each reserves other names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    Provider,
    Resource,
    DataSource,
    /// Core puts it into a block of its own, where every name is free.
    Nested,
}

impl Purpose {
    /// Arguments that Terraform takes for itself before a provider sees the block.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Nested => &[],
            Self::Provider => &["alias", "version"],
            Self::Resource | Self::DataSource => &[
                "connection",
                "count",
                "depends_on",
                "for_each",
                "lifecycle",
                "provider",
                "provisioner",
            ],
        }
    }
}

/// Reports what core refuses in a schema.
pub(crate) fn schema(schema: Option<&proto::Schema>, purpose: Purpose, report: &mut Report) {
    let Some(root) = schema.and_then(|schema| schema.block.as_ref()) else {
        return report.broken(Rule::MissingProviderSchema, &Path::root());
    };
    let attributes = root.attributes.iter().map(|attribute| &attribute.name);
    let blocks = root.block_types.iter().map(|block| &block.type_name);
    for name in attributes.chain(blocks) {
        if purpose.reserved().contains(&name.as_str()) {
            report.broken(Rule::ReservedName, &Path::root().attribute(name));
        }
    }
    block(root, &Path::root(), Place::default(), report);
}

/// What surrounds an attribute.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    in_set: bool,
    in_computed_block: bool,
}

fn block(of: &Block, path: &Path, place: Place, report: &mut Report) {
    let place = Place { in_computed_block: place.in_computed_block || of.computed, ..place };
    if !of.deprecated && !of.deprecation_message.is_empty() {
        report.broken(Rule::DeprecationMessage, path);
    }
    let mut names = BTreeSet::new();
    attributes(&of.attributes, path, place, &mut names, report);
    for nested in &of.block_types {
        let path = path.clone().attribute(&nested.type_name);
        name(&nested.type_name, &path, &mut names, report);
        items(nested, &path, report);
        let in_set = place.in_set || nested.nesting() == BlockNesting::Set;
        match &nested.block {
            Some(inner) if place.in_computed_block && !inner.computed => {
                report.broken(Rule::ComputedBlock, &path);
                block(inner, &path, Place { in_set, ..place }, report);
            }
            Some(inner) => block(inner, &path, Place { in_set, ..place }, report),
            None => report.broken(Rule::AttributeType, &path),
        }
    }
}

fn items(nested: &NestedBlock, path: &Path, report: &mut Report) {
    let (least, most) = (nested.min_items, nested.max_items);
    let fits = match nested.nesting() {
        BlockNesting::Invalid => return report.broken(Rule::NestingMode, path),
        BlockNesting::Single => least == most && (0..=1).contains(&least),
        BlockNesting::Group | BlockNesting::Map => least == 0 && most == 0,
        BlockNesting::List | BlockNesting::Set => {
            least >= 0 && most >= 0 && (most == 0 || least <= most)
        }
    };
    if !fits {
        report.broken(Rule::BlockItems, path);
    }
}

fn name(name: &str, path: &Path, names: &mut BTreeSet<String>, report: &mut Report) {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(valid) {
        report.broken(Rule::AttributeName, path);
    }
    if !names.insert(name.to_owned()) {
        report.broken(Rule::DuplicateName, path);
    }
}

fn attributes(
    of: &[Attribute],
    path: &Path,
    place: Place,
    names: &mut BTreeSet<String>,
    report: &mut Report,
) {
    for one in of {
        let path = path.clone().attribute(&one.name);
        name(&one.name, &path, names, report);
        attribute(one, &path, place, report);
    }
}

fn attribute(one: &Attribute, path: &Path, place: Place, report: &mut Report) {
    let class = (one.required, one.optional, one.computed);
    if !matches!(
        class,
        (true, false, false) | (false, true, false) | (false, false, true) | (false, true, true)
    ) {
        report.broken(Rule::AttributeClass, path);
    }
    if place.in_computed_block && !one.computed {
        report.broken(Rule::ComputedBlock, path);
    }
    if one.write_only && one.computed {
        report.broken(Rule::WriteOnlyComputed, path);
    }
    if one.write_only && place.in_set {
        report.broken(Rule::WriteOnlyInSet, path);
    }
    if !one.deprecated && !one.deprecation_message.is_empty() {
        report.broken(Rule::DeprecationMessage, path);
    }
    match (&one.nested_type, one.r#type.is_empty()) {
        (None, false) => match Type::from_json_bytes(&one.r#type) {
            Ok(ty) if holds_dynamic(&ty, place.in_set) => report.broken(Rule::DynamicInSet, path),
            Ok(_) => {}
            Err(_) => report.broken(Rule::AttributeType, path),
        },
        (Some(nested), true) => {
            let nesting = nested.nesting();
            if nesting == ObjectNesting::Invalid {
                report.broken(Rule::NestingMode, path);
            }
            let in_set = place.in_set || nesting == ObjectNesting::Set;
            let mut names = BTreeSet::new();
            let place = Place { in_set, in_computed_block: false };
            attributes(&nested.attributes, path, place, &mut names, report);
        }
        _ => report.broken(Rule::AttributeType, path),
    }
}

/// Whether a value of type dynamic may be inside a set.
fn holds_dynamic(ty: &Type, in_set: bool) -> bool {
    match ty {
        Type::Dynamic => in_set,
        Type::Set(element) => holds_dynamic(element, true),
        Type::List(element) | Type::Map(element) => holds_dynamic(element, in_set),
        Type::Object(attributes) => attributes.values().any(|ty| holds_dynamic(ty, in_set)),
        Type::Tuple(types) => types.iter().any(|ty| holds_dynamic(ty, in_set)),
        _ => false,
    }
}

/// Reports what is wrong with the schema of an identity.
pub(crate) fn identity(schema: &proto::ResourceIdentitySchema, report: &mut Report) {
    if schema.identity_attributes.is_empty() || schema.version < 0 {
        report.broken(Rule::IdentitySchema, &Path::root());
    }
    let mut names = BTreeSet::new();
    for attribute in &schema.identity_attributes {
        let path = Path::root().attribute(&attribute.name);
        name(&attribute.name, &path, &mut names, report);
        let primitive = |ty: &Type| matches!(ty, Type::Bool | Type::Number | Type::String);
        let fit = match Type::from_json_bytes(&attribute.r#type) {
            Ok(Type::List(element)) => primitive(&element),
            Ok(ty) => primitive(&ty),
            Err(_) => false,
        };
        // One of the two: an import must know whether it may leave it out.
        if !fit || attribute.required_for_import == attribute.optional_for_import {
            report.broken(Rule::IdentitySchema, &path);
        }
    }
}

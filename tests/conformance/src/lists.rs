//! List resources.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use tf_provider::cty::{Path, Type, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, answered, encode};
use crate::objects;
use crate::outcome::{Outcome, Report, Severity};
use crate::rule::Rule;
use crate::schema::{Attribute, Kind, Schema};

/// One object that was found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listed {
    /// What identifies it.
    pub identity: Value,
    /// What it is called.
    pub display_name: String,
    /// The whole object, where it was asked for.
    pub object: Option<Value>,
}

impl Core {
    /// The schemas of the list resources, by type.
    pub fn list_schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.lists.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Checks a list block.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn validate_list(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let valid = self.validating_list(type_name, config, &mut report).await;
        report.finish(valid)
    }

    async fn validating_list(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        let ty = self.lists[type_name].ty();
        report.answering("ValidateListResourceConfig");
        let request = proto::validate_list_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.lists[type_name]), &ty)),
            include_resource_object: Some(encode(&Value::Bool(true), &Type::Bool)),
            limit: Some(encode(&100.into(), &Type::Number)),
        };
        let answer = self.service.validate_list_resource_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Finds objects, `limit` at most; whole ones or but their identities.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn list(
        &self,
        type_name: &str,
        config: &Value,
        limit: usize,
        whole: bool,
    ) -> Outcome<Vec<Listed>> {
        let mut report = Report::new(type_name);
        let listed = self.listing(type_name, config, limit, whole, &mut report).await;
        report.finish(listed)
    }

    async fn listing(
        &self,
        type_name: &str,
        config: &Value,
        limit: usize,
        whole: bool,
        report: &mut Report,
    ) -> Option<Vec<Listed>> {
        self.validating_list(type_name, config, report).await?;
        let ty = self.lists[type_name].ty();
        let resource = self.resource(type_name);
        report.answering("ListResource");
        let request = proto::list_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.lists[type_name]), &ty)),
            include_resource_object: whole,
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let answer = self.service.list_resource(Request::new(request)).await;
        let mut events = answered(answer, report)?;
        let mut found = vec![];
        while let Some(event) = events.next().await {
            let Ok(event) = event else {
                report.broken(Rule::GrpcError, &Path::root());
                return None;
            };
            if report.messages(&event.diagnostic, &ty) {
                return None;
            }
            let warned = event
                .diagnostic
                .iter()
                .any(|one| one.severity() == proto::diagnostic::Severity::Warning);
            // A warning may come without an object.
            if warned && event.identity.is_none() {
                continue;
            }
            let identity = resource.read_identity(event.identity.as_ref(), None, false, report);
            let Some(identity) = identity else { continue };
            if event.display_name.is_empty() {
                report.broken(Rule::ListedName, &Path::root());
            }
            if !whole && event.resource_object.is_some() {
                report.broken(Rule::ListedObject, &Path::root());
            }
            if whole && event.resource_object.is_none() && !warned {
                report.broken(Rule::ListedObject, &Path::root());
            }
            let object = match &event.resource_object {
                None => None,
                Some(object) => report.decode(Some(object), &resource.ty),
            };
            if let Some(object) = &object {
                objects::assert_known(object, Rule::UnknownAfterApply, report);
                objects::assert_write_only_null(&resource.schema.block, object, report);
            }
            found.push(Listed { identity, display_name: event.display_name, object });
        }
        if found.len() > limit {
            report.broken(Rule::ListedTooMany, &Path::root());
        }
        Some(found)
    }

    /// Makes a configuration of an object, as `terraform query -generate-config-out` does; it must be a
    /// valid one.
    ///
    /// # Panics
    /// When there is no such type, or the object is none of it.
    pub async fn generate(&self, type_name: &str, object: &Value) -> Outcome<Value> {
        let mut report = Report::new(type_name);
        let config = self.generating(type_name, object, &mut report).await;
        report.finish(config)
    }

    async fn generating(
        &self,
        type_name: &str,
        object: &Value,
        report: &mut Report,
    ) -> Option<Value> {
        let resource = self.resource(type_name);
        report.answering("GenerateResourceConfig");
        let request = proto::generate_resource_config::Request {
            type_name: type_name.to_owned(),
            state: Some(encode(object, &resource.ty)),
        };
        let answer = self.service.generate_resource_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, &resource.ty) {
            return None;
        }
        let config = report.decode(answer.config.as_ref(), &resource.ty)?;
        left_out(&resource.schema.block.attributes, &config, &Path::root(), report);
        let valid = self.validate(type_name, &config).await;
        for message in valid.messages.iter().filter(|one| one.severity == Severity::Error) {
            // What no state knows may be missing.
            let path = message.path.clone().unwrap_or_default();
            let secret = resource.schema.block.attributes.values().any(|one| one.write_only);
            if path.is_root() && secret {
                continue;
            }
            if config.get(&path).is_some_and(|value| !value.is_null()) {
                report.broken(Rule::GeneratedConfiguration, &path);
            }
        }
        Some(config)
    }
}

/// Reports what a generated configuration should have left out, at any depth.
fn left_out(
    attributes: &BTreeMap<String, Attribute>,
    config: &Value,
    path: &Path,
    report: &mut Report,
) {
    for (name, attribute) in attributes {
        let (value, path) = (crate::proposed::part(config, name), path.clone().attribute(name));
        let configurable = attribute.required || attribute.optional;
        let left_out = !configurable || attribute.write_only || attribute.deprecated;
        if left_out && !attribute.required && !value.is_null() {
            report.broken(Rule::GeneratedConfiguration, &path);
        }
        if let Kind::Nested(_, nested) = &attribute.kind {
            objects::each_object(value, &path, &mut |value, path| {
                self::left_out(nested, value, path, report);
            });
        }
    }
}

//! Taking over what is there: the states of other types, and configurations out of states.

use serde_json::{Map, Value as Json};
use tf_provider_protocol::proto;

use super::resource::encode_identity;
use super::{Server, decode_object, encode, recheck};
use crate::cty::{Path, Value as CtyValue};
use crate::engine::{block, rules, upgrade};
use crate::erased::AnyResource;
use crate::schema::{Attribute, Class, Object};
use crate::{Diagnostic, Private, Provider, Result, Source};

/// What a resource itself objects to is found one by one; there is never more than this.
const ROUNDS: usize = 100;

impl<P: Provider> Server<P> {
    pub(super) fn move_state(
        &self,
        request: proto::move_resource_state::Request,
    ) -> Result<proto::move_resource_state::Response> {
        let resource = self.resource(&request.target_type_name)?;
        let description = resource.description();
        let raw = request.source_state.unwrap_or_default();
        let state: Map<String, Json> = serde_json::from_slice(&raw.json).map_err(|error| {
            Diagnostic::error(format!("The state of {} cannot be read", request.source_type_name))
                .detail(error.to_string())
        })?;
        let mut source = Source::new(
            request.source_provider_address,
            request.source_type_name,
            request.source_schema_version,
            state,
        );
        // The other provider's private state is its own business.
        let raw = request.source_identity.unwrap_or_default();
        if !raw.json.is_empty() {
            source.identity = serde_json::from_slice(&raw.json).unwrap_or_default();
        }
        let taken = resource.take_over(&source)?.ok_or_else(|| {
            let Source { provider, type_name, .. } = &source;
            Diagnostic::error(format!("{} does not take over {type_name}", description.name))
                .detail(format!("The state is of {type_name} of the provider {provider}."))
                .hint(format!(
                    "remove it with a `removed` block and `import` it as {}",
                    description.name
                ))
        })?;
        let unknown = taken.keys().find(|name| description.schema.attribute(name).is_none());
        if let Some(name) = unknown {
            let summary = format!("Bug in the provider: {} has no `{name}`", description.name);
            return Err(Diagnostic::error(summary));
        }
        let json = serde_json::to_vec(&taken)?;
        let version = description.schema.version;
        let state = upgrade::upgrade(&json, &description.ty, (version, version), |_, _| Ok(()))?;
        let mut state = state.as_object().cloned().unwrap_or_default();
        block::complete(&description.schema.attributes, &mut state);
        upgrade::drop_secrets(&description.schema.attributes, &mut state);
        let identity = resource.identity(&state)?;
        // The read that follows adopts it, as after an import.
        let mut private = Private::default();
        private.set_imported(true);
        Ok(proto::move_resource_state::Response {
            target_state: Some(encode(&CtyValue::Object(state), &description.ty)?),
            target_private: private.encode(),
            target_identity: Some(encode_identity(&identity, description)?),
            diagnostics: vec![],
        })
    }

    pub(super) fn generate_config(
        &self,
        request: &proto::generate_resource_config::Request,
    ) -> Result<proto::generate_resource_config::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let attributes = &description.schema.attributes;
        let state = decode_object(request.state.as_ref(), &description.ty, "state")?;
        let mut config = configurable(attributes, &state.unwrap_or_default());
        for _ in 0..ROUNDS {
            let Some(culprit) = culprit(resource, attributes, &config) else { break };
            let Some(slot) = get_mut(&mut config, &culprit) else { break };
            *slot = CtyValue::Null;
            block::complete(attributes, &mut config);
        }
        Ok(proto::generate_resource_config::Response {
            config: Some(encode(&CtyValue::Object(config), &description.ty)?),
            diagnostics: vec![],
        })
    }
}

/// What a configuration may hold of a state.
fn configurable(attributes: &[Attribute], state: &Object) -> Object {
    let values = attributes.iter().map(|attribute| {
        let value = state.get(attribute.name).unwrap_or(&CtyValue::Null);
        let left_out = match &attribute.class {
            Class::Computed { .. } | Class::WriteOnly { .. } => true,
            // A default says nothing.
            Class::Optional { default } => default.as_ref() == Some(value),
            Class::Required => false,
            Class::Setting { .. } | Class::Creation { .. } | Class::Block => false,
        };
        let left_out = left_out || (attribute.deprecated.is_some() && !attribute.required());
        let value = if left_out { attribute.none() } else { nested(attribute, value) };
        (attribute.name.to_owned(), value)
    });
    let mut config = values.collect();
    rules::settle(attributes, &mut config);
    config
}

fn nested(attribute: &Attribute, value: &CtyValue) -> CtyValue {
    let Some((_, attributes)) = attribute.kind.nested() else { return value.clone() };
    let one = |value: &CtyValue| match value {
        CtyValue::Object(object) => CtyValue::Object(configurable(attributes, object)),
        other => other.clone(),
    };
    match value {
        CtyValue::Map(elements) => {
            CtyValue::Map(elements.iter().map(|(key, value)| (key.clone(), one(value))).collect())
        }
        CtyValue::List(elements) => CtyValue::List(elements.iter().map(one).collect()),
        CtyValue::Set(elements) => CtyValue::set(elements.iter().map(one).collect()),
        other => one(other),
    }
}

/// The place of the first error of a configuration, where it can be left out.
fn culprit<C>(
    resource: &dyn AnyResource<C>,
    attributes: &[Attribute],
    config: &Object,
) -> Option<Path> {
    let errors = recheck::errors(resource, config);
    let mut places = errors.iter().filter_map(Diagnostic::path);
    places.find_map(|path| dispensable(attributes, config, path))
}

/// The path, or the nearest one around it, whose value a configuration may be without.
fn dispensable(attributes: &[Attribute], config: &Object, path: &Path) -> Option<Path> {
    let mut found = None;
    let mut attributes = attributes;
    let mut at = Path::root();
    for step in path.steps() {
        at = at.join(&step.clone().into());
        if let crate::cty::Step::Attribute(name) = step {
            let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
            let there = CtyValue::Object(config.clone());
            let there = there.get(&at).is_some_and(|value| !attribute.is_none(value));
            if attribute.optional() && there {
                found = Some(at.clone());
            }
            attributes = attribute.kind.nested().map_or(&[], |(_, nested)| nested);
        }
    }
    found
}

fn get_mut<'a>(object: &'a mut Object, path: &Path) -> Option<&'a mut CtyValue> {
    let (first, rest) = path.steps().split_first()?;
    let crate::cty::Step::Attribute(name) = first else { return None };
    object.get_mut(name)?.get_mut(&rest.iter().cloned().collect())
}

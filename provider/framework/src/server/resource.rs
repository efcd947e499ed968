//! Resources: from the configuration to the object and back.

use tf_provider_protocol::proto;

use super::job::{Finished, Job};
use super::{
    CHECKED, Server, bugs, convert, decode, decode_object, deferred, encode, encode_all, recheck,
};
use crate::cty::{Path, Value as CtyValue};
use crate::engine::validate::ClientCapabilities;
use crate::engine::{block, carry, check, import, plan, upgrade, validate};
use crate::erased::{AnyResource, Memory, Objects, ResourceDescription};
use crate::schema::Object;
use crate::{Diagnostic, Diagnostics, Operation, Private, Provider, Result, Situation};

impl<P: Provider> Server<P> {
    pub(super) fn validate_resource(
        &self,
        request: &proto::validate_resource_config::Request,
    ) -> Result<proto::validate_resource_config::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(validate::deprecation(&description.schema, &request.type_name));
        if let Some(config) = config {
            let client = request.client_capabilities.unwrap_or_default();
            let client =
                ClientCapabilities { write_only_attributes: client.write_only_attributes_allowed };
            validate::validate(&description.schema.attributes, &config, client, &mut diagnostics);
            if !diagnostics.has_errors() {
                resource.validate(&config, &mut diagnostics);
            }
        }
        Ok(proto::validate_resource_config::Response {
            diagnostics: encode_all(&diagnostics, &description.schema.attributes),
        })
    }

    pub(super) fn upgrade_state(
        &self,
        request: proto::upgrade_resource_state::Request,
    ) -> Result<proto::upgrade_resource_state::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let raw = request.raw_state.unwrap_or_default();
        if raw.json.is_empty() && !raw.flatmap.is_empty() {
            return Err(Diagnostic::error("The stored state is in the form of Terraform 0.11")
                .hint("apply it once with Terraform 0.13 and the provider that wrote it"));
        }
        let versions = (request.version, description.schema.version);
        let mut state = upgrade::upgrade(&raw.json, &description.ty, versions, |from, state| {
            resource.upgrade(from, state)
        })?;
        if let CtyValue::Object(state) = &mut state {
            block::complete(&description.schema.attributes, state);
            upgrade::drop_secrets(&description.schema.attributes, state);
        }
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: Some(encode(&state, &description.ty)?),
            diagnostics: vec![],
        })
    }

    pub(super) fn upgrade_identity(
        &self,
        request: proto::upgrade_resource_identity::Request,
    ) -> Result<proto::upgrade_resource_identity::Response> {
        let resource = self.resource(&request.type_name)?;
        let ty = convert::identity_type(resource.description());
        let raw = request.raw_identity.unwrap_or_default();
        let versions = (request.version, resource.description().identity_version);
        let identity = upgrade::upgrade(&raw.json, &ty, versions, |from, identity| {
            resource.upgrade_identity(from, identity)
        })?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: Some(proto::ResourceIdentityData {
                identity_data: Some(encode(&identity, &ty)?),
            }),
            diagnostics: vec![],
        })
    }

    pub(super) fn import(
        &self,
        request: proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let identity = decode_identity(request.identity.as_ref(), description)?;
        let state = match identity {
            Some(identity) => {
                let mut state = import::empty(description);
                state.extend(resource.identity(&identity)?);
                state
            }
            None => import::parse(description, &request.id)?,
        };
        let mut private = Private::default();
        private.set_imported(true);
        // An import id may leave out what a read finds; then there is no identity before it.
        let identity = match resource.identity(&state) {
            Ok(identity) => Some(encode_identity(&identity, description)?),
            Err(_) => None,
        };
        let imported = proto::import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: Some(encode(&CtyValue::Object(state), &description.ty)?),
            private: private.encode(),
            identity,
        };
        Ok(proto::import_resource_state::Response {
            imported_resources: vec![imported],
            ..Default::default()
        })
    }

    pub(super) async fn read(
        &self,
        request: proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let prior = decode_object(request.current_state.as_ref(), &description.ty, "state")?;
        let Some(prior) = prior else {
            return Ok(proto::read_resource::Response {
                new_state: Some(encode(&CtyValue::Null, &description.ty)?),
                ..Default::default()
            });
        };
        if self.clients().is_some_and(|clients| resource.unknown(&clients))
            && let Some(deferred) = deferred(request.client_capabilities)
        {
            return Ok(proto::read_resource::Response {
                new_state: request.current_state,
                private: request.private,
                new_identity: request.current_identity,
                deferred: Some(deferred),
                ..Default::default()
            });
        }
        let stored_identity = decode_identity(request.current_identity.as_ref(), description)?;
        let private = Private::decode(&request.private)?;
        let identity = with_identity(&prior, stored_identity.clone());
        let objects = Objects {
            prior: Some(prior.clone()),
            identity: identity.clone(),
            ..Objects::default()
        };
        let job = Job::new(self, resource, Operation::Read, private.clone(), &prior, &identity);
        let outcome =
            job.run(self, |clients, around| resource.read(clients, around, objects)).await;
        let Finished { outcome, private: reached, mut diagnostics, .. } = outcome;
        let client = request.client_capabilities.unwrap_or_default();
        let computed_blocks = client.computed_blocks_allowed;
        match outcome {
            Ok(Some(mut fresh)) => {
                let attributes = &description.schema.attributes;
                carry::carry(attributes, &mut fresh, Some(&prior));
                if !computed_blocks {
                    block::withhold(attributes, &mut fresh);
                }
                if CHECKED {
                    let violations = check::stored(attributes, &fresh);
                    bugs(violations, "ReadResource", &request.type_name, &mut diagnostics);
                }
                let mut private = reached;
                private.set_imported(false);
                let identity = resource.identity(&fresh)?;
                if CHECKED && stored_identity.is_some_and(|stored| stored != identity) {
                    diagnostics.push(Diagnostic::error(format!(
                        "Bug in the provider: the identity of {} changed in a read",
                        request.type_name
                    )));
                }
                Ok(proto::read_resource::Response {
                    new_state: Some(encode(&CtyValue::Object(fresh), &description.ty)?),
                    private: private.encode(),
                    new_identity: Some(encode_identity(&identity, description)?),
                    diagnostics: encode_all(&diagnostics, &description.schema.attributes),
                    ..Default::default()
                })
            }
            Ok(None) => Ok(proto::read_resource::Response {
                new_state: Some(encode(&CtyValue::Null, &description.ty)?),
                diagnostics: encode_all(&diagnostics, &description.schema.attributes),
                ..Default::default()
            }),
            // What is not known is not gone: the state stays as it was.
            Err(error) => {
                diagnostics.push(error);
                Ok(proto::read_resource::Response {
                    new_state: request.current_state,
                    private: request.private,
                    new_identity: request.current_identity,
                    diagnostics: encode_all(&diagnostics, &description.schema.attributes),
                    ..Default::default()
                })
            }
        }
    }

    pub(super) async fn plan(
        &self,
        request: proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let attributes = &description.schema.attributes;
        let prior = decode_object(request.prior_state.as_ref(), &description.ty, "prior state")?;
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let prior_private = Private::decode(&request.prior_private)?;
        let prior_identity = decode_identity(request.prior_identity.as_ref(), description)?;
        let clients = self.clients();
        let client = request.client_capabilities.unwrap_or_default();
        let mut diagnostics = Diagnostics::default();

        let destroy = config.is_none();
        let mut planned = CtyValue::Null;
        let mut replace = vec![];
        let mut inert = vec![];
        let mut private = prior_private.clone();
        if let Some(config) = &config {
            if let Some(clients) = &clients {
                resource.ready(clients)?;
            }
            if prior.is_none() {
                validate::creation_inputs(attributes, config, &request.type_name, &mut diagnostics);
            }
            let before = prior_private.configured();
            let made = plan::plan(attributes, config, prior.as_ref(), &before);
            private.set_configured(&plan::configured(attributes, config), &before);
            planned = CtyValue::Object(made.planned);
            replace = made.replace;
            inert = made.inert;
        }

        let situation = self.situation(
            resource,
            "plan",
            planned.as_object().or(prior.as_ref()).cloned().unwrap_or_default(),
        );
        let objects = Objects {
            prior: prior.clone(),
            planned: planned.as_object().cloned(),
            config: config.clone(),
            identity: Object::new(),
        };
        // In a replacement the destroy of the old object gets the private state of this plan, though
        // nothing in it is about the new one.
        let known = if prior.is_some() { private.clone() } else { Private::default() };
        let before = Private::decode(&request.planned_private)?;
        let memory = Memory { private: known, before, kept: client.store_planned_private };
        let additions = match resource.plan(clients.as_deref(), objects, memory).await {
            Ok(additions) => additions,
            Err(error) => return Err(self.explain(error, &situation)),
        };
        let explained = |error| self.explain(error, &situation);
        diagnostics.extend(additions.diagnostics.into_iter().map(explained));
        diagnostics.extend(additions.failure.map(explained));
        private.set_found(additions.found);
        plan::mark_unknown(&mut planned, &additions.unknown);
        plan::mark_known(&mut planned, additions.known);
        if let (CtyValue::Object(planned), false) = (&mut planned, client.computed_blocks_allowed) {
            block::withhold(attributes, planned);
        }
        if prior.is_some() && !destroy {
            replace.extend(additions.replace);
        }
        replace.sort();
        replace.dedup();
        if replace.is_empty() {
            diagnostics.extend(inert.iter().map(|path| inert_warning(path, &request.type_name)));
        }
        if CHECKED && let (Some(config), Some(planned)) = (&config, planned.as_object()) {
            let violations = check::plan(attributes, config, prior.as_ref(), planned);
            bugs(violations, "PlanResourceChange", &request.type_name, &mut diagnostics);
        }
        let planned_identity = match (&prior, planned.as_object()) {
            (Some(prior), _) => {
                Some(resource.identity(&with_identity(prior, prior_identity)).unwrap_or_default())
                    .filter(|identity| !identity.is_empty())
            }
            // `terraform show -json` cannot write an identity that is only half known.
            (None, Some(planned)) => Some(pick_identity(planned, description))
                .filter(|identity| identity.values().all(CtyValue::is_wholly_known))
                .and_then(|identity| resource.identity(&identity).ok()),
            (None, None) => None,
        };
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(encode(&planned, &description.ty)?),
            requires_replace: replace.iter().map(Into::into).collect(),
            planned_private: private.encode(),
            diagnostics: encode_all(&diagnostics, &description.schema.attributes),
            planned_identity: planned_identity
                .map(|identity| encode_identity(&identity, description))
                .transpose()?,
            ..Default::default()
        })
    }

    pub(super) async fn apply(
        &self,
        request: proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response> {
        let resource = self.resource(&request.type_name)?;
        let description = resource.description();
        let prior = decode_object(request.prior_state.as_ref(), &description.ty, "prior state")?;
        let planned = decode_object(request.planned_state.as_ref(), &description.ty, "plan")?;
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let private = Private::decode(&request.planned_private)?;
        let identity = decode_identity(request.planned_identity.as_ref(), description)?;
        match (prior, planned) {
            (Some(prior), None) => self.destroy(&request, resource, prior, identity, private).await,
            (prior, Some(planned)) => {
                let identity = match &prior {
                    Some(prior) => with_identity(prior, identity),
                    None => Object::new(),
                };
                let objects = Objects { prior, planned: Some(planned), config, identity };
                self.create_or_update(resource, objects, private).await
            }
            (None, None) => Err(Diagnostic::error("There is nothing to apply")),
        }
    }

    async fn create_or_update(
        &self,
        resource: &dyn AnyResource<P::Clients>,
        objects: Objects,
        private: Private,
    ) -> Result<proto::apply_resource_change::Response> {
        let description = resource.description();
        let attributes = &description.schema.attributes;
        let prior = objects.prior.clone();
        let config = objects.config.clone();
        let planned = objects.planned.clone().unwrap_or_default();
        let operation = if prior.is_some() { Operation::Update } else { Operation::Create };
        let subject = if prior.is_some() { objects.identity.clone() } else { planned.clone() };
        let job = Job::new(self, resource, operation, private, &planned, &subject);
        // Nothing is sent for a configuration that has turned out to be wrong.
        let wrong = config.as_ref().map(|config| recheck::errors(resource, config));
        let wrong = wrong.into_iter().flatten().next();
        let finished = job
            .run(self, |clients, around| match operation {
                _ if let Some(wrong) = wrong => Err(wrong),
                Operation::Create => resource.create(clients, around, objects),
                _ => resource.update(clients, around, objects),
            })
            .await;
        let Finished { outcome, mut private, identity, known, mut diagnostics } = finished;
        private.settle_configured(outcome.is_ok());
        let state = match outcome {
            Ok(mut fresh) => {
                carry::carry(attributes, &mut fresh, Some(&planned));
                carry::hold(attributes, &mut fresh, &planned, config.as_ref());
                let fresh = CtyValue::Object(fresh);
                if CHECKED {
                    let name = &description.name;
                    let promised = CtyValue::Object(planned);
                    let broken = check::compatible(&promised, &fresh);
                    bugs(broken, "ApplyResourceChange", name, &mut diagnostics);
                    let stored = fresh.as_object().map(|fresh| check::stored(attributes, fresh));
                    bugs(stored.unwrap_or_default(), "ApplyResourceChange", name, &mut diagnostics);
                }
                fresh
            }
            Err(error) => {
                diagnostics.push(error);
                match (prior, identity) {
                    (Some(prior), _) => CtyValue::Object(prior),
                    // The server has the object: Terraform must know it, to clean up or go on.
                    (None, Some(identity)) => {
                        let mut state = CtyValue::Object(planned).null_unknowns();
                        if let CtyValue::Object(state) = &mut state {
                            block::complete(attributes, state);
                            state.extend(known);
                            state.extend(identity);
                        }
                        state
                    }
                    (None, None) => CtyValue::Null,
                }
            }
        };
        let new_identity = state
            .as_object()
            .and_then(|state| resource.identity(state).ok())
            .map(|identity| encode_identity(&identity, description))
            .transpose()?;
        Ok(proto::apply_resource_change::Response {
            new_state: Some(encode(&state, &description.ty)?),
            private: private.encode(),
            diagnostics: encode_all(&diagnostics, &description.schema.attributes),
            new_identity,
            ..Default::default()
        })
    }

    async fn destroy(
        &self,
        request: &proto::apply_resource_change::Request,
        resource: &dyn AnyResource<P::Clients>,
        prior: Object,
        identity: Option<Object>,
        private: Private,
    ) -> Result<proto::apply_resource_change::Response> {
        let description = resource.description();
        let identity = with_identity(&prior, identity);
        let stored_identity = resource.identity(&identity).ok();
        let job = Job::new(self, resource, Operation::Delete, private, &prior, &identity);
        let objects = Objects { prior: Some(prior), identity, ..Objects::default() };
        let finished =
            job.run(self, |clients, around| resource.delete(clients, around, objects)).await;
        let Finished { outcome, mut private, mut diagnostics, .. } = finished;
        private.settle_configured(outcome.is_ok());
        let (new_state, new_identity) = match outcome {
            Ok(()) => (Some(encode(&CtyValue::Null, &description.ty)?), None),
            Err(error) => {
                diagnostics.push(error);
                let identity = stored_identity.map(|stored| encode_identity(&stored, description));
                (request.prior_state.clone(), identity.transpose()?)
            }
        };
        Ok(proto::apply_resource_change::Response {
            new_state,
            private: private.encode(),
            diagnostics: encode_all(&diagnostics, &description.schema.attributes),
            new_identity,
            ..Default::default()
        })
    }

    pub(super) fn situation(
        &self,
        resource: &dyn AnyResource<P::Clients>,
        verb: &str,
        values: Object,
    ) -> Situation {
        let type_name = resource.description().name.clone();
        let attempt = match resource.label(&values) {
            Some(label) => format!("{verb} {type_name} ({label})"),
            None => format!("{verb} {type_name}"),
        };
        Situation { type_name, attempt, values }
    }
}

fn inert_warning(path: &Path, type_name: &str) -> Diagnostic {
    Diagnostic::warning(format!("`{path}` is used only when {type_name} is created"))
        .detail("The change is noted in the state and nothing is sent to the server.")
        .hint("to create the object anew with it, run `terraform apply -replace=ADDRESS`")
        .at(path.clone())
}

/// The state with the parts of a stored identity in it: an imported state may hold nothing else.
fn with_identity(state: &Object, identity: Option<Object>) -> Object {
    let mut object = state.clone();
    for (name, value) in identity.unwrap_or_default() {
        if !value.is_null() {
            object.insert(name, value);
        }
    }
    object
}

/// The identity that a plan holds; parts of it may be unknown.
fn pick_identity(planned: &Object, description: &ResourceDescription) -> Object {
    let names = description.identity.iter().map(|(name, ..)| *name);
    names
        .map(|name| {
            let value = planned.get(name).cloned().unwrap_or_else(CtyValue::unknown);
            (name.to_owned(), value)
        })
        .collect()
}

fn decode_identity(
    data: Option<&proto::ResourceIdentityData>,
    description: &ResourceDescription,
) -> Result<Option<Object>> {
    let field = data.and_then(|data| data.identity_data.as_ref());
    if field.is_none() {
        return Ok(None);
    }
    match decode(field, &convert::identity_type(description), "identity")? {
        CtyValue::Object(identity) => Ok(Some(identity)),
        _ => Ok(None),
    }
}

pub(super) fn encode_identity(
    identity: &Object,
    description: &ResourceDescription,
) -> Result<proto::ResourceIdentityData> {
    let value = CtyValue::Object(identity.clone());
    let data = encode(&value, &convert::identity_type(description))?;
    Ok(proto::ResourceIdentityData { identity_data: Some(data) })
}

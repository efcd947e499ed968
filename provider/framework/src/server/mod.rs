//! The provider as a service of the plugin protocol.
//!
//! `rpc` is the wire side, `convert` the messages; this file and its neighbours decode a request, let
//! the engine work, and encode what comes of it.

mod action;
mod attributes;
mod call;
mod convert;
mod data_source;
mod dump;
mod ephemeral;
mod function;
mod generate;
mod job;
pub(crate) mod json;
mod list;
mod recheck;
mod resource;
mod rpc;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tf_provider_protocol::proto;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cty::{Path, Type, Value as CtyValue};
use crate::engine::run::{self, Limits};
use crate::engine::validate::{self, ClientCapabilities};
use crate::erased::{AnyDataSource, AnyResource, Running, Surroundings};
use crate::progress::Progress;
use crate::schema::{Attribute, Object, Schema};
use crate::{
    Attributes, Diagnostic, Diagnostics, Operation, Private, Provider, Registry, Result, Situation,
};

/// A provider that answers Terraform.
#[derive(Debug)]
pub(crate) struct Server<P: Provider> {
    shared: Arc<Shared<P>>,
}

impl<P: Provider> Clone for Server<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<P: Provider> {
    registry: OnceLock<Registry<P::Clients>>,
    provider: OnceLock<Schema>,
    clients: RwLock<Option<Arc<P::Clients>>>,
    stop: Mutex<CancellationToken>,
}

impl<P: Provider> std::fmt::Debug for Shared<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<P: Provider> Server<P> {
    pub(crate) fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                registry: OnceLock::new(),
                provider: OnceLock::new(),
                clients: RwLock::new(None),
                stop: Mutex::new(CancellationToken::new()),
            }),
        }
    }

    pub(crate) fn registry(&self) -> &Registry<P::Clients> {
        self.shared.registry.get_or_init(Registry::of::<P>)
    }

    /// Ends sessions and the like.
    pub(crate) async fn shutdown(&self) {
        self.stop();
        if let Some(clients) = self.clients() {
            P::shutdown(&clients).await;
        }
    }

    fn clients(&self) -> Option<Arc<P::Clients>> {
        self.shared.clients.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn configured(&self) -> Result<Arc<P::Clients>> {
        self.clients().ok_or_else(|| {
            Diagnostic::error("The provider is not configured")
                .detail("Terraform asked for an operation before it configured the provider.")
        })
    }

    fn stop(&self) {
        self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    fn stop_token(&self) -> CancellationToken {
        self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn resource(&self, name: &str) -> Result<&dyn AnyResource<P::Clients>> {
        self.registry().resources.get(name).map(AsRef::as_ref).ok_or_else(|| {
            Diagnostic::error(format!("This provider has no resource {name}"))
                .hint("a newer version of the provider may have it")
        })
    }

    fn data_source(&self, name: &str) -> Result<&dyn AnyDataSource<P::Clients>> {
        self.registry().data_sources.get(name).map(AsRef::as_ref).ok_or_else(|| {
            Diagnostic::error(format!("This provider has no data source {name}"))
                .hint("a newer version of the provider may have it")
        })
    }

    fn provider_attributes(&self) -> &[Attribute] {
        &self.shared.provider.get_or_init(Self::provider_schema).attributes
    }

    fn provider_schema() -> Schema {
        Schema::new(P::DESCRIPTION, P::Config::attributes())
    }

    fn metadata(&self) -> proto::get_metadata::Response {
        let registry = self.registry();
        proto::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: registry
                .resources
                .keys()
                .map(|name| proto::get_metadata::ResourceMetadata { type_name: name.clone() })
                .collect(),
            data_sources: registry
                .data_sources
                .keys()
                .map(|name| proto::get_metadata::DataSourceMetadata { type_name: name.clone() })
                .collect(),
            ephemeral_resources: registry
                .ephemeral_resources
                .keys()
                .map(|name| proto::get_metadata::EphemeralMetadata { type_name: name.clone() })
                .collect(),
            list_resources: registry
                .list_resources
                .keys()
                .map(|name| proto::get_metadata::ListResourceMetadata { type_name: name.clone() })
                .collect(),
            actions: registry
                .actions
                .keys()
                .map(|name| proto::get_metadata::ActionMetadata { type_name: name.clone() })
                .collect(),
            functions: registry
                .functions
                .keys()
                .map(|name| proto::get_metadata::FunctionMetadata { name: name.clone() })
                .collect(),
            ..Default::default()
        }
    }

    fn schemas(&self) -> proto::get_provider_schema::Response {
        let registry = self.registry();
        proto::get_provider_schema::Response {
            provider: Some(convert::schema(&Self::provider_schema())),
            resource_schemas: registry
                .resources
                .iter()
                .map(|(name, r)| (name.clone(), convert::schema(&r.description().schema)))
                .collect(),
            data_source_schemas: registry
                .data_sources
                .iter()
                .map(|(name, d)| (name.clone(), convert::schema(&d.description().schema)))
                .collect(),
            ephemeral_resource_schemas: registry
                .ephemeral_resources
                .iter()
                .map(|(name, e)| (name.clone(), convert::schema(&e.description().schema)))
                .collect(),
            list_resource_schemas: registry
                .list_resources
                .iter()
                .map(|(name, l)| (name.clone(), convert::arguments(&l.description().schema)))
                .collect(),
            action_schemas: registry
                .actions
                .iter()
                .map(|(name, a)| {
                    let schema = Some(convert::arguments(&a.description().schema));
                    (name.clone(), proto::ActionSchema { schema })
                })
                .collect(),
            functions: self.functions().functions,
            server_capabilities: Some(capabilities()),
            ..Default::default()
        }
    }

    fn identity_schemas(&self) -> proto::get_resource_identity_schemas::Response {
        let resources = self.registry().resources.iter();
        proto::get_resource_identity_schemas::Response {
            identity_schemas: resources
                .map(|(name, r)| (name.clone(), convert::identity_schema(r.description())))
                .collect(),
            diagnostics: vec![],
        }
    }

    fn validate_provider(
        &self,
        request: &proto::validate_provider_config::Request,
    ) -> Result<proto::validate_provider_config::Response> {
        let schema = Self::provider_schema();
        let config = decode(request.config.as_ref(), &schema.ty(), "provider configuration")?;
        let mut diagnostics = Diagnostics::default();
        if let CtyValue::Object(config) = config {
            // The provider block is never stored, so what is write-only elsewhere is plain here.
            let client = ClientCapabilities { write_only_attributes: true };
            validate::validate(&schema.attributes, &config, client, &mut diagnostics);
            match P::Config::values(&config, &Path::default()) {
                Ok(values) if !diagnostics.has_errors() => P::validate(&values, &mut diagnostics),
                Ok(_) => {}
                Err(error) if !diagnostics.has_errors() => diagnostics.push(error),
                Err(_) => {}
            }
        }
        Ok(proto::validate_provider_config::Response {
            diagnostics: encode_all(&diagnostics, &schema.attributes),
        })
    }

    fn configure(
        &self,
        request: &proto::configure_provider::Request,
    ) -> Result<proto::configure_provider::Response> {
        let schema = Self::provider_schema();
        let config = decode(request.config.as_ref(), &schema.ty(), "provider configuration")?;
        let config = match config {
            CtyValue::Object(config) => config,
            _ => crate::schema::none_of(&schema.attributes),
        };
        let clients = P::configure(P::Config::values(&config, &Path::default())?)?;
        *self.shared.clients.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Arc::new(clients));
        // A process that is attached to lives through many commands; a stop ends only the one.
        let mut stop = self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner);
        if stop.is_cancelled() {
            *stop = CancellationToken::new();
        }
        Ok(proto::configure_provider::Response::default())
    }

    /// Explains an error to the person at the terminal.
    fn explain(&self, error: Diagnostic, situation: &Situation) -> Diagnostic {
        let explanation = error.cause().and_then(|cause| P::explain(cause, situation));
        match explanation {
            Some(explanation) => error.explained(explanation),
            None => error.settled(&situation.attempt),
        }
    }
}

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

/// The answer that waits for the provider's configuration to be known, where Terraform takes it.
fn deferred(client: Option<proto::ClientCapabilities>) -> Option<proto::Deferred> {
    client
        .filter(|client| client.deferral_allowed)
        .map(|_| proto::Deferred { reason: proto::deferred::Reason::ProviderConfigUnknown.into() })
}

/// An operation of something that has no `timeouts`.
struct Once<'a> {
    verb: &'static str,
    type_name: &'a str,
    limit: Duration,
}

/// What came of it.
struct Finished<T> {
    outcome: Result<T>,
    private: Private,
    diagnostics: Diagnostics,
}

impl<P: Provider> Server<P> {
    async fn once<T: Send + 'static>(
        &self,
        once: Once<'_>,
        values: Object,
        private: Private,
        start: impl FnOnce(&P::Clients, Surroundings) -> Result<Running<T>>,
    ) -> Finished<T> {
        let Once { verb, type_name, limit } = once;
        let attempt = format!("{verb} {type_name}");
        let situation =
            Situation { type_name: type_name.to_owned(), attempt: attempt.clone(), values };
        let progress = Progress::new(private);
        let (deadline, stop) = (Instant::now() + limit, self.stop_token());
        let around = Surroundings {
            // Nothing but a resource asks.
            operation: Operation::Read,
            progress: progress.clone(),
            deadline,
            limit,
            stop: stop.clone(),
            imported: false,
        };
        let started = self.configured().and_then(|clients| start(&clients, around));
        let outcome = match started {
            Ok(running) => {
                run::run(running, &progress, Limits { deadline, limit, stop, attempt }).await
            }
            Err(error) => Err(error),
        };
        let mut reached = progress.lock();
        let private = reached.private.clone();
        let gathered = std::mem::take(&mut reached.diagnostics);
        drop(reached);
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(gathered.into_iter().map(|one| self.explain(one, &situation)));
        let outcome = outcome.map_err(|error| self.explain(error, &situation));
        Finished { outcome, private, diagnostics }
    }
}

fn decode(field: Option<&proto::DynamicValue>, ty: &Type, what: &str) -> Result<CtyValue> {
    proto::DynamicValue::decode_field(field, ty).map_err(|error| {
        Diagnostic::error(format!("The {what} that Terraform sent cannot be read"))
            .detail(error.to_string())
    })
}

/// Decodes an object, or nothing when it is null.
fn decode_object(
    field: Option<&proto::DynamicValue>,
    ty: &Type,
    what: &str,
) -> Result<Option<Object>> {
    match decode(field, ty, what)? {
        CtyValue::Object(object) => Ok(Some(object)),
        CtyValue::Null => Ok(None),
        _ => Err(Diagnostic::error(format!("The {what} that Terraform sent is not an object"))),
    }
}

fn encode(value: &CtyValue, ty: &Type) -> Result<proto::DynamicValue> {
    proto::DynamicValue::encode_value(value, ty).map_err(|error| {
        Diagnostic::error("Bug in the provider: a value does not fit its schema")
            .detail(error.to_string())
    })
}

fn encode_all(diagnostics: &Diagnostics, attributes: &[Attribute]) -> Vec<proto::Diagnostic> {
    call::log(diagnostics);
    diagnostics.iter().map(|one| convert::diagnostic(one, attributes)).collect()
}

/// Whether the framework checks its own answers: in every debug build.
const CHECKED: bool = cfg!(debug_assertions);

/// Reports broken rules of Terraform as our own bug, before Terraform does.
fn bugs(
    violations: Vec<crate::engine::check::Violation>,
    rpc: &str,
    type_name: &str,
    diagnostics: &mut Diagnostics,
) {
    let mut by_path: HashMap<String, Diagnostic> = HashMap::new();
    for violation in violations {
        let summary = format!("Bug in the provider: {type_name} breaks a rule in {rpc}");
        let detail = format!("`{}` {}.", violation.path, violation.rule);
        by_path
            .entry(violation.path.to_string())
            .or_insert_with(|| Diagnostic::error(summary).detail(detail).at(violation.path));
    }
    diagnostics.extend(by_path.into_values());
}

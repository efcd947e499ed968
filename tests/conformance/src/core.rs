//! The side of the connection that Terraform is on: the schemas, and what is kept between calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tf_provider::Provider;
use tf_provider::cty::{Path, Type, Value};
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::provider_server::Provider as Service;
use tonic::{Request, Response, Status};

use crate::client::{fill, newest};
use crate::functions::Function;
use crate::internal_validate::{self, Purpose};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;
use crate::schema::Schema;

/// Terraform core, beside one provider.
#[derive(Clone)]
pub struct Core {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) client: proto::ClientCapabilities,
    pub(crate) provider: Schema,
    pub(crate) resources: BTreeMap<String, ResourceType>,
    pub(crate) data_sources: BTreeMap<String, Schema>,
    pub(crate) ephemeral: BTreeMap<String, Schema>,
    pub(crate) lists: BTreeMap<String, Schema>,
    pub(crate) actions: BTreeMap<String, Schema>,
    pub(crate) functions: BTreeMap<String, Function>,
}

/// What core knows of a resource type.
#[derive(Clone, Debug)]
pub(crate) struct ResourceType {
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
    pub(crate) identity: Option<Type>,
}

/// What core keeps of an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// Its type, for example `sample_server`.
    pub type_name: String,
    /// Its attributes.
    pub value: Value,
    /// What the provider remembers.
    pub private: Vec<u8>,
    /// What identifies it.
    pub identity: Option<Value>,
    /// A create that failed left it: the next plan replaces it.
    pub tainted: bool,
}

impl State {
    /// The attribute `name`; null where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        crate::proposed::part(&self.value, name)
    }

    /// The value at `path`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&Value> {
        self.value.get(path)
    }
}

/// How an import names its object.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "Terraform knows exactly these")]
pub enum ImportBy {
    /// By an id, in a form that the resource documents.
    Id(String),
    /// By its identity.
    Identity(Value),
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("resources", &self.resources.keys())
            .field("data_sources", &self.data_sources.keys())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// Loads the schemas of the provider `P`.
    pub async fn new<P: Provider>() -> Outcome<Self> {
        Self::load(tf_provider::testing::service::<P>()).await
    }

    /// Loads the schemas of a service.
    pub async fn load(service: impl Service) -> Outcome<Self> {
        let service: Arc<dyn Service> = Arc::new(service);
        let mut report = Report::new("");
        let core = Self::schemas(service, &mut report).await;
        report.finish(core)
    }

    async fn schemas(service: Arc<dyn Service>, report: &mut Report) -> Option<Self> {
        report.answering("GetProviderSchema");
        let answer = service.get_provider_schema(Request::new(Default::default())).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, &Type::Dynamic) {
            return None;
        }
        internal_validate::schema(answer.provider.as_ref(), Purpose::Provider, report);
        if answer.provider_meta.is_some() {
            report.about("provider_meta");
            internal_validate::schema(answer.provider_meta.as_ref(), Purpose::Nested, report);
        }
        let mut resources = BTreeMap::new();
        for (name, schema) in &answer.resource_schemas {
            report.about(name);
            internal_validate::schema(Some(schema), Purpose::Resource, report);
            if let Some(schema) = Schema::read(schema) {
                let ty = schema.ty();
                resources.insert(name.clone(), ResourceType { schema, ty, identity: None });
            }
        }
        let mut data_sources = BTreeMap::new();
        for (name, schema) in &answer.data_source_schemas {
            report.about(name);
            internal_validate::schema(Some(schema), Purpose::DataSource, report);
            data_sources.extend(Schema::read(schema).map(|schema| (name.clone(), schema)));
        }
        let mut ephemeral = BTreeMap::new();
        for (name, schema) in &answer.ephemeral_resource_schemas {
            report.about(name);
            internal_validate::schema(Some(schema), Purpose::DataSource, report);
            ephemeral.extend(Schema::read(schema).map(|schema| (name.clone(), schema)));
        }
        let mut lists = BTreeMap::new();
        for (name, schema) in &answer.list_resource_schemas {
            report.about(name);
            internal_validate::schema(Some(schema), Purpose::Nested, report);
            lists.extend(Schema::read(schema).map(|schema| (name.clone(), schema)));
        }
        let mut actions = BTreeMap::new();
        for (name, action) in &answer.action_schemas {
            report.about(name);
            internal_validate::schema(action.schema.as_ref(), Purpose::Nested, report);
            let schema = action.schema.as_ref().and_then(Schema::read);
            actions.extend(schema.map(|schema| (name.clone(), schema)));
        }
        let mut functions = BTreeMap::new();
        for (name, function) in &answer.functions {
            report.about(name);
            functions.extend(Function::read(function, report).map(|one| (name.clone(), one)));
        }
        report.about("");
        let can = answer.server_capabilities.unwrap_or_default();
        if !can.plan_destroy
            || !can.get_provider_schema_optional
            || !can.move_resource_state
            || !can.generate_resource_config
        {
            report.broken(Rule::Capability, &Path::root());
        }
        Self::metadata(&service, &answer, report).await;
        report.answering("GetResourceIdentitySchemas");
        let identities =
            match service.get_resource_identity_schemas(Request::new(Default::default())).await {
                // A provider that knows no identities does not know the call, either.
                Err(status) if status.code() == tonic::Code::Unimplemented => Default::default(),
                answer => answered(answer, report)?,
            };
        for (name, schema) in &identities.identity_schemas {
            report.about(name);
            internal_validate::identity(schema, report);
            let Some(resource) = resources.get_mut(name) else {
                report.broken(Rule::IdentitySchema, &Path::root());
                continue;
            };
            resource.identity = identity_type(schema);
            for attribute in &schema.identity_attributes {
                let same = resource.schema.block.attributes.get(&attribute.name);
                if same.is_some_and(|same| same.write_only || same.sensitive) {
                    report.broken(Rule::IdentitySecret, &attribute.name.as_str().into());
                }
            }
        }
        report.answering("GetProviderSchema");
        for name in lists.keys() {
            report.about(name);
            if resources.get(name).is_none_or(|resource| resource.identity.is_none()) {
                report.broken(Rule::ListedType, &Path::root());
            }
        }
        report.about("");
        let provider = answer.provider.as_ref().and_then(Schema::read)?;
        Some(Self {
            service,
            client: newest(),
            provider,
            resources,
            data_sources,
            ephemeral,
            lists,
            actions,
            functions,
        })
    }

    /// Compares the short list of what there is with the schemas. Core itself never asks for it; whoever
    /// joins several providers into one does.
    async fn metadata(
        service: &Arc<dyn Service>,
        schemas: &proto::get_provider_schema::Response,
        report: &mut Report,
    ) {
        report.answering("GetMetadata");
        let answer = service.get_metadata(Request::new(Default::default())).await;
        let Some(answer) = answered(answer, report) else { return };
        let listed: [BTreeSet<&str>; 6] = [
            answer.resources.iter().map(|one| one.type_name.as_str()).collect(),
            answer.data_sources.iter().map(|one| one.type_name.as_str()).collect(),
            answer.ephemeral_resources.iter().map(|one| one.type_name.as_str()).collect(),
            answer.list_resources.iter().map(|one| one.type_name.as_str()).collect(),
            answer.actions.iter().map(|one| one.type_name.as_str()).collect(),
            answer.functions.iter().map(|one| one.name.as_str()).collect(),
        ];
        let there: [BTreeSet<&str>; 6] = [
            schemas.resource_schemas.keys().map(String::as_str).collect(),
            schemas.data_source_schemas.keys().map(String::as_str).collect(),
            schemas.ephemeral_resource_schemas.keys().map(String::as_str).collect(),
            schemas.list_resource_schemas.keys().map(String::as_str).collect(),
            schemas.action_schemas.keys().map(String::as_str).collect(),
            schemas.functions.keys().map(String::as_str).collect(),
        ];
        for name in listed.iter().zip(&there).flat_map(|(one, other)| one ^ other) {
            report.about(name);
            report.broken(Rule::Metadata, &Path::root());
        }
        report.about("");
    }

    /// The schema of the provider block.
    #[must_use]
    pub fn provider_schema(&self) -> &Schema {
        &self.provider
    }

    /// The schemas of the resources, by type.
    pub fn resource_schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.resources.iter().map(|(name, resource)| (name.as_str(), &resource.schema))
    }

    /// The schemas of the data sources, by type.
    pub fn data_source_schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.data_sources.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Checks a provider block and hands it over. Attributes left out are null, here and everywhere.
    pub async fn configure(&self, config: &Value) -> Outcome<()> {
        let mut report = Report::new("");
        let configured = self.configuring(config, &mut report).await;
        report.finish(configured)
    }

    async fn configuring(&self, config: &Value, report: &mut Report) -> Option<()> {
        let ty = self.provider.ty();
        let config = encode(&fill(config, &self.provider), &ty);
        report.answering("ValidateProviderConfig");
        let request = proto::validate_provider_config::Request { config: Some(config.clone()) };
        let answer = self.service.validate_provider_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, &ty) {
            return None;
        }
        report.answering("ConfigureProvider");
        let request = proto::configure_provider::Request {
            terraform_version: "1.16.0".to_owned(),
            config: Some(config),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.configure_provider(Request::new(request)).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Checks a resource block.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let config = fill(config, &self.resource(type_name).schema);
        let valid = self.validating(type_name, &config, &mut report).await;
        report.finish(valid)
    }

    pub(crate) async fn validating(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        let ty = &self.resource(type_name).ty;
        report.answering("ValidateResourceConfig");
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(config, ty)),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.validate_resource_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, ty);
        (!failed).then_some(())
    }

    /// Checks a data block.
    pub async fn validate_data(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let valid = self.validating_data(type_name, config, &mut report).await;
        report.finish(valid)
    }

    async fn validating_data(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        let ty = self.data_sources[type_name].ty();
        report.answering("ValidateDataResourceConfig");
        let request = proto::validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.data_sources[type_name]), &ty)),
        };
        let answer = self.service.validate_data_resource_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Reads a data source; its configuration must be known, or core would wait for it.
    pub async fn read_data(&self, type_name: &str, config: &Value) -> Outcome<Value> {
        let mut report = Report::new(type_name);
        let value = self.reading_data(type_name, config, &mut report).await;
        report.finish(value)
    }

    async fn reading_data(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<Value> {
        self.validating_data(type_name, config, report).await?;
        let ty = self.data_sources[type_name].ty();
        report.answering("ReadDataSource");
        let request = proto::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.data_sources[type_name]), &ty)),
            client_capabilities: Some(self.client),
            ..Default::default()
        };
        let answer = self.service.read_data_source(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        if report.messages(&answer.diagnostics, &ty) {
            return None;
        }
        let value = report.decode(answer.state.as_ref(), &ty)?;
        if value.is_null() {
            report.broken(Rule::NullDataSource, &Path::root());
        }
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        Some(value)
    }

    /// # Panics
    /// When there is no such type: the test names one that the provider does not have.
    #[track_caller]
    pub(crate) fn resource(&self, type_name: &str) -> &ResourceType {
        match self.resources.get(type_name) {
            Some(resource) => resource,
            None => panic!("the provider has no resource {type_name}"),
        }
    }
}

impl ResourceType {
    /// Reads the identity in an answer, and judges it. A create may plan an unknown one, or none.
    pub(crate) fn read_identity(
        &self,
        data: Option<&proto::ResourceIdentityData>,
        before: Option<&Value>,
        may_be_unknown: bool,
        report: &mut Report,
    ) -> Option<Value> {
        let ty = self.identity.as_ref()?;
        let value = data.and_then(|data| report.decode(data.identity_data.as_ref(), ty));
        let Some(value) = value.filter(|value| !value.is_null()) else {
            if !may_be_unknown {
                report.broken(Rule::IdentityMissing, &Path::root());
            }
            return None;
        };
        if !may_be_unknown {
            objects::assert_known(&value, Rule::IdentityUnknown, report);
        }
        if let Some(before) = before.filter(|before| before.is_wholly_known())
            && *before != value
        {
            report.broken(Rule::IdentityChanged, &Path::root());
        }
        Some(value)
    }

    /// The identity as a message.
    pub(crate) fn write_identity(
        &self,
        identity: Option<&Value>,
    ) -> Option<proto::ResourceIdentityData> {
        let data = encode(identity?, self.identity.as_ref()?);
        Some(proto::ResourceIdentityData { identity_data: Some(data) })
    }
}

fn identity_type(schema: &proto::ResourceIdentitySchema) -> Option<Type> {
    let attributes = schema.identity_attributes.iter().map(|attribute| {
        let ty = Type::from_json_bytes(&attribute.r#type).ok()?;
        Some((attribute.name.clone(), ty))
    });
    attributes.collect::<Option<Vec<_>>>().map(Type::object)
}

/// The message in an answer; an error of the transport breaks a rule.
pub(crate) fn answered<T>(answer: Result<Response<T>, Status>, report: &mut Report) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer.into_inner()),
        Err(_) => {
            report.broken(Rule::GrpcError, &Path::root());
            None
        }
    }
}

/// # Panics
/// When the value is not of the type: the test made a value that core cannot make.
#[track_caller]
pub(crate) fn encode(value: &Value, ty: &Type) -> proto::DynamicValue {
    match proto::DynamicValue::encode_value(value, ty) {
        Ok(encoded) => encoded,
        Err(error) => panic!("a value that no Terraform sends: {error}"),
    }
}

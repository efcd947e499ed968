//! Resources, data sources and the like without their Rust type: what the engine works with.

mod action;
mod ephemeral;
mod function;
mod list;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cty::{Path, Type, Value};
use crate::progress::Progress;
use crate::schema::{Object, Schema};
use crate::timeouts::Operation;
use crate::{
    Attributes, Context, DataSource, Diagnostics, FromClients, IdentityModel, PlanContext, Private,
    Resource, ResourceModel, Result, Source, Timeouts, Update,
};

pub(crate) use action::{ActionDescription, AnyAction, Report, TypedAction};
pub(crate) use ephemeral::{AnyEphemeralResource, Opened, TypedEphemeralResource};
pub(crate) use function::{AnyFunction, FunctionDescription, TypedFunction};
pub(crate) use list::{AnyListResource, ListRequest, TypedListResource};

/// What is known of a resource type.
#[derive(Debug)]
pub(crate) struct ResourceDescription {
    /// The full name, for example `onprem_proxmox_image`.
    pub(crate) name: String,
    pub(crate) group: &'static str,
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
    pub(crate) identity: Vec<(&'static str, Type, &'static str)>,
    pub(crate) identity_version: i64,
    pub(crate) import: &'static [&'static str],
    pub(crate) timeouts: Option<Timeouts>,
}

/// What is known of a data source, ephemeral or list resource type.
#[derive(Debug)]
pub(crate) struct DataSourceDescription {
    pub(crate) group: &'static str,
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
}

impl DataSourceDescription {
    fn of(group: &'static str, schema: Schema) -> Self {
        let ty = schema.ty();
        Self { group, schema, ty }
    }
}

/// What surrounds an operation, whatever the resource.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) operation: Operation,
    pub(crate) progress: Progress,
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
    pub(crate) imported: bool,
}

/// The objects that an operation works on; what does not apply is empty.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) prior: Option<Object>,
    pub(crate) planned: Option<Object>,
    pub(crate) config: Option<Object>,
    pub(crate) identity: Object,
}

/// What a plan remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of the object.
    pub(crate) private: Private,
    /// Of the plan before, when this is the plan of its apply.
    pub(crate) before: Private,
    /// Whether Terraform gives it back by then.
    pub(crate) kept: bool,
}

/// What a resource added to a plan.
#[derive(Debug)]
pub(crate) struct PlanAdditions {
    pub(crate) diagnostics: Diagnostics,
    pub(crate) replace: Vec<Path>,
    pub(crate) unknown: Vec<Path>,
    pub(crate) known: Vec<(Path, Value)>,
    /// What it found out for the apply, by key.
    pub(crate) found: BTreeMap<String, Json>,
    /// Set when the resource gave up.
    pub(crate) failure: Option<crate::Diagnostic>,
}

/// An operation on its way.
pub(crate) type Running<T> = BoxFuture<'static, Result<T>>;

/// A resource of a provider whose clients are `C`.
pub(crate) trait AnyResource<C>: Send + Sync {
    fn description(&self) -> &ResourceDescription;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
    /// Whether the system that it talks to is configured.
    fn ready(&self, clients: &C) -> Result<()>;
    fn plan(&self, clients: Option<&C>, objects: Objects, memory: Memory)
    -> Running<PlanAdditions>;
    fn create(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Object>>;
    fn read(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Option<Object>>>;
    fn update(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Object>>;
    fn delete(&self, clients: &C, around: Surroundings, objects: Objects) -> Result<Running<()>>;
    fn upgrade(&self, from: i64, state: &mut Map<String, Json>) -> Result<()>;
    fn upgrade_identity(&self, from: i64, identity: &mut Map<String, Json>) -> Result<()>;
    fn take_over(&self, source: &Source) -> Result<Option<Map<String, Json>>>;
    /// Whether what it talks to cannot be told before the apply.
    fn unknown(&self, clients: &C) -> bool;
    /// The identity that `object` holds, checked.
    fn identity(&self, object: &Object) -> Result<Object>;
    /// The identity for a sentence, or nothing when it is not known.
    fn label(&self, object: &Object) -> Option<String>;
}

/// A data source of a provider whose clients are `C`.
pub(crate) trait AnyDataSource<C>: Send + Sync {
    fn description(&self) -> &DataSourceDescription;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
    fn read(&self, clients: &C, config: Object) -> Result<Running<Object>>;
    /// Whether what it talks to cannot be told before the apply.
    fn unknown(&self, clients: &C) -> bool;
}

/// The resource `R`.
pub(crate) struct TypedResource<R> {
    name: String,
    // Built on first use: most processes that Terraform starts never look at most schemas.
    description: OnceLock<ResourceDescription>,
    model: PhantomData<fn() -> R>,
}

impl<R> TypedResource<R> {
    pub(crate) fn new(name: String) -> Self {
        Self { name, description: OnceLock::new(), model: PhantomData }
    }
}

fn values<A: Attributes>(object: Option<&Object>) -> Result<Option<A::Values>> {
    object.map(|object| A::values(object, &Path::default())).transpose()
}

fn context<R: Resource>(around: Surroundings, objects: &Objects) -> Result<Context<R>> {
    let Surroundings { operation, progress, deadline, limit, stop, imported } = around;
    Ok(Context {
        operation,
        prior: values::<R>(objects.prior.as_ref())?,
        config: values::<R>(objects.config.as_ref())?,
        imported,
        listed: false,
        progress,
        deadline,
        limit,
        stop,
        prior_object: objects.prior.clone().unwrap_or_default(),
        planned_object: objects.planned.clone().unwrap_or_default(),
        model: PhantomData,
    })
}

impl<C, R> AnyResource<C> for TypedResource<R>
where
    R: Resource<Client: FromClients<C>>,
{
    fn description(&self) -> &ResourceDescription {
        self.description.get_or_init(|| {
            let schema = R::schema();
            debug_assert!(
                schema.dangling().is_empty(),
                "{} names attributes that it does not have: {:?}",
                self.name,
                schema.dangling()
            );
            ResourceDescription {
                name: self.name.clone(),
                group: R::GROUP,
                ty: schema.ty(),
                schema,
                identity: R::Identity::attributes(),
                identity_version: R::IDENTITY_VERSION,
                import: R::IMPORT,
                timeouts: R::TIMEOUTS,
            }
        })
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        match R::values(config, &Path::default()) {
            Ok(values) => R::validate(&values, diagnostics),
            Err(error) => diagnostics.push(error),
        }
    }

    fn ready(&self, clients: &C) -> Result<()> {
        if R::Client::unknown(clients) {
            return Ok(());
        }
        R::Client::from_clients(clients).map(drop)
    }

    fn plan(
        &self,
        clients: Option<&C>,
        objects: Objects,
        memory: Memory,
    ) -> Running<PlanAdditions> {
        let client = clients
            .filter(|clients| !R::Client::unknown(clients))
            .map(R::Client::from_clients)
            .transpose();
        Box::pin(async move {
            let client = client?;
            let mut cx = PlanContext::<R> {
                prior: values::<R>(objects.prior.as_ref())?,
                config: values::<R>(objects.config.as_ref())?,
                planned: values::<R>(objects.planned.as_ref())?,
                changed: changed(objects.prior.as_ref(), objects.planned.as_ref()),
                private: memory.private,
                before: memory.before,
                kept: memory.kept,
                found: BTreeMap::new(),
                diagnostics: Diagnostics::default(),
                replace: vec![],
                unknown: vec![],
                known: vec![],
            };
            let failure = <R as Resource>::plan(&mut cx, client.as_ref()).await.err();
            let PlanContext { diagnostics, replace, unknown, known, found, .. } = cx;
            Ok(PlanAdditions { diagnostics, replace, unknown, known, found, failure })
        })
    }

    fn create(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Object>> {
        let client = R::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context::<R>(around, &objects)?;
            let plan = plan::<R>(&objects)?;
            let created = R::create(&mut cx, &client, plan).await?;
            cx.created(&R::Identity::from(&created));
            Ok(object(&created))
        }))
    }

    fn read(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Option<Object>>> {
        let client = R::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context::<R>(around, &objects)?;
            let identity = match R::Identity::from_object(&objects.identity) {
                Ok(identity) => identity,
                // An import id may name the object in another way.
                Err(_) if cx.imported() => match R::find(&mut cx, &client).await? {
                    Some(identity) => identity,
                    None => return Ok(None),
                },
                Err(error) => return Err(error),
            };
            let found = R::read(&mut cx, &client, identity).await?;
            Ok(found.as_ref().map(object))
        }))
    }

    fn update(
        &self,
        clients: &C,
        around: Surroundings,
        objects: Objects,
    ) -> Result<Running<Object>> {
        let client = R::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context::<R>(around, &objects)?;
            let identity = R::Identity::from_object(&objects.identity)?;
            let empty = Object::new();
            let prior = objects.prior.as_ref().unwrap_or(&empty);
            let planned = objects.planned.as_ref().unwrap_or(&empty);
            let config = objects.config.as_ref().unwrap_or(&empty);
            let update = Update {
                plan: plan::<R>(&objects)?,
                changes: R::changes(prior, planned, config, &Path::default())?,
            };
            R::update(&mut cx, &client, identity, update).await.map(|updated| object(&updated))
        }))
    }

    fn delete(&self, clients: &C, around: Surroundings, objects: Objects) -> Result<Running<()>> {
        let client = R::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context::<R>(around, &objects)?;
            let identity = R::Identity::from_object(&objects.identity)?;
            R::delete(&mut cx, &client, identity).await
        }))
    }

    fn upgrade(&self, from: i64, state: &mut Map<String, Json>) -> Result<()> {
        R::upgrade(from, state)
    }

    fn upgrade_identity(&self, from: i64, identity: &mut Map<String, Json>) -> Result<()> {
        R::upgrade_identity(from, identity)
    }

    fn take_over(&self, source: &Source) -> Result<Option<Map<String, Json>>> {
        R::take_over(source)
    }

    fn unknown(&self, clients: &C) -> bool {
        R::Client::unknown(clients)
    }

    fn identity(&self, object: &Object) -> Result<Object> {
        R::Identity::from_object(object).map(|identity| identity.to_object())
    }

    fn label(&self, object: &Object) -> Option<String> {
        R::Identity::from_object(object).ok().map(|identity| identity.to_string())
    }
}

/// The names whose values differ.
fn changed(prior: Option<&Object>, planned: Option<&Object>) -> BTreeSet<String> {
    let (Some(prior), Some(planned)) = (prior, planned) else { return BTreeSet::new() };
    planned
        .iter()
        .filter(|(name, value)| prior.get(name) != Some(value))
        .map(|(name, _)| name.into())
        .collect()
}

fn plan<R: ResourceModel>(objects: &Objects) -> Result<R::Plan> {
    let empty = Object::new();
    let planned = objects.planned.as_ref().unwrap_or(&empty);
    R::plan(planned, objects.config.as_ref().unwrap_or(&empty), &Path::default())
}

fn object(attributes: &impl Attributes) -> Object {
    let mut object = Object::new();
    attributes.write(&mut object);
    object
}

/// The data source `D`.
pub(crate) struct TypedDataSource<D> {
    description: OnceLock<DataSourceDescription>,
    model: PhantomData<fn() -> D>,
}

impl<D> TypedDataSource<D> {
    pub(crate) fn new() -> Self {
        Self { description: OnceLock::new(), model: PhantomData }
    }
}

impl<C, D> AnyDataSource<C> for TypedDataSource<D>
where
    D: DataSource<Client: FromClients<C>>,
{
    fn description(&self) -> &DataSourceDescription {
        self.description.get_or_init(|| DataSourceDescription::of(D::GROUP, D::schema()))
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        match D::values(config, &Path::default()) {
            Ok(values) => D::validate(&values, diagnostics),
            Err(error) => diagnostics.push(error),
        }
    }

    fn read(&self, clients: &C, config: Object) -> Result<Running<Object>> {
        let client = D::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let arguments = D::plan(&config, &config, &Path::default())?;
            D::read(&client, arguments).await.map(|answer| object(&answer))
        }))
    }

    fn unknown(&self, clients: &C) -> bool {
        D::Client::unknown(clients)
    }
}

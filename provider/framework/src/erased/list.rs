//! List resources without their Rust type.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use futures_util::stream::FuturesOrdered;

use super::{DataSourceDescription, Objects, Running, Surroundings, context, object};
use crate::cty::{Path, Value as CtyValue};
use crate::list::{Enough, ReadListed, SendListed};
use crate::progress::Progress;
use crate::schema::Object;
use crate::{
    Diagnostics, FromClients, IdentityModel, ListContext, ListResource, Operation, Private,
    Resource, ResourceModel, Result,
};

/// What is asked of a listing.
pub(crate) struct ListRequest {
    pub(crate) config: Object,
    /// Whether whole objects are wanted.
    pub(crate) whole: bool,
    /// How many are wanted at most.
    pub(crate) limit: Option<usize>,
    pub(crate) send: Arc<SendListed>,
}

/// A list resource of a provider whose clients are `C`.
pub(crate) trait AnyListResource<C>: Send + Sync {
    fn description(&self) -> &DataSourceDescription;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
    fn list(&self, clients: &C, around: Surroundings, request: ListRequest) -> Result<Running<()>>;
}

/// The list resource `L`.
pub(crate) struct TypedListResource<L> {
    description: OnceLock<DataSourceDescription>,
    model: PhantomData<fn() -> L>,
}

impl<L> TypedListResource<L> {
    pub(crate) fn new() -> Self {
        Self { description: OnceLock::new(), model: PhantomData }
    }
}

impl<C, L> AnyListResource<C> for TypedListResource<L>
where
    L: ListResource<Resource: Resource<Client: FromClients<C>>>,
{
    fn description(&self) -> &DataSourceDescription {
        self.description.get_or_init(|| {
            DataSourceDescription::of(<L::Resource as ResourceModel>::GROUP, L::schema())
        })
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        match L::values(config, &Path::default()) {
            Ok(values) => L::validate(&values, diagnostics),
            Err(error) => diagnostics.push(error),
        }
    }

    fn list(&self, clients: &C, around: Surroundings, request: ListRequest) -> Result<Running<()>> {
        let client = <L::Resource as Resource>::Client::from_clients(clients)?;
        let ListRequest { config, whole, limit, send } = request;
        let read = whole.then(|| reader::<L::Resource>(client.clone(), &around));
        Ok(Box::pin(async move {
            let Surroundings { progress, deadline, limit: time, stop, .. } = around;
            let mut cx = ListContext::<L::Resource> {
                read,
                send,
                left: limit,
                reading: FuturesOrdered::new(),
                progress,
                deadline,
                limit: time,
                stop,
                resource: PhantomData,
            };
            let arguments = L::plan(&config, &config, &Path::default())?;
            let mut listed = L::list(&mut cx, &client, arguments).await;
            if listed.is_ok() {
                listed = cx.finish().await;
            }
            match listed {
                Err(error) if error.cause().is_some_and(|cause| cause.is::<Enough>()) => Ok(()),
                listed => listed,
            }
        }))
    }
}

/// Reads an object by its identity, as after an import.
fn reader<R: Resource>(client: R::Client, around: &Surroundings) -> Arc<ReadListed> {
    let (deadline, limit, stop) = (around.deadline, around.limit, around.stop.clone());
    Arc::new(move |identity| {
        let (client, stop) = (client.clone(), stop.clone());
        Box::pin(async move {
            let mut prior: Object = R::schema()
                .attributes
                .iter()
                .map(|a| (a.name.to_owned(), CtyValue::Null))
                .collect();
            prior.extend(identity.clone());
            let mut private = Private::default();
            private.set_imported(true);
            let around = Surroundings {
                operation: Operation::Read,
                progress: Progress::new(private),
                deadline,
                limit,
                stop,
                imported: true,
            };
            let objects = Objects { prior: Some(prior), ..Objects::default() };
            let mut cx = context::<R>(around, &objects)?;
            cx.listed = true;
            let identity = R::Identity::from_object(&identity)?;
            let found = R::read(&mut cx, &client, identity).await?;
            Ok(found.as_ref().map(object))
        })
    })
}

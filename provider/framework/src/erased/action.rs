//! Actions without their Rust type.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Running, Surroundings};
use crate::cty::{Path, Type};
use crate::schema::{Object, Schema};
use crate::{Action, ActionContext, Attributes, Diagnostics, FromClients, Result};

/// What is known of an action type.
#[derive(Debug)]
pub(crate) struct ActionDescription {
    pub(crate) group: &'static str,
    pub(crate) schema: Schema,
    pub(crate) ty: Type,
    pub(crate) timeout: Duration,
}

/// Takes what an action says of its progress.
pub(crate) type Report = Arc<dyn Fn(String) + Send + Sync>;

/// An action of a provider whose clients are `C`.
pub(crate) trait AnyAction<C>: Send + Sync {
    fn description(&self) -> &ActionDescription;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
    fn unknown(&self, clients: &C) -> bool;
    /// What stands against it, and the error that ends the plan.
    fn plan(&self, clients: &C, config: Object) -> Result<Running<(Diagnostics, Result<()>)>>;
    fn invoke(
        &self,
        clients: &C,
        around: Surroundings,
        report: Report,
        planned_and_config: (Object, Object),
    ) -> Result<Running<()>>;
}

/// The action `A`.
pub(crate) struct TypedAction<A> {
    description: OnceLock<ActionDescription>,
    model: PhantomData<fn() -> A>,
}

impl<A> TypedAction<A> {
    pub(crate) fn new() -> Self {
        Self { description: OnceLock::new(), model: PhantomData }
    }
}

impl<C, A> AnyAction<C> for TypedAction<A>
where
    A: Action<Client: FromClients<C>>,
{
    fn description(&self) -> &ActionDescription {
        self.description.get_or_init(|| {
            let schema = A::schema();
            let ty = schema.ty();
            ActionDescription { group: A::GROUP, schema, ty, timeout: A::TIMEOUT }
        })
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        match A::values(config, &Path::default()) {
            Ok(values) => A::validate(&values, diagnostics),
            Err(error) => diagnostics.push(error),
        }
    }

    fn unknown(&self, clients: &C) -> bool {
        A::Client::unknown(clients)
    }

    fn plan(&self, clients: &C, config: Object) -> Result<Running<(Diagnostics, Result<()>)>> {
        let client = match A::Client::unknown(clients) {
            true => None,
            false => Some(A::Client::from_clients(clients)?),
        };
        Ok(Box::pin(async move {
            let config = A::values(&config, &Path::default())?;
            let mut diagnostics = Diagnostics::default();
            let outcome = <A as Action>::plan(&config, client.as_ref(), &mut diagnostics).await;
            Ok((diagnostics, outcome))
        }))
    }

    fn invoke(
        &self,
        clients: &C,
        around: Surroundings,
        report: Report,
        (planned, config): (Object, Object),
    ) -> Result<Running<()>> {
        let client = A::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let Surroundings { progress, deadline, limit, stop, .. } = around;
            let mut cx = ActionContext { report, progress, deadline, limit, stop };
            let arguments = <A as Attributes>::plan(&planned, &config, &Path::default())?;
            A::invoke(&mut cx, &client, arguments).await
        }))
    }
}

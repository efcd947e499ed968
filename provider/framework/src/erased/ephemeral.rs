//! Ephemeral resources without their Rust type.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::{DataSourceDescription, Running, Surroundings, object};
use crate::cty::Path;
use crate::schema::Object;
use crate::{Diagnostics, EphemeralContext, EphemeralResource, FromClients, Result};

/// What came of an open or a renewal, beside what is in the progress.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    pub(crate) result: Object,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An ephemeral resource of a provider whose clients are `C`.
pub(crate) trait AnyEphemeralResource<C>: Send + Sync {
    fn description(&self) -> &DataSourceDescription;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
    fn unknown(&self, clients: &C) -> bool;
    fn open(&self, clients: &C, around: Surroundings, config: Object) -> Result<Running<Opened>>;
    fn renew(&self, clients: &C, around: Surroundings) -> Result<Running<Opened>>;
    fn close(&self, clients: &C, around: Surroundings) -> Result<Running<()>>;
}

/// The ephemeral resource `E`.
pub(crate) struct TypedEphemeralResource<E> {
    description: OnceLock<DataSourceDescription>,
    model: PhantomData<fn() -> E>,
}

impl<E> TypedEphemeralResource<E> {
    pub(crate) fn new() -> Self {
        Self { description: OnceLock::new(), model: PhantomData }
    }
}

fn context(around: Surroundings) -> EphemeralContext {
    let Surroundings { progress, deadline, limit, stop, .. } = around;
    EphemeralContext { progress, renew_at: None, deadline, limit, stop }
}

impl<C, E> AnyEphemeralResource<C> for TypedEphemeralResource<E>
where
    E: EphemeralResource<Client: FromClients<C>>,
{
    fn description(&self) -> &DataSourceDescription {
        self.description.get_or_init(|| DataSourceDescription::of(E::GROUP, E::schema()))
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        match E::values(config, &Path::default()) {
            Ok(values) => E::validate(&values, diagnostics),
            Err(error) => diagnostics.push(error),
        }
    }

    fn unknown(&self, clients: &C) -> bool {
        E::Client::unknown(clients)
    }

    fn open(&self, clients: &C, around: Surroundings, config: Object) -> Result<Running<Opened>> {
        let client = E::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context(around);
            let arguments = E::plan(&config, &config, &Path::default())?;
            let opened = E::open(&mut cx, &client, arguments).await?;
            Ok(Opened { result: object(&opened), renew_at: cx.renew_at })
        }))
    }

    fn renew(&self, clients: &C, around: Surroundings) -> Result<Running<Opened>> {
        let client = E::Client::from_clients(clients)?;
        Ok(Box::pin(async move {
            let mut cx = context(around);
            E::renew(&mut cx, &client).await?;
            Ok(Opened { renew_at: cx.renew_at, ..Opened::default() })
        }))
    }

    fn close(&self, clients: &C, around: Surroundings) -> Result<Running<()>> {
        let client = E::Client::from_clients(clients)?;
        Ok(Box::pin(async move { E::close(&mut context(around), &client).await }))
    }
}

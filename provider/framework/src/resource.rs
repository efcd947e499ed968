//! Resources: what an author implements beside the derive.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cty::{Path, Value as CtyValue};
use crate::progress::{Critical, Progress};
use crate::schema::Object;
use crate::timeouts::Operation;
use crate::{
    AttributeType, Diagnostic, Diagnostics, IdentityModel, PlanContext, ResourceModel, Result,
    Source,
};

/// An object that Terraform creates, reads, updates and deletes.
///
/// The struct says what the object is (`#[derive(Resource)]`); this trait says how its API makes it so.
/// The framework plans, converts, carries what only the configuration knows, limits the time and keeps
/// the state of what was begun.
pub trait Resource: ResourceModel<Identity: for<'a> From<&'a Self>> {
    /// What talks to the API.
    type Client: Clone + Send + Sync + 'static;

    /// Reports what is wrong with a configuration beyond what its types say. Values may be unknown.
    fn validate(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Adds to a plan: warnings, replacements, values that are not known before the apply. It must answer
    /// the same when asked twice. There is no client while the provider's configuration is unknown.
    ///
    /// # Errors
    /// What makes the plan impossible.
    fn plan(
        cx: &mut PlanContext<Self>,
        client: Option<&Self::Client>,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, client);
        async { Ok(()) }
    }

    /// Makes the object. Call [`Context::created`] as soon as the server has it.
    ///
    /// # Errors
    /// What the server said. Once `created` was called the object is kept in the state, tainted.
    fn create(
        cx: &mut Context<Self>,
        client: &Self::Client,
        plan: Self::Plan,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Looks at the object; `None` only when the server answered that it is not there.
    ///
    /// # Errors
    /// Anything that kept it from knowing.
    fn read(
        cx: &mut Context<Self>,
        client: &Self::Client,
        identity: Self::Identity,
    ) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// Finds what an import id names by other attributes than those of the identity: they are what
    /// [`Context::prior`] holds. `None` when the server answered that there is no such object.
    ///
    /// # Errors
    /// Anything that kept it from knowing, and several objects of that description.
    fn find(
        cx: &mut Context<Self>,
        client: &Self::Client,
    ) -> impl Future<Output = Result<Option<Self::Identity>>> + Send {
        let _ = (cx, client);
        async { Err(Diagnostic::error("The import id does not identify the object")) }
    }

    /// Changes the object in place.
    ///
    /// # Errors
    /// What the server said; the next refresh finds what was done by then.
    fn update(
        cx: &mut Context<Self>,
        client: &Self::Client,
        identity: Self::Identity,
        update: Update<Self>,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Destroys the object. One that is gone already is a success.
    ///
    /// # Errors
    /// What the server said.
    fn delete(
        cx: &mut Context<Self>,
        client: &Self::Client,
        identity: Self::Identity,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Turns a stored state of version `from` into one of version `from + 1`.
    ///
    /// # Errors
    /// A state that no upgrader knows.
    fn upgrade(from: i64, state: &mut Map<String, Json>) -> Result<()> {
        let _ = state;
        Err(Diagnostic::error(format!("No upgrade from version {from} of the state is known"))
            .hint("use a version of the provider that wrote it, or a newer one"))
    }

    /// Turns a stored identity of version `from` into one of version `from + 1`.
    ///
    /// # Errors
    /// An identity that no upgrader knows.
    fn upgrade_identity(from: i64, identity: &mut Map<String, Json>) -> Result<()> {
        let _ = identity;
        Err(Diagnostic::error(format!("No upgrade from version {from} of the identity is known"))
            .hint("use a version of the provider that wrote it, or a newer one"))
    }

    /// Takes over an object that another resource type, maybe of another provider, has managed: turns
    /// its state into one of this type, as it would be stored. What is left out is null, and the read
    /// that follows fills it, as after an import. Nothing, when this type takes over no such state.
    ///
    /// # Errors
    /// Why that very object cannot be taken over.
    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        let _ = source;
        Ok(None)
    }
}

/// What an update has to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Update<R: ResourceModel> {
    /// Everything as it shall become.
    pub plan: R::Plan,
    /// What differs from the prior state.
    pub changes: R::Changes,
}

/// What surrounds a create, read, update or delete.
#[derive(Debug)]
pub struct Context<R: ResourceModel> {
    pub(crate) operation: Operation,
    pub(crate) prior: Option<R::Values>,
    pub(crate) config: Option<R::Values>,
    pub(crate) imported: bool,
    pub(crate) listed: bool,
    pub(crate) progress: Progress,
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
    /// Prior state and plan as values, for comparing.
    pub(crate) prior_object: Object,
    pub(crate) planned_object: Object,
    pub(crate) model: PhantomData<R>,
}

impl<R: ResourceModel> Context<R> {
    /// The state before; nothing in a create. After an import only what identifies the object is set.
    pub fn prior(&self) -> Option<&R::Values> {
        self.prior.as_ref()
    }

    /// The configuration, in a create and an update.
    pub fn config(&self) -> Option<&R::Values> {
        self.config.as_ref()
    }

    /// Whether this is the first read after an import, which adopts the object.
    pub fn imported(&self) -> bool {
        self.imported
    }

    /// Whether this read is only for showing what a listing found: Terraform records nothing of it.
    pub fn listed(&self) -> bool {
        self.listed
    }

    /// Whether the plan leaves the attribute of this name to the apply: any other answer has to be what was
    /// planned.
    pub fn leaves_open(&self, name: &str) -> bool {
        matches!(self.planned_object.get(name), Some(CtyValue::Unknown(_)))
    }

    /// Whether the configuration that was last applied, or is, sets the setting at `path`, or names the
    /// element of a map there.
    pub fn configured(&self, path: &str) -> bool {
        self.progress.lock().private.configured().contains(path)
    }

    /// What the plan says of the attribute of this name; nothing where it leaves it to the apply. An
    /// update has to answer that, even where the server has something else since: the next refresh shows
    /// it.
    pub fn promised<T: AttributeType<Plan = T>>(&self, name: &str) -> Option<T> {
        let planned = self.planned_object.get(name).filter(|value| !value.is_null())?;
        let path = Path::from(name);
        planned.is_wholly_known().then(|| T::read_plan(planned, planned, &path).ok()).flatten()
    }

    /// The attributes that this update changes and that `fresh`, what the server has now, shows to have
    /// moved since the prior state: somebody else changed the same things.
    pub fn moved(&self, fresh: &R) -> Vec<Path> {
        let mut now = Object::new();
        fresh.write(&mut now);
        let attributes = R::schema().attributes;
        let moved = attributes.iter().filter(|attribute| {
            if attribute.carried() {
                return false;
            }
            let get = |object: &Object| object.get(attribute.name).cloned();
            let (prior, planned) = (get(&self.prior_object), get(&self.planned_object));
            let Some(now) = get(&now) else { return false };
            let same = |other: &Option<CtyValue>| {
                other.as_ref().is_some_and(|other| attribute.equivalent(other, &now))
            };
            prior != planned && !same(&prior) && !same(&planned)
        });
        moved.map(|attribute| attribute.name.into()).collect()
    }

    /// Which operation runs.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// When the operation's time is up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the operation may take in all.
    pub fn time_limit(&self) -> Duration {
        self.limit
    }

    /// Cancelled when Terraform asks to stop. The framework drops the operation then, except inside
    /// [`Context::critical`].
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Says that the server has the object: from here on no error, time limit, Ctrl-C or panic makes
    /// Terraform forget it.
    pub fn created(&self, identity: &R::Identity) {
        self.progress.lock().identity = Some(identity.to_object());
    }

    /// Says what an attribute is before the operation ends: kept in the state when it does not end well.
    pub fn reached<T: AttributeType>(&self, name: &str, value: &T) {
        self.progress.lock().known.insert(name.to_owned(), value.to_value());
    }

    /// The text that an attribute had in the state before.
    pub fn prior_text(&self, name: &str) -> Option<&str> {
        self.prior_object.get(name).and_then(CtyValue::as_str)
    }

    /// Takes [`Context::created`] back: the server does not have the object after all.
    pub fn abandoned(&self) {
        self.progress.lock().identity = None;
    }

    /// Holds off a stop while the guard lives: for a request that makes something and the line that
    /// records it. Keep it short.
    #[must_use = "the section ends when the guard is dropped"]
    pub fn critical(&self) -> Critical {
        self.progress.critical()
    }

    /// What was remembered under `key`.
    ///
    /// # Errors
    /// A value of another shape than `T`.
    pub fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.progress.lock().private.get(key)
    }

    /// Remembers `value` under `key` in the private state. Never a secret.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn remember(&self, key: &str, value: &impl Serialize) -> Result<()> {
        self.progress.lock().private.set(key, value)
    }

    /// Forgets what was remembered under `key`.
    pub fn forget(&self, key: &str) {
        self.progress.lock().private.remove(key);
    }

    /// What the plan found out under `key`, see [`PlanContext::once`](crate::PlanContext::once); nothing where
    /// Terraform keeps no such thing, and in a read or delete.
    ///
    /// # Errors
    /// A value of another shape than `T`.
    pub fn found<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.progress.lock().private.found(key)
    }

    /// Adds a warning to the answer.
    pub fn warn(&self, warning: Diagnostic) {
        self.progress.lock().diagnostics.push(warning);
    }
}

//! Ephemeral resources: what an author implements beside the derive.

use std::future::Future;
use std::time::{Duration, SystemTime};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::progress::Progress;
use crate::{Diagnostic, Diagnostics, EphemeralResourceModel, Result};

/// Something that exists while Terraform runs, such as a session or a ticket: it is in no state and in
/// no plan.
pub trait EphemeralResource: EphemeralResourceModel {
    /// What talks to the API.
    type Client: Clone + Send + Sync + 'static;

    /// Reports what is wrong with a configuration beyond what its types say. Values may be unknown.
    fn validate(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Opens it. What closing it needs is handed over with [`EphemeralContext::remember`]. When this
    /// fails nothing is closed later, so it leaves nothing open.
    ///
    /// # Errors
    /// What the server said.
    fn open(
        cx: &mut EphemeralContext,
        client: &Self::Client,
        arguments: Self::Plan,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Keeps it alive, when the time that [`EphemeralContext::renew_at`] named has come. Its values stay
    /// as they were opened.
    ///
    /// # Errors
    /// What the server said.
    fn renew(
        cx: &mut EphemeralContext,
        client: &Self::Client,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, client);
        async { Ok(()) }
    }

    /// Closes it. One that is closed already is a success.
    ///
    /// # Errors
    /// What the server said.
    fn close(
        cx: &mut EphemeralContext,
        client: &Self::Client,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, client);
        async { Ok(()) }
    }
}

/// What surrounds the opening, renewing and closing of an ephemeral resource.
#[derive(Debug)]
pub struct EphemeralContext {
    pub(crate) progress: Progress,
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
}

impl EphemeralContext {
    /// Asks to be renewed at a time. Terraform may be late, so leave room before it ends.
    pub fn renew_at(&mut self, time: SystemTime) {
        self.renew_at = Some(time);
    }

    /// What was remembered under `key`.
    ///
    /// # Errors
    /// A value of another shape than `T`.
    pub fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.progress.lock().private.get(key)
    }

    /// Remembers `value` under `key` until the close. Nobody stores it: it may be a secret.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn remember(&self, key: &str, value: &impl Serialize) -> Result<()> {
        self.progress.lock().private.set(key, value)
    }

    /// Adds a warning to the answer.
    pub fn warn(&self, warning: Diagnostic) {
        self.progress.lock().diagnostics.push(warning);
    }

    /// When the operation's time is up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the operation may take in all.
    pub fn time_limit(&self) -> Duration {
        self.limit
    }

    /// Cancelled when Terraform asks to stop; the framework drops the operation then.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

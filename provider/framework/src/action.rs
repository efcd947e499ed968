//! Actions: what an author implements beside the derive.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::progress::Progress;
use crate::{ActionModel, Diagnostic, Diagnostics, Result};

/// Something that Terraform has done, such as a reboot: it has no state.
pub trait Action: ActionModel {
    /// What talks to the API.
    type Client: Clone + Send + Sync + 'static;

    /// Reports what is wrong with a configuration beyond what its types say. Values may be unknown.
    fn validate(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Reports, while there is still time to say no, why it cannot be done. It changes nothing. There is
    /// no client while the provider's configuration is unknown.
    ///
    /// # Errors
    /// What makes it impossible.
    fn plan(
        config: &Self::Values,
        client: Option<&Self::Client>,
        diagnostics: &mut Diagnostics,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (config, client, diagnostics);
        async { Ok(()) }
    }

    /// Does it.
    ///
    /// # Errors
    /// What the server said.
    fn invoke(
        cx: &mut ActionContext,
        client: &Self::Client,
        arguments: Self::Plan,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// What surrounds an action while it is done.
pub struct ActionContext {
    pub(crate) report: Arc<dyn Fn(String) + Send + Sync>,
    pub(crate) progress: Progress,
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
}

impl ActionContext {
    /// Tells the person at the terminal how far it has come. Never a secret.
    pub fn progress(&self, message: impl Into<String>) {
        (self.report)(message.into());
    }

    /// Adds a warning to the answer.
    pub fn warn(&self, warning: Diagnostic) {
        self.progress.lock().diagnostics.push(warning);
    }

    /// When the action's time is up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the action may take in all.
    pub fn time_limit(&self) -> Duration {
        self.limit
    }

    /// Cancelled when Terraform asks to stop; the framework drops the action then.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

impl std::fmt::Debug for ActionContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionContext")
            .field("progress", &self.progress)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

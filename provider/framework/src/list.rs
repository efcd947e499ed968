//! List resources: what an author implements beside the derive, so that `terraform query` finds what is
//! there already.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::progress::Progress;
use crate::schema::Object;
use crate::{Diagnostic, Diagnostics, IdentityModel, ListResourceModel, Resource, Result};

/// How the objects of a resource type are found, whoever made them.
///
/// An author says what there is, and what it is called. Where Terraform asks for whole objects, the
/// framework reads each with [`Resource::read`], as after an import.
pub trait ListResource: ListResourceModel {
    /// The resource whose objects are listed.
    type Resource: Resource;

    /// Reports what is wrong with a configuration beyond what its types say. Values may be unknown.
    fn validate(config: &Self::Values, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Finds them, and says so of each with [`ListContext::found`].
    ///
    /// # Errors
    /// What the server said.
    fn list(
        cx: &mut ListContext<Self::Resource>,
        client: &<Self::Resource as Resource>::Client,
        arguments: Self::Plan,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// One object that was found.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) identity: Object,
    pub(crate) display_name: String,
    /// The whole object, where it was asked for and could be read.
    pub(crate) object: Option<Object>,
    pub(crate) diagnostics: Diagnostics,
}

/// Reads a whole object; nothing when it has gone.
pub(crate) type ReadListed =
    dyn Fn(Object) -> BoxFuture<'static, Result<Option<Object>>> + Send + Sync;

/// Takes what was found; false when no more is wanted.
pub(crate) type SendListed = dyn Fn(Listed) -> BoxFuture<'static, bool> + Send + Sync;

/// What surrounds a listing.
pub struct ListContext<R: Resource> {
    /// Set where whole objects are wanted.
    pub(crate) read: Option<Arc<ReadListed>>,
    pub(crate) send: Arc<SendListed>,
    /// How many more are wanted.
    pub(crate) left: Option<usize>,
    pub(crate) reading: FuturesOrdered<BoxFuture<'static, Option<Listed>>>,
    pub(crate) progress: Progress,
    pub(crate) deadline: Instant,
    pub(crate) limit: Duration,
    pub(crate) stop: CancellationToken,
    pub(crate) resource: std::marker::PhantomData<fn() -> R>,
}

/// How many objects are read at once.
const AT_ONCE: usize = 8;

impl<R: Resource> ListContext<R> {
    /// Says that an object is there. Put a `?` behind it: it ends the listing when nobody wants more.
    ///
    /// # Errors
    /// Enough was found: Terraform's limit is reached, or it has gone away. The framework knows this
    /// error and reports it to nobody.
    pub async fn found(
        &mut self,
        identity: &R::Identity,
        display_name: impl Into<String>,
    ) -> Result<()> {
        let identity = identity.to_object();
        let listed = Listed { identity, display_name: display_name.into(), ..Listed::default() };
        let Some(read) = self.read.clone() else { return self.send(listed).await };
        // Read ahead, but not beyond what is wanted.
        while self.reading.len() >= AT_ONCE.min(self.left.unwrap_or(AT_ONCE)) {
            if let Some(Some(read)) = self.reading.next().await {
                self.send(read).await?;
            }
        }
        self.reading.push_back(Box::pin(async move {
            let mut listed = listed;
            match read(listed.identity.clone()).await {
                Ok(None) => return None,
                Ok(Some(object)) => listed.object = Some(object),
                // It is there; only what it is like is not known.
                Err(error) => listed.diagnostics.push(error.warned()),
            }
            Some(listed)
        }));
        Ok(())
    }

    /// Adds a warning to the answer.
    pub fn warn(&self, warning: Diagnostic) {
        self.progress.lock().diagnostics.push(warning);
    }

    /// When the listing's time is up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the listing may take in all.
    pub fn time_limit(&self) -> Duration {
        self.limit
    }

    /// Cancelled when Terraform asks to stop; the framework drops the listing then.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Sends what is still being read.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        while let Some(read) = self.reading.next().await {
            if let Some(read) = read {
                self.send(read).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, listed: Listed) -> Result<()> {
        if self.left == Some(0) || !(self.send)(listed).await {
            return Err(Enough.into());
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
            if *left == 0 {
                return Err(Enough.into());
            }
        }
        Ok(())
    }
}

impl<R: Resource> std::fmt::Debug for ListContext<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListContext").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Nobody wants more.
#[derive(Debug)]
pub(crate) struct Enough;

impl std::fmt::Display for Enough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("enough was found")
    }
}

impl std::error::Error for Enough {}

//! One operation of a resource: within its time, with what it reached when it did not end well.

use tokio::time::Instant;

use super::Server;
use crate::engine::run::{self, Limits};
use crate::erased::{AnyResource, Running, Surroundings};
use crate::progress::Progress;
use crate::schema::Object;
use crate::{Diagnostics, Operation, Private, Provider, Result, Situation, Timeouts};

/// Time limits of a resource that declares none.
const TIMEOUTS: Timeouts = Timeouts {
    create: std::time::Duration::from_secs(30 * 60),
    read: std::time::Duration::from_secs(5 * 60),
    update: std::time::Duration::from_secs(30 * 60),
    delete: std::time::Duration::from_secs(10 * 60),
};

/// One operation with all that it needs to run.
pub(super) struct Job {
    operation: Operation,
    progress: Progress,
    timeouts: Limits,
    imported: bool,
    situation: Situation,
}

/// What came of a job.
pub(super) struct Finished<T> {
    pub(super) outcome: Result<T>,
    pub(super) private: Private,
    pub(super) identity: Option<Object>,
    pub(super) known: Object,
    pub(super) diagnostics: Diagnostics,
}

impl Job {
    pub(super) fn new<P: Provider>(
        server: &Server<P>,
        resource: &dyn AnyResource<P::Clients>,
        operation: Operation,
        private: Private,
        values: &Object,
        subject: &Object,
    ) -> Self {
        let timeouts = resource.description().timeouts.unwrap_or(TIMEOUTS);
        let limit = timeouts.of(operation, values);
        let situation = server.situation(resource, operation.verb(), subject.clone());
        let timeouts = Limits {
            deadline: Instant::now() + limit,
            limit,
            stop: server.stop_token(),
            attempt: situation.attempt.clone(),
        };
        let situation = Situation { values: values.clone(), ..situation };
        let imported = private.imported();
        Self { operation, progress: Progress::new(private), timeouts, imported, situation }
    }

    pub(super) async fn run<P: Provider, T: Send + 'static>(
        self,
        server: &Server<P>,
        start: impl FnOnce(&P::Clients, Surroundings) -> Result<Running<T>>,
    ) -> Finished<T> {
        let Self { operation, progress, timeouts, imported, situation } = self;
        let around = Surroundings {
            operation,
            progress: progress.clone(),
            deadline: timeouts.deadline,
            limit: timeouts.limit,
            stop: timeouts.stop.clone(),
            imported,
        };
        let started = server.configured().and_then(|clients| start(&clients, around));
        let outcome = match started {
            Ok(running) => run::run(running, &progress, timeouts).await,
            Err(error) => Err(error),
        };
        let mut reached = progress.lock();
        let private = reached.private.clone();
        let identity = reached.identity.clone();
        let known = reached.known.clone();
        let gathered = std::mem::take(&mut reached.diagnostics);
        drop(reached);
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(gathered.into_iter().map(|one| server.explain(one, &situation)));
        let outcome = outcome.map_err(|error| server.explain(error, &situation));
        Finished { outcome, private, identity, known, diagnostics }
    }
}

//! How far an operation has come, seen from outside it: what is kept when it does not return.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::schema::Object;
use crate::{Diagnostics, Private};

/// Shared between a running operation and who waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    reached: Arc<Mutex<Reached>>,
    critical: Arc<watch::Sender<usize>>,
}

/// What an operation has reached.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Set once the server has the object.
    pub(crate) identity: Option<Object>,
    /// Attributes that are known before the operation ends.
    pub(crate) known: Object,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
}

impl Progress {
    pub(crate) fn new(private: Private) -> Self {
        let reached = Reached { private, ..Reached::default() };
        Self { reached: Arc::new(Mutex::new(reached)), critical: Arc::new(watch::Sender::new(0)) }
    }

    /// A panic while it was held leaves what was reached, which is all that matters then.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn critical(&self) -> Critical {
        self.critical.send_modify(|count| *count += 1);
        Critical(Arc::clone(&self.critical))
    }

    /// Waits until no critical section is open.
    pub(crate) async fn interruptible(&self) {
        // The sender lives in `self`, so the wait ends with an open door, never with an error.
        let _ = self.critical.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Holds off a stop while it lives; see [`Context::critical`](crate::Context::critical).
#[derive(Debug)]
pub struct Critical(Arc<watch::Sender<usize>>);

impl Drop for Critical {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

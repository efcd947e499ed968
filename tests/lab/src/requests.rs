//! The log of requests: what arrived, where, and how it was answered; never a value.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// One request. Values of parameters are not kept: some are secret.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// System at whose port it arrived: `proxmox`, `netbox` or `idrac`.
    pub system: String,
    /// Node at whose port it arrived; the name of the server for the other systems.
    pub node: String,
    /// HTTP method.
    pub method: String,
    /// Path without the query; of Proxmox after `/api2/json`, of NetBox after `/api`.
    pub path: String,
    /// Names of the parameters in query and body, sorted.
    pub parameters: Vec<String>,
    /// Status of the answer; `None` while there is none, and for good when the connection broke.
    pub status: Option<u16>,
}

/// The log of one lab. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    entries: Arc<Mutex<Vec<Request>>>,
}

impl Requests {
    /// All requests since the start or the last [`Requests::clear`].
    #[must_use]
    pub fn all(&self) -> Vec<Request> {
        self.entries().clone()
    }

    /// Place in the log from which [`Requests::since`] reads on.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.entries().len()
    }

    /// Requests after a mark.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Request> {
        self.entries().get(mark..).unwrap_or_default().to_vec()
    }

    /// Forgets everything; marks taken before are void.
    pub fn clear(&self) {
        self.entries().clear();
    }

    pub(crate) fn arrived(&self, request: Request) -> usize {
        let mut entries = self.entries();
        entries.push(request);
        entries.len() - 1
    }

    pub(crate) fn answered(&self, index: usize, status: u16) {
        if let Some(request) = self.entries().get_mut(index) {
            request.status = Some(status);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Request>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

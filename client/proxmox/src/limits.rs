//! How many operations run at once on a node, from a source, on a storage.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use onprem_http::Deadline;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, ErrorKind, NodeName, StorageName, VmId};

/// What an operation makes busy; the order is the order in which turns are taken
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Busy {
    /// A guest: its configuration lock lets one operation in at a time
    Guest(VmId),
    /// The guest that is cloned: its lock is shared by clones, but full ones outlast the lock's 10 s
    Source(VmId),
    /// A storage of a node, which writes
    Storage(NodeName, StorageName),
    /// A node, which runs the task
    Node(NodeName),
}

/// How many operations of each sort run at the same time
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tasks on one node; 4 by default, as many as a node gives itself
    pub tasks_per_node: usize,
    /// Clones of one guest; 1 by default
    pub clones_per_source: usize,
    /// Downloads and uploads to one storage of one node; 2 by default
    pub transfers_per_storage: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tasks_per_node: 4, clones_per_source: 1, transfers_per_storage: 2 }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Turns {
    limits: Limits,
    semaphores: Mutex<HashMap<Busy, Arc<Semaphore>>>,
}

impl Turns {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, semaphores: Mutex::default() }
    }

    /// Wait for a turn at all of these; the turns end when the permits are dropped
    pub(crate) async fn take(
        &self,
        mut busy: Vec<Busy>,
        deadline: &Deadline,
    ) -> Result<Vec<OwnedSemaphorePermit>, Error> {
        // One order for everybody: nobody waits for somebody who waits for him.
        busy.sort();
        busy.dedup();
        let mut permits = Vec::with_capacity(busy.len());
        for busy in busy {
            let turn = deadline.run(self.semaphore(&busy).acquire_owned()).await;
            let Some(Ok(permit)) = turn else {
                let doing = match &busy {
                    Busy::Guest(vmid) => format!("other operations on guest {vmid} ran"),
                    Busy::Source(vmid) => format!("other clones of guest {vmid} ran"),
                    Busy::Storage(_, storage) => {
                        format!("other transfers to storage {storage} ran")
                    }
                    Busy::Node(node) => format!("other tasks on node {node} ran"),
                };
                return Err(Error::new(ErrorKind::Timeout, deadline.passed_while(&doing)));
            };
            permits.push(permit);
        }
        Ok(permits)
    }

    fn semaphore(&self, busy: &Busy) -> Arc<Semaphore> {
        let count = match busy {
            Busy::Guest(_) => 1,
            Busy::Source(_) => self.limits.clones_per_source,
            Busy::Storage(..) => self.limits.transfers_per_storage,
            Busy::Node(_) => self.limits.tasks_per_node,
        };
        let mut semaphores = self.semaphores.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        semaphores.entry(busy.clone()).or_insert_with(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_second_clone_of_one_source_waits_for_the_first() {
        let turns = Turns::default();
        let source = VmId::new(9000).unwrap();
        let patient = Deadline::after(Duration::from_secs(60), "the test timeout");
        let first = turns.take(vec![Busy::Source(source)], &patient).await.unwrap();
        let hasty = Deadline::after(Duration::from_millis(1), "the clone timeout");
        let error = turns.take(vec![Busy::Source(source)], &hasty).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the clone timeout of 1ms passed while other clones of guest 9000 ran"
        );
        drop(first);
        turns.take(vec![Busy::Source(source)], &patient).await.unwrap();
    }
}

//! The client of a configured cluster.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, RangeInclusive};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use onprem_http::{Deadline, Secret};
use onprem_proxmox::{Client, GuestLocation, VmId};
use tf_provider::{Context, ResourceModel, Result};
use tokio::time::Instant;

use crate::proxmox::fingerprint::is_being_made;

/// Time limit where no operation brings its own: data sources and plans.
const DEFAULT_LIMIT: Duration = Duration::from_secs(5 * 60);

/// A client of the configured cluster; dereferences to [`onprem_proxmox::Client`].
#[derive(Clone, Debug)]
pub(crate) struct Proxmox {
    client: Client,
    deadline: Deadline,
    /// The configuration's name, which marks what it is about to create.
    pub(crate) owner: Option<String>,
    /// The guests that this process has begun to make.
    begun: Arc<Mutex<HashSet<VmId>>>,
    /// The UUIDs of finished guests that a search for an unfinished one has come upon.
    finished: Arc<Mutex<HashMap<VmId, Option<String>>>>,
    /// Where to look for a free guest number.
    pub(crate) vm_id_range: Option<RangeInclusive<VmId>>,
    /// User and password of the provider block, where it has them.
    pub(crate) login: Option<(String, Secret)>,
}

impl Proxmox {
    pub(super) fn new(
        client: Client,
        owner: Option<String>,
        vm_id_range: Option<RangeInclusive<VmId>>,
        login: Option<(String, Secret)>,
    ) -> Self {
        let deadline = Deadline::after(DEFAULT_LIMIT, "the default timeout");
        let (begun, finished) = (Arc::default(), Arc::default());
        Self { client, deadline, owner, begun, finished, vm_id_range, login }
    }

    /// The same client, within the time that the operation has.
    pub(crate) fn within<R: ResourceModel>(&self, cx: &Context<R>) -> Self {
        let name = format!("the {} timeout", cx.operation().verb());
        self.until(cx.deadline(), cx.time_limit(), &name)
    }

    /// The same client, until `deadline`, the end of `limit`, which is called `name`.
    pub(crate) fn until(&self, deadline: Instant, limit: Duration, name: &str) -> Self {
        let deadline = Deadline::at(deadline.into_std(), limit, name);
        Self { client: self.client.until(&deadline), deadline, ..self.clone() }
    }

    /// When the operation's time is up.
    pub(crate) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Finds a guest, once nobody is making it any more.
    pub(crate) async fn locate_made(&self, vm_id: VmId) -> Result<Option<GuestLocation>> {
        loop {
            let found = self.locate(vm_id).await?;
            let making = found.as_ref().is_some_and(|found| is_being_made(&found.config));
            if !making || self.deadline.has_passed() {
                return Ok(found);
            }
            tokio::time::sleep(self.deadline.at_most(Duration::from_millis(500))).await;
        }
    }

    /// Notes that this process makes the guest; whether it was not noted before.
    pub(crate) fn begin(&self, vm_id: VmId) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(vm_id)
    }

    /// Whether this process has begun to make the guest.
    pub(crate) fn has_begun(&self, vm_id: VmId) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).contains(&vm_id)
    }

    /// Notes that a guest is finished, with its UUID: nobody goes on with it.
    pub(crate) fn note_finished(&self, vm_id: VmId, uuid: Option<String>) {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).insert(vm_id, uuid);
    }

    /// What was noted of a finished guest.
    pub(crate) fn finished(&self, vm_id: VmId) -> Option<Option<String>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).get(&vm_id).cloned()
    }
}

impl Deref for Proxmox {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

//! Locks of guests' configurations, waited for in lab time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;

/// How long the server waits for a guest's lock.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One lock a guest.
#[derive(Debug)]
pub(crate) struct Locks {
    clock: Clock,
    guests: Mutex<HashMap<u32, Arc<tokio::sync::Mutex<()>>>>,
}

/// A held lock.
pub(crate) type Held = OwnedMutexGuard<()>;

impl Locks {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, guests: Mutex::new(HashMap::new()) }
    }

    /// Takes a guest's lock if it is free.
    pub(crate) fn try_guest(&self, vmid: u32) -> Option<Held> {
        self.lock_of(vmid).try_lock_owned().ok()
    }

    /// Waits for a guest's lock, 10 s of lab time at most.
    ///
    /// # Errors
    /// The server's text.
    pub(crate) async fn guest(&self, vmid: u32) -> Result<Held, String> {
        tokio::select! {
            biased;
            held = self.lock_of(vmid).lock_owned() => Ok(held),
            () = self.clock.sleep(TIMEOUT) => Err(timeout_text(vmid)),
        }
    }

    fn lock_of(&self, vmid: u32) -> Arc<tokio::sync::Mutex<()>> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(guests.entry(vmid).or_default())
    }
}

/// What a call answers that did not get the lock.
pub(crate) fn timeout_text(vmid: u32) -> String {
    format!("can't lock file '/var/lock/qemu-server/lock-{vmid}.conf' - got timeout")
}

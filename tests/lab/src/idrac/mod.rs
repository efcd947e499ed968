//! The iDRACs of the lab's servers: one HTTPS port each, with a tree, sessions, a job queue and an
//! engine that downloads, verifies and installs firmware on the lab's clock.

mod auth;
mod documents;
mod engine;
mod faults;
mod hardware;
mod inventory;
mod jobs;
mod messages;
mod multipart;
mod packages;
mod power;
mod queue;
mod reply;
mod routes;
mod server;
mod state;
mod update;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::hardware::{Generation, Hardware, SERVERS};
use self::state::{Availability, State};
use crate::clock::Clock;
use crate::downloads::Downloads;
use crate::faults::Faults;
use crate::requests::Requests;

pub(crate) use self::packages::all as packages;
pub(crate) use self::server::serve;

/// The account that every iDRAC has.
pub(crate) const USERNAME: &str = "root";

/// One iDRAC and the server that it is in.
#[derive(Debug)]
pub(crate) struct Idrac {
    pub(crate) hardware: &'static Hardware,
    clock: Clock,
    faults: Faults,
    requests: Requests,
    downloads: Downloads,
    password: String,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    background: Mutex<JoinSet<()>>,
    /// Held by whoever writes firmware through the Lifecycle Controller.
    lifecycle_controller: tokio::sync::Mutex<()>,
}

/// The iDRACs of a lab that starts.
pub(crate) fn all(
    clock: &Clock,
    faults: &Faults,
    requests: &Requests,
    downloads: &Downloads,
    password: &str,
) -> Vec<Arc<Idrac>> {
    let idrac = |hardware: &'static Hardware| Idrac {
        hardware,
        clock: clock.clone(),
        faults: faults.clone(),
        requests: requests.clone(),
        downloads: downloads.clone(),
        password: password.to_owned(),
        state: Mutex::new(State::new(hardware)),
        changed: watch::Sender::new(0),
        background: Mutex::new(JoinSet::new()),
        lifecycle_controller: tokio::sync::Mutex::new(()),
    };
    SERVERS.iter().map(|hardware| Arc::new(idrac(hardware))).collect()
}

impl Idrac {
    /// Name of the server.
    pub(crate) fn name(&self) -> &'static str {
        self.hardware.name
    }

    /// Names for its certificate.
    pub(crate) fn host_names(&self) -> Vec<String> {
        vec![format!("idrac-{}", self.hardware.service_tag), self.hardware.name.to_owned()]
    }

    /// What the server holds. Times are not in it.
    pub(crate) fn inventory(&self) -> Value {
        self.state().summary(self.hardware)
    }

    /// Ends everything that runs in the background.
    pub(crate) fn stop(&self) {
        self.background.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    /// Restarts the iDRAC itself, as its button does. The host runs on.
    pub(crate) fn restart(self: &Arc<Self>) {
        let idrac = Arc::clone(self);
        self.spawn(async move { engine::restart_idrac(&idrac, None).await });
    }

    /// Resets the host, as somebody beside it does.
    pub(crate) fn reset_host(self: &Arc<Self>) {
        power::restart_host(self, "operator", "ForceRestart", false);
    }

    fn generation(&self) -> Generation {
        self.hardware.generation
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells those who wait.
    fn change<T>(&self, edit: impl FnOnce(&mut State) -> T) -> T {
        let result = edit(&mut self.state());
        self.changed.send_modify(|count| *count += 1);
        result
    }

    /// Waits until the state says something.
    async fn wait_for<T>(&self, mut read: impl FnMut(&State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = read(&self.state()) {
                return found;
            }
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets seconds of the lab's time pass.
    async fn pass(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// Whether the port refuses connections.
    fn refuses(&self) -> bool {
        self.state().availability == Availability::Down || self.faults.offline(self.name())
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        while background.try_join_next().is_some() {}
        background.spawn(work);
    }
}

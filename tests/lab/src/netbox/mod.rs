//! A NetBox: IPAM, tenancy, virtualization and what of DCIM and extras belongs to them, in the shapes
//! of 4.2 to 4.7.
//!
//! One engine serves every type of object; `types` says what the types are. A request works on a copy
//! of the store, under one lock, so that what fails leaves nothing and allocation is atomic.

mod allocate;
mod api;
mod auth;
mod custom_fields;
mod decode;
mod filter;
mod list;
mod net;
mod render;
mod reply;
mod rules;
mod server;
mod store;
mod types;
mod version;
mod write;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;

pub(crate) use auth::Access;
pub(crate) use server::serve;
pub(crate) use version::Version;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::requests::Requests;
use api::ApiRequest;
use reply::Reply;
use store::Store;

/// Name of the user to whom the tokens belong.
const USER: &str = "admin";
const USER_ID: u64 = 1;

/// The NetBox of one lab.
#[derive(Debug)]
pub(crate) struct NetBox {
    pub(crate) access: Access,
    version: Version,
    clock: Clock,
    faults: Faults,
    requests: Requests,
    started: SystemTime,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    /// Time of the last request, so that no two have the same.
    last: SystemTime,
}

impl NetBox {
    pub(crate) fn new(version: Version, clock: Clock, faults: Faults, requests: Requests) -> Self {
        let started = SystemTime::now();
        let state = State { store: Store::new(version.minor()), last: started };
        Self {
            access: Access::new(),
            version,
            clock,
            faults,
            requests,
            started,
            state: Mutex::new(state),
        }
    }

    /// Everything that it holds, by path and display; without times and numbers.
    pub(crate) fn inventory(&self) -> Value {
        self.state().store.inventory()
    }

    fn answer(&self, request: &ApiRequest) -> Reply {
        let mut state = self.state();
        let State { store, last } = &mut *state;
        *last = (self.started + self.clock.passed()).max(*last + Duration::from_micros(1));
        let now = humantime::format_rfc3339_micros(*last).to_string();
        api::handle(store, &self.version, &self.access, &now, request)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What one iDRAC knows: components, jobs, sessions, power.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::auth::Session;
use super::hardware::{Hardware, Kind, Part};
use super::jobs::Job;
use super::packages::Package;

/// State of one server.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) components: Vec<Component>,
    /// Pushed files that wait for their installation, by id in the inventory.
    pub(crate) available: BTreeMap<String, Package>,
    /// By id, in the order of their making.
    pub(crate) jobs: BTreeMap<String, Job>,
    pub(crate) last_job: u64,
    pub(crate) sessions: BTreeMap<u64, Session>,
    pub(crate) last_session: u64,
    pub(crate) availability: Availability,
    pub(crate) idrac_restarts: u64,
    pub(crate) power: Power,
    /// Changes with the inventory; its ETag.
    pub(crate) revision: u64,
}

/// Whether the iDRAC answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Availability {
    /// The port refuses.
    Down,
    /// It answers 503 to everything.
    Initializing,
    /// It answers, but the Lifecycle Controller is not ready.
    LifecycleController,
    Ready,
}

/// Power of the host.
#[derive(Debug)]
pub(crate) struct Power {
    pub(crate) on: bool,
    /// Whether it is in its power-on self-test.
    pub(crate) post: bool,
    /// Whether the Lifecycle Controller collects the inventory after a POST.
    pub(crate) collecting: bool,
    /// POSTs so far.
    pub(crate) boots: u64,
    /// When the last of them began, in seconds since 1970; 0 before the first.
    pub(crate) booted_at: u64,
    /// POSTs so far that came after the power had been away.
    pub(crate) cold_boots: u64,
    /// Everything that happened to the host, in order.
    pub(crate) events: Vec<PowerEvent>,
}

/// Something that happened to the host.
#[derive(Clone, Debug)]
pub(crate) struct PowerEvent {
    /// Reset type.
    pub(crate) what: String,
    /// `client` for an action, the id of a job, or `operator`.
    pub(crate) by: String,
}

/// A component as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) part: &'static Part,
    pub(crate) version: String,
    pub(crate) previous: Option<String>,
    /// Lab time of the last update, in seconds since 1970; 0 for the factory's.
    pub(crate) installed_at: u64,
}

impl State {
    pub(crate) fn new(hardware: &'static Hardware) -> Self {
        let components = hardware.parts.iter().map(|part| Component {
            part,
            version: part.version.to_owned(),
            previous: part.previous.map(str::to_owned),
            installed_at: 0,
        });
        Self {
            components: components.collect(),
            available: BTreeMap::new(),
            jobs: BTreeMap::new(),
            last_job: 0,
            sessions: BTreeMap::new(),
            last_session: 0,
            availability: Availability::Ready,
            idrac_restarts: 0,
            power: Power {
                on: true,
                post: false,
                collecting: false,
                boots: 0,
                booted_at: 0,
                cold_boots: 0,
                events: Vec::new(),
            },
            revision: 1,
        }
    }

    /// Version of the first component of a kind.
    pub(crate) fn version_of(&self, kind: Kind) -> &str {
        let component = self.components.iter().find(|component| component.part.kind == kind);
        component.map_or("", |component| component.version.as_str())
    }

    /// Installs a version on the components at these places of the list.
    pub(crate) fn install(&mut self, places: &[usize], version: &str, now: u64) {
        let mut kinds = Vec::new();
        for place in places {
            let Some(component) = self.components.get_mut(*place) else { continue };
            kinds.push(component.part.kind);
            let before = std::mem::replace(&mut component.version, version.to_owned());
            component.installed_at = now;
            if component.part.kind.rollback() && before != version {
                component.previous = Some(before);
            }
        }
        // The Lifecycle Controller comes with the iDRAC's firmware.
        if kinds.contains(&Kind::Idrac) {
            for component in &mut self.components {
                if component.part.kind == Kind::LifecycleController {
                    component.version = version.to_owned();
                    component.installed_at = now;
                }
            }
        }
        self.revision += 1;
    }

    /// Whether the Lifecycle Controller takes work now.
    pub(crate) fn lifecycle_controller_ready(&self) -> bool {
        self.availability == Availability::Ready && !self.power.post && !self.power.collecting
    }

    pub(crate) fn summary(&self, hardware: &Hardware) -> Value {
        let firmware: BTreeMap<&str, Value> = self
            .components
            .iter()
            .map(|component| {
                let value = json!({
                    "component_id": component.part.component_id,
                    "version": component.version,
                    "previous": component.previous,
                });
                (component.part.fqdd, value)
            })
            .collect();
        let jobs: BTreeMap<&str, Value> =
            self.jobs.iter().map(|(id, job)| (id.as_str(), job.summary())).collect();
        let events: Vec<Value> = self
            .power
            .events
            .iter()
            .map(|event| json!({ "what": event.what, "by": event.by }))
            .collect();
        json!({
            "model": hardware.model,
            "power": if self.power.on { "On" } else { "Off" },
            "boots": self.power.boots,
            "power_events": events,
            "idrac_restarts": self.idrac_restarts,
            "firmware": firmware,
            "available": self.available.keys().collect::<Vec<_>>(),
            "jobs": jobs,
            "sessions": self.sessions.len(),
        })
    }
}

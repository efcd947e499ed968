//! Faults on demand: what goes wrong, for which requests, how often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// One fault: which requests it meets and what it does to them.
///
/// As JSON (admin API) it is one flat object:
/// `{"kind": "status", "status": 503, "method": "POST", "path": "/qemu$", "count": 2}`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Fault {
    /// What happens.
    #[serde(flatten)]
    pub effect: Effect,
    /// Only this method; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests to this system (`proxmox`, `netbox`, `idrac`); any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Regular expression found in the path (Proxmox: after `/api2/json`; NetBox: after `/api`);
    /// any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests that enter at this node, or only this server's iDRAC; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Chance that a matching request is met, 0 to 1; always when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Matching requests that pass before the first is met.
    #[serde(default)]
    pub skip: u64,
    /// Requests that are met before the fault is used up; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// What a fault does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Effect {
    /// Lets the downloads of an iDRAC's jobs fail.
    DownloadFailure {
        /// Id of the message with which the job fails. Default `RED006`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
    },
    /// Restarts an iDRAC: in the next request, which it breaks, or when a job enters a state.
    IdracRestart {
        /// State of a job, for example `Running`; the next request when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Ends jobs of an iDRAC half-way through the installation.
    JobFailure {
        /// FQDD or component id of what the job installs; any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        component: Option<String>,
        /// Id of the message. Default `PR21`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        /// State in which it ends. Default `Failed`. `Completed` claims what did not happen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Leaves no room in the job queue of an iDRAC.
    JobQueueFull,
    /// Leaves jobs of an iDRAC for ever in the state that they enter.
    JobStuck {
        /// Id of the message. Default `PR30`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        /// State of a job. Default `Scheduled`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Lets lab time pass before the request is processed.
    Latency {
        /// How long, in lab time, for example `"5s"`.
        #[serde(with = "duration")]
        delay: Duration,
    },
    /// Lets the Lifecycle Controller of an iDRAC say that it is not ready, and take no update.
    LcNotReady,
    /// Locks an iDRAC down: it refuses updates, resets and changes of its queue.
    Lockdown,
    /// Answers every write to a guest's configuration as if its lock were held elsewhere.
    LockTimeout,
    /// Takes a node or an iDRAC away: its own port refuses, other nodes answer 595 for it.
    NodeOffline {
        /// Name of the node or server.
        name: String,
    },
    /// Lets NetBox store prefixes without looking for equal ones, as it does for those that are
    /// created at the same moment.
    Race,
    /// Breaks the connection without an answer.
    Reset {
        /// Whether the request takes effect before.
        #[serde(default)]
        when: When,
    },
    /// Refuses new sessions of an iDRAC, as if as many as it holds were open.
    SessionLimit,
    /// Holds a request until it is released or aborted. It is used up by one request unless `count` says more.
    Stall {
        /// Whether the request takes effect before it is held.
        #[serde(default)]
        when: When,
    },
    /// Answers with an error and does nothing.
    Status {
        /// HTTP status.
        status: u16,
        /// Text, or for an iDRAC the id of a message; a plain one for the status when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Leaves no space on a storage.
    StorageFull {
        /// Name of the storage.
        storage: String,
    },
    /// Ends tasks with an error instead of doing their work.
    TaskFailure {
        /// Type of task, for example `download`; any when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// Exit text.
        exit: String,
    },
    /// Refuses every ticket and every session's token that was given out before this fault was armed.
    TicketsExpired,
}

/// Side of the processing on which a fault strikes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum When {
    /// The request has had its effect; only the answer is missing.
    After,
    /// The request has had no effect.
    #[default]
    Before,
}

mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text).map_err(serde::de::Error::custom)
    }
}

impl Fault {
    /// A fault that meets every request.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            method: None,
            system: None,
            path: None,
            node: None,
            probability: None,
            skip: 0,
            count: None,
        }
    }

    /// Meets only this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Meets only requests to this system: `proxmox`, `netbox` or `idrac`.
    #[must_use]
    pub fn system(mut self, name: impl Into<String>) -> Self {
        self.system = Some(name.into());
        self
    }

    /// Meets only this node, or this server's iDRAC.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.node = Some(name.into());
        self
    }

    /// Meets only paths in which this regular expression is found.
    #[must_use]
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        self.path = Some(pattern.into());
        self
    }

    /// Lets the first `requests` matching ones pass.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Is used up after `requests` ones.
    #[must_use]
    pub fn count(mut self, requests: u64) -> Self {
        self.count = Some(requests);
        self
    }

    /// Meets matching requests by chance.
    #[must_use]
    pub fn probability(mut self, chance: f64) -> Self {
        self.probability = Some(chance);
        self
    }
}

impl std::str::FromStr for Fault {
    type Err = String;

    /// Reads `kind=status,status=503,path=/qemu$,count=2`, or the same as a JSON object.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        let mut object = serde_json::Map::new();
        for part in text.split(',') {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), value),
                None if object.is_empty() => ("kind", part),
                None => return Err(format!("`{part}` is not of the form key=value")),
            };
            let number = match name {
                "status" | "count" | "skip" => {
                    Some(value.parse::<u64>().map_err(|error| format!("{name}: {error}"))?.into())
                }
                "probability" => {
                    Some(value.parse::<f64>().map_err(|error| format!("{name}: {error}"))?.into())
                }
                _ => None,
            };
            object.insert(name.to_owned(), number.unwrap_or_else(|| value.into()));
        }
        serde_json::from_value(object.into()).map_err(|error| error.to_string())
    }
}

/// The faults of one lab. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    armed: Mutex<Vec<Armed>>,
    numbers: AtomicU64,
    stalls: watch::Sender<Vec<Stall>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Armed {
    number: u64,
    fault: Fault,
    path: Option<Regex>,
    matched: u64,
    met: u64,
    /// Lab time, in seconds since 1970.
    armed_at: u64,
}

/// A request that is held.
#[derive(Clone, Debug, Serialize)]
pub struct Stall {
    /// Number of the fault that holds it.
    pub fault: u64,
    /// Method of the request.
    pub method: String,
    /// Path after `/api2/json` (NetBox: `/api`).
    pub path: String,
    #[serde(skip)]
    decided: Option<bool>,
}

/// What the faults say about one request.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) latency: Duration,
    pub(crate) status: Option<(u16, Option<String>)>,
    pub(crate) reset: Option<When>,
    pub(crate) stall: Option<(u64, When)>,
    pub(crate) lock_timeout: bool,
    /// The iDRAC restarts.
    pub(crate) restart: bool,
    /// NetBox looks for no equal prefix.
    pub(crate) race: bool,
}

impl Faults {
    /// Arms a fault and returns its number.
    ///
    /// # Errors
    /// The path is no regular expression.
    pub fn arm(&self, fault: Fault) -> Result<u64, String> {
        self.arm_at(fault, 0)
    }

    pub(crate) fn arm_at(&self, fault: Fault, armed_at: u64) -> Result<u64, String> {
        let path = match &fault.path {
            Some(pattern) => Some(Regex::new(pattern).map_err(|error| error.to_string())?),
            None => None,
        };
        let number = self.inner.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        self.armed().push(Armed { number, fault, path, matched: 0, met: 0, armed_at });
        self.inner.changed.send_modify(|count| *count += 1);
        Ok(number)
    }

    /// Takes a fault away; a request that it holds goes on.
    pub fn disarm(&self, number: u64) -> bool {
        let mut armed = self.armed();
        let before = armed.len();
        armed.retain(|armed| armed.number != number);
        let found = armed.len() < before;
        drop(armed);
        self.decide(number, true);
        self.inner.changed.send_modify(|count| *count += 1);
        found
    }

    /// Takes all faults away; requests that they hold go on.
    pub fn clear(&self) {
        self.armed().clear();
        self.inner.stalls.send_modify(|stalls| {
            stalls.iter_mut().for_each(|stall| stall.decided = Some(true));
        });
        self.inner.changed.send_modify(|count| *count += 1);
    }

    /// All armed faults with their numbers and how many requests each has met.
    #[must_use]
    pub fn list(&self) -> Vec<(u64, Fault, u64)> {
        self.armed().iter().map(|armed| (armed.number, armed.fault.clone(), armed.met)).collect()
    }

    /// Requests that are held now.
    #[must_use]
    pub fn stalls(&self) -> Vec<Stall> {
        self.inner.stalls.borrow().iter().filter(|stall| stall.decided.is_none()).cloned().collect()
    }

    /// Waits until fault `number` holds a request. Without a time limit of its own.
    pub async fn stalled(&self, number: u64) -> Stall {
        let mut stalls = self.inner.stalls.subscribe();
        loop {
            let found = stalls
                .borrow_and_update()
                .iter()
                .find(|stall| stall.fault == number && stall.decided.is_none())
                .cloned();
            if let Some(stall) = found {
                return stall;
            }
            if stalls.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets the request that fault `number` holds go on.
    pub fn release(&self, number: u64) {
        self.decide(number, true);
    }

    /// Breaks the connection of the request that fault `number` holds.
    pub fn abort(&self, number: u64) {
        self.decide(number, false);
    }

    /// Judges one request and counts it.
    pub(crate) fn judge(&self, system: &str, node: &str, method: &str, path: &str) -> Verdict {
        let mut verdict = Verdict::default();
        for armed in self.armed().iter_mut() {
            let concerns_requests = matches!(
                armed.fault.effect,
                Effect::IdracRestart { state: None } if system == "idrac"
            ) || matches!(
                armed.fault.effect,
                Effect::Latency { .. }
                    | Effect::LockTimeout
                    | Effect::Race
                    | Effect::Reset { .. }
                    | Effect::Stall { .. }
                    | Effect::Status { .. }
            );
            if !concerns_requests || !armed.matches(system, node, method, path) || !armed.strike() {
                continue;
            }
            match &armed.fault.effect {
                Effect::IdracRestart { .. } => verdict.restart = true,
                Effect::Latency { delay } => verdict.latency += *delay,
                Effect::LockTimeout => verdict.lock_timeout = true,
                Effect::Race => verdict.race = true,
                Effect::Reset { when } => verdict.reset = Some(*when),
                Effect::Stall { when } => verdict.stall = Some((armed.number, *when)),
                Effect::Status { status, message } => {
                    verdict.status = Some((*status, message.clone()));
                }
                Effect::DownloadFailure { .. }
                | Effect::JobFailure { .. }
                | Effect::JobQueueFull
                | Effect::JobStuck { .. }
                | Effect::LcNotReady
                | Effect::Lockdown
                | Effect::NodeOffline { .. }
                | Effect::SessionLimit
                | Effect::StorageFull { .. }
                | Effect::TaskFailure { .. }
                | Effect::TicketsExpired => {}
            }
        }
        verdict
    }

    /// Holds the caller until somebody decides; `false` means that the connection breaks.
    pub(crate) async fn hold(&self, fault: u64, method: &str, path: &str) -> bool {
        let stall =
            Stall { fault, method: method.to_owned(), path: path.to_owned(), decided: None };
        let mut stalls = self.inner.stalls.subscribe();
        self.inner.stalls.send_modify(|stalls| stalls.push(stall));
        let _guard = Forget(self, fault);
        loop {
            let decided = stalls
                .borrow_and_update()
                .iter()
                .find(|stall| stall.fault == fault)
                .map_or(Some(true), |stall| stall.decided);
            if let Some(go_on) = decided {
                return go_on;
            }
            if stalls.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Exit text for a task of this type, when one is armed.
    pub(crate) fn task_failure(&self, kind: &str) -> Option<String> {
        self.armed().iter_mut().find_map(|armed| {
            let Effect::TaskFailure { task, exit } = &armed.fault.effect else { return None };
            let exit = exit.clone();
            let concerned = task.as_deref().is_none_or(|task| task == kind);
            (concerned && armed.strike()).then_some(exit)
        })
    }

    /// The first fault of this server that concerns the question, counted.
    pub(crate) fn strike<T>(
        &self,
        server: &str,
        concern: impl Fn(&Effect) -> Option<T>,
    ) -> Option<T> {
        self.armed().iter_mut().find_map(|armed| {
            let answer = concern(&armed.fault.effect)?;
            let here = armed.fault.node.as_deref().is_none_or(|node| node == server);
            (here && armed.strike()).then_some(answer)
        })
    }

    pub(crate) fn offline(&self, node: &str) -> bool {
        self.armed().iter().any(
            |armed| matches!(&armed.fault.effect, Effect::NodeOffline { name } if name == node),
        )
    }

    pub(crate) fn storage_full(&self, wanted: &str) -> bool {
        self.armed().iter_mut().any(|armed| {
            matches!(&armed.fault.effect, Effect::StorageFull { storage } if storage == wanted)
                && armed.strike()
        })
    }

    /// Whether tickets of that lab time are refused.
    pub(crate) fn tickets_expired(&self, given_at: u64) -> bool {
        self.armed()
            .iter()
            .any(|armed| armed.fault.effect == Effect::TicketsExpired && given_at <= armed.armed_at)
    }

    /// Tells when faults come and go.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    fn decide(&self, fault: u64, go_on: bool) {
        self.inner.stalls.send_modify(|stalls| {
            for stall in stalls.iter_mut().filter(|stall| stall.fault == fault) {
                stall.decided = Some(go_on);
            }
        });
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.inner.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a held request off the list however its wait ends.
struct Forget<'a>(&'a Faults, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.inner.stalls.send_modify(|stalls| stalls.retain(|stall| stall.fault != self.1));
    }
}

impl Armed {
    fn matches(&self, system: &str, node: &str, method: &str, path: &str) -> bool {
        self.fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.fault.system.as_deref().is_none_or(|wanted| wanted == system)
            && self.fault.node.as_deref().is_none_or(|wanted| wanted == node)
            && self.path.as_ref().is_none_or(|pattern| pattern.is_match(path))
    }

    /// Counts one matching request and says whether it is met.
    fn strike(&mut self) -> bool {
        self.matched += 1;
        let limit = match self.fault.effect {
            Effect::Stall { .. } => Some(self.fault.count.unwrap_or(1)),
            _ => self.fault.count,
        };
        let due = self.matched > self.fault.skip
            && limit.is_none_or(|limit| self.met < limit)
            && self.fault.probability.is_none_or(|chance| rand::random::<f64>() < chance);
        self.met += u64::from(due);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_form_and_json_mean_the_same() {
        let short: Fault = "status,status=503,method=POST,path=/qemu$,count=2".parse().unwrap();
        let json: Fault =
            r#"{"kind":"status","status":503,"method":"POST","path":"/qemu$","count":2}"#
                .parse()
                .unwrap();
        assert_eq!(short, json);
        assert!("bogus".parse::<Fault>().is_err());
        let latency: Fault = "latency,delay=5s".parse().unwrap();
        assert_eq!(latency.effect, Effect::Latency { delay: Duration::from_secs(5) });
    }

    #[test]
    fn skip_and_count_bound_a_fault() {
        let faults = Faults::default();
        let effect = Effect::Status { status: 503, message: None };
        faults.arm(Fault::new(effect).path("^/version$").skip(1).count(1)).unwrap();
        let met: Vec<bool> = (0..4)
            .map(|_| faults.judge("proxmox", "pve1", "GET", "/version").status.is_some())
            .collect();
        assert_eq!(met, [false, true, false, false]);
        assert!(faults.judge("proxmox", "pve1", "GET", "/nodes").status.is_none());
    }

    #[test]
    fn a_fault_of_one_system_spares_the_others() {
        let faults = Faults::default();
        let effect = Effect::Status { status: 503, message: None };
        faults.arm(Fault::new(effect).system("netbox")).unwrap();
        assert!(faults.judge("proxmox", "pve1", "GET", "/version").status.is_none());
        assert!(faults.judge("netbox", "netbox", "GET", "/status/").status.is_some());
    }

    #[tokio::test]
    async fn a_held_request_waits_for_the_decision() {
        let faults = Faults::default();
        let number = faults.arm(Fault::new(Effect::Stall { when: When::Before })).unwrap();
        let held = faults.clone();
        let request = tokio::spawn(async move { held.hold(number, "GET", "/version").await });
        assert_eq!(faults.stalled(number).await.path, "/version");
        faults.abort(number);
        assert!(!request.await.unwrap());
        assert!(faults.stalls().is_empty());
    }
}

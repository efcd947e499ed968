//! Containers. API: `/nodes/{node}/lxc`.

mod clone;
mod config;
mod create;
mod destroy;
mod formats;
mod get;
mod options;
mod power;
mod snapshot;
mod template;
mod volume;
mod volumes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::datacenter::Datacenter;
use super::error::{Answer, ApiError};
use super::locks::Held;
use super::qemu::Config;
use super::tasks::Task;
use super::{Call, Shared};

pub(crate) use formats::check_format;
pub(crate) use get::resource_row;
pub(super) use volume::mount_points;

/// One container.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) vmid: u32,
    pub(crate) node: String,
    pub(crate) config: Config,
    pub(crate) running: Option<Running>,
    /// Lab time of the creation; until the next status round others know little of it.
    pub(crate) since: Duration,
}

/// Process of a running container.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    /// Lab time of the start.
    pub(crate) since: Duration,
    pub(crate) pid: u32,
}

impl Container {
    fn new(vmid: u32, node: &str, since: Duration) -> Self {
        let config = Config { values: BTreeMap::new(), ..Config::default() };
        Self { vmid, node: node.to_owned(), config, running: None, since }
    }

    pub(crate) fn name(&self) -> String {
        self.config.get("hostname").map_or_else(|| format!("CT{}", self.vmid), str::to_owned)
    }

    fn unprivileged(&self) -> bool {
        self.config.get("unprivileged") == Some("1")
    }

    /// Refuses a container that something else works on.
    pub(crate) fn check_lock(&self) -> Result<(), String> {
        match self.config.get("lock") {
            Some(lock) => Err(format!("CT is locked ({lock})")),
            None => Ok(()),
        }
    }
}

impl Datacenter {
    /// The container on that node.
    ///
    /// # Errors
    /// The server's text for a missing configuration file.
    pub(crate) fn container(&self, node: &str, vmid: u32) -> Result<&Container, String> {
        self.containers.get(&vmid).filter(|ct| ct.node == node).ok_or_else(|| missing(node, vmid))
    }

    /// The same, to change it.
    pub(crate) fn container_mut(
        &mut self,
        node: &str,
        vmid: u32,
    ) -> Result<&mut Container, String> {
        self.containers
            .get_mut(&vmid)
            .filter(|ct| ct.node == node)
            .ok_or_else(|| missing(node, vmid))
    }
}

fn missing(node: &str, vmid: u32) -> String {
    format!("Configuration file 'nodes/{node}/lxc/{vmid}.conf' does not exist")
}

/// What a call answers that did not get the lock.
fn timeout_text(vmid: u32) -> String {
    format!("can't lock file '/run/lock/lxc/pve-config-{vmid}.lock' - got timeout")
}

/// Takes a container's lock before the answer, as synchronous calls do.
async fn lock(call: &Call, vmid: u32) -> Result<Held, String> {
    if call.lock_timeout {
        call.shared.clock.sleep(Duration::from_secs(10)).await;
        return Err(timeout_text(vmid));
    }
    call.shared.locks.guest(vmid).await.map_err(|_| timeout_text(vmid))
}

/// Takes a container's lock inside a task, which says so when it has to wait.
async fn lock_in_task(call: &Call, task: &Task, vmid: u32) -> Result<Held, String> {
    if !call.lock_timeout
        && let Some(held) = call.shared.locks.try_guest(vmid)
    {
        return Ok(held);
    }
    task.log("trying to acquire lock...");
    let held = lock(call, vmid).await?;
    task.log(" OK");
    Ok(held)
}

/// Lock in a container's configuration, taken away again with this value: when a task ends, however it
/// ends.
#[derive(Debug)]
struct ConfigLock {
    shared: Arc<Shared>,
    vmid: u32,
}

impl ConfigLock {
    fn set(call: &Call, container: &mut Container, kind: &str) -> Self {
        container.config.set("lock", kind);
        Self { shared: Arc::clone(&call.shared), vmid: container.vmid }
    }
}

impl Drop for ConfigLock {
    fn drop(&mut self) {
        if let Some(container) = self.shared.state().containers.get_mut(&self.vmid) {
            container.config.values.remove("lock");
        }
    }
}

/// Refuses a change of what somebody else changed meanwhile.
fn check_digest(call: &Call, now: &str) -> Result<(), ApiError> {
    match call.params.get("digest") {
        Some(digest) if !digest.is_empty() && digest != now => Err(ApiError::internal(
            "detected modified configuration - file changed by other user? Try again.",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Answers a call under `/nodes/{node}/lxc`; `None` where the lab has no answer.
pub(crate) async fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let rest = template.strip_prefix("/nodes/{node}/lxc")?;
    Some(match (method, rest) {
        ("GET", "") => get::list(call),
        ("POST", "") => create::create(call).await,
        ("GET", "/{vmid}") => Ok(get::index()),
        ("DELETE", "/{vmid}") => destroy::destroy(call),
        ("GET", "/{vmid}/config") => get::config(call),
        ("PUT", "/{vmid}/config") => config::update(call).await,
        ("GET", "/{vmid}/pending") => get::pending(call),
        ("GET", "/{vmid}/interfaces") => get::interfaces(call),
        ("GET", "/{vmid}/feature") => get::feature(call),
        ("PUT", "/{vmid}/resize") => volumes::resize(call),
        ("POST", "/{vmid}/move_volume") => volumes::move_volume(call),
        ("POST", "/{vmid}/template") => template::convert(call).await,
        ("POST", "/{vmid}/clone") => clone::clone(call),
        ("GET", "/{vmid}/status") => Ok(power::index()),
        ("GET", "/{vmid}/status/current") => get::current(call),
        ("POST", "/{vmid}/status/start") => power::start(call),
        ("POST", "/{vmid}/status/stop") => power::stop(call),
        ("POST", "/{vmid}/status/shutdown") => power::shutdown(call),
        ("POST", "/{vmid}/status/reboot") => power::reboot(call),
        ("POST", "/{vmid}/status/suspend") => power::suspend(call),
        ("GET", "/{vmid}/snapshot") => snapshot::list(call),
        ("POST", "/{vmid}/snapshot") => snapshot::create(call),
        ("DELETE", "/{vmid}/snapshot/{snapname}") => snapshot::delete(call),
        ("POST", "/{vmid}/snapshot/{snapname}/rollback") => snapshot::rollback(call),
        ("GET" | "PUT", "/{vmid}/snapshot/{snapname}/config") => snapshot::config(call),
        _ => return None,
    })
}

//! Virtual machines. API: `/nodes/{node}/qemu`.

mod clone;
mod cloudinit;
mod config;
mod create;
mod destroy;
mod disk_changes;
mod disks;
mod drive;
mod get;
mod options;
mod power;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Call;
use super::error::Answer;
use super::locks::{self, Held};

pub(super) use cloudinit::check_keys;
pub(super) use create::mac_prefix;
pub(super) use drive::{drives, random_mac};
pub(crate) use get::{maximum_cpus, maximum_disk, maximum_memory};
pub(super) use options::normalise_tags;

/// One virtual machine.
#[derive(Clone, Debug)]
pub(crate) struct Vm {
    pub(crate) vmid: u32,
    pub(crate) node: String,
    pub(crate) config: Config,
    pub(crate) running: Option<Running>,
    /// Lab time of the creation; until the next status round others know little of it.
    pub(crate) since: Duration,
    pub(crate) snapshots: BTreeMap<String, BTreeMap<String, String>>,
    /// Cloud-init options of the last generated image.
    pub(crate) cloudinit: BTreeMap<String, String>,
}

/// Process of a running machine.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    /// Lab time of the start.
    pub(crate) since: Duration,
    pub(crate) pid: u32,
    pub(crate) paused: bool,
}

/// Configuration file of a machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) pending: BTreeMap<String, String>,
    pub(crate) pending_delete: BTreeSet<String>,
    /// Those of them whose volumes are destroyed and not kept.
    pub(crate) pending_force: BTreeSet<String>,
}

impl Config {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    pub(crate) fn template(&self) -> bool {
        self.get("template") == Some("1")
    }

    /// SHA-1 over everything, as the server's over its file.
    pub(crate) fn digest(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.values {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str("[PENDING]\n");
        for (name, value) in &self.pending {
            text.push_str(&format!("{name}: {value}\n"));
        }
        for name in &self.pending_delete {
            let force = if self.pending_force.contains(name) { "!" } else { "" };
            text.push_str(&format!("delete: {force}{name}\n"));
        }
        let sum = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
            text.as_bytes(),
        );
        crate::web::hex(sum.as_ref())
    }

    /// Refuses a machine that something else works on.
    pub(crate) fn check_lock(&self) -> Result<(), String> {
        match self.get("lock") {
            Some(lock) => Err(format!("VM is locked ({lock})")),
            None => Ok(()),
        }
    }
}

impl Vm {
    pub(crate) fn new(vmid: u32, node: &str, since: Duration) -> Self {
        Self {
            vmid,
            node: node.to_owned(),
            config: Config::default(),
            running: None,
            since,
            snapshots: BTreeMap::new(),
            cloudinit: BTreeMap::new(),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.config.get("name").map_or_else(|| format!("VM {}", self.vmid), str::to_owned)
    }
}

/// Takes a guest's lock before the answer, as synchronous calls do.
async fn lock(call: &Call, vmid: u32) -> Result<Held, String> {
    if call.lock_timeout {
        call.shared.clock.sleep(Duration::from_secs(10)).await;
        return Err(locks::timeout_text(vmid));
    }
    call.shared.locks.guest(vmid).await
}

/// Takes a guest's lock inside a task, which says so when it has to wait.
async fn lock_in_task(call: &Call, task: &super::tasks::Task, vmid: u32) -> Result<Held, String> {
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

/// Answers a call under `/nodes/{node}/qemu`; `None` where the lab has no answer.
pub(crate) async fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let rest = template.strip_prefix("/nodes/{node}/qemu")?;
    Some(match (method, rest) {
        ("GET", "") => get::list(call),
        ("POST", "") => create::create(call).await,
        ("GET", "/{vmid}") => Ok(get::index()),
        ("DELETE", "/{vmid}") => destroy::destroy(call),
        ("GET", "/{vmid}/config") => get::config(call),
        ("PUT", "/{vmid}/config") => config::update(call, false).await,
        ("POST", "/{vmid}/config") => config::update(call, true).await,
        ("GET", "/{vmid}/pending") => get::pending(call),
        ("PUT", "/{vmid}/unlink") => config::unlink(call).await,
        ("PUT", "/{vmid}/resize") => disk_changes::resize(call),
        ("POST", "/{vmid}/move_disk") => disk_changes::move_disk(call),
        ("POST", "/{vmid}/template") => template::convert(call),
        ("POST", "/{vmid}/clone") => clone::clone(call),
        ("GET", "/{vmid}/cloudinit") => cloudinit::list(call),
        ("PUT", "/{vmid}/cloudinit") => cloudinit::regenerate(call).await,
        ("GET", "/{vmid}/status") => Ok(power::index()),
        ("GET", "/{vmid}/status/current") => get::current(call),
        ("POST", "/{vmid}/status/start") => power::start(call),
        ("POST", "/{vmid}/status/stop") => power::stop(call),
        ("POST", "/{vmid}/status/shutdown") => power::shutdown(call),
        ("POST", "/{vmid}/status/reboot") => power::reboot(call),
        ("POST", "/{vmid}/status/reset") => power::reset(call),
        ("POST", "/{vmid}/status/suspend") => power::suspend(call),
        ("POST", "/{vmid}/status/resume") => power::resume(call),
        ("GET", "/{vmid}/agent/network-get-interfaces") => get::agent_interfaces(call),
        ("GET", "/{vmid}/snapshot") => get::snapshots(call),
        _ => return None,
    })
}

//! Starting and stopping. API: `/nodes/{node}/lxc/{vmid}/status`.

use std::time::Duration;

use serde_json::Value;

use super::volume::{is_net, mount_points, net_key};
use super::{Running, config, lock_in_task};
use crate::proxmox::dispatch::names;
use crate::proxmox::error::{Answer, ApiError, Reply};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

pub(super) fn index() -> Reply {
    names(&["current", "start", "stop", "shutdown", "suspend", "resume", "reboot"])
}

/// Bridges that every node of the lab has.
pub(super) fn is_bridge(name: &str) -> bool {
    matches!(name, "vmbr0" | "vmbr1")
}

fn skiplock_for_root(call: &Call) -> Result<(), ApiError> {
    if call.params.flag("skiplock") && !call.who.is_root() {
        return Err(ApiError::parameter("skiplock", "Only root may use this option."));
    }
    Ok(())
}

fn is_running(call: &Call, vmid: u32) -> bool {
    let state = call.shared.state();
    state.container(&call.node, vmid).is_ok_and(|container| container.running.is_some())
}

pub(super) fn start(call: &Call) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    if is_running(call, vmid) {
        return Err(ApiError::internal(format!("CT {vmid} already running")));
    }
    Ok(Value::from(spawn_start(call, vmid)).into())
}

/// Starts the task that starts a container.
pub(super) fn spawn_start(call: &Call, vmid: u32) -> String {
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        run(&work, &task, vmid).await
    };
    tasks::start(&call.shared, &call.node, "vzstart", vmid.to_string(), &call.who, body)
}

async fn run(call: &Call, task: &Task, vmid: u32) -> Result<(), String> {
    {
        let state = call.shared.state();
        let container = state.container(&call.node, vmid)?;
        if !call.params.flag("skiplock") {
            container.check_lock()?;
        }
        if container.running.is_some() {
            return Ok(());
        }
    }
    config::apply_pending(call, vmid)?;
    {
        let state = call.shared.state();
        let container = state.container(&call.node, vmid)?;
        if container.config.template() {
            return Err("you can't start a CT if it's a template".to_owned());
        }
        for (_, mount) in mount_points(&container.config.values) {
            let known =
                mount.volume.starts_with('/') || state.volume(&call.node, &mount.volume).is_some();
            if !known {
                return Err(format!("volume '{}' does not exist", mount.volume));
            }
        }
        let cards = container.config.values.iter().filter(|(name, _)| is_net(name));
        for (_, card) in cards {
            if let Some(bridge) = net_key(card, "bridge").filter(|bridge| !is_bridge(bridge)) {
                task.log(format!("bridge '{bridge}' does not exist"));
                return Err(format!("startup for container '{vmid}' failed"));
            }
        }
    }
    task.sleep(Duration::from_secs(1)).await?;
    let since = call.shared.clock.passed();
    let mut state = call.shared.state();
    let pid = state.pid();
    state.container_mut(&call.node, vmid)?.running = Some(Running { since, pid });
    Ok(())
}

/// Ends the process.
pub(super) fn halt(call: &Call, vmid: u32) {
    if let Ok(container) = call.shared.state().container_mut(&call.node, vmid) {
        container.running = None;
    }
}

/// Refuses a container that does not run, in the words of `what`.
fn check_running(call: &Call, vmid: u32, what: &str) -> Result<(), ApiError> {
    if is_running(call, vmid) {
        return Ok(());
    }
    Err(ApiError::internal(format!("{what} {vmid} not running")))
}

pub(super) fn stop(call: &Call) -> Answer {
    ending(call, "vzstop", Duration::from_millis(500))
}

pub(super) fn shutdown(call: &Call) -> Answer {
    ending(call, "vzshutdown", Duration::from_secs(3))
}

fn ending(call: &Call, kind: &str, takes: Duration) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    check_running(call, vmid, "CT")?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        check(&work, vmid)?;
        task.sleep(takes).await?;
        halt(&work, vmid);
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, kind, vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

fn check(call: &Call, vmid: u32) -> Result<(), String> {
    let state = call.shared.state();
    let container = state.container(&call.node, vmid)?;
    if call.params.flag("skiplock") { Ok(()) } else { container.check_lock() }
}

pub(super) fn reboot(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    check_running(call, vmid, "VM")?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        check(&work, vmid)?;
        task.sleep(Duration::from_secs(3)).await?;
        halt(&work, vmid);
        run(&work, &task, vmid).await
    };
    let upid =
        tasks::start(&call.shared, &call.node, "vzreboot", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Containers are not frozen: the lab has no checkpoints.
pub(super) fn suspend(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    check_running(call, vmid, "CT")?;
    let text = format!("the lab does not simulate checkpoints, CT {vmid} keeps running");
    Err(ApiError::new(501, text))
}

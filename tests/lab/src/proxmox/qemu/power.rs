//! Starting and stopping. API: `/nodes/{node}/qemu/{vmid}/status`.

use std::time::Duration;

use serde_json::Value;

use super::disks::skiplock_for_root;
use super::{Running, cloudinit, config, drive, lock_in_task};
use crate::proxmox::dispatch::names;
use crate::proxmox::error::{Answer, ApiError, Reply};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, tasks};

/// CPUs of every node.
pub(super) const NODE_CPUS: u64 = 16;

pub(super) fn index() -> Reply {
    names(&["current", "start", "stop", "reset", "shutdown", "suspend", "reboot"])
}

pub(super) fn start(call: &Call) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    {
        let state = call.shared.state();
        if state.ha.contains_key(&vmid) && state.vm(&call.node, vmid).is_ok() {
            drop(state);
            return request_ha(call, vmid, "started");
        }
    }
    Ok(Value::from(spawn_start(call, vmid)).into())
}

/// Starts the task that starts a machine.
pub(super) fn spawn_start(call: &Call, vmid: u32) -> String {
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        run(&work, &task, vmid).await
    };
    tasks::start(&call.shared, &call.node, "qmstart", vmid.to_string(), &call.who, body)
}

/// Asks the HA manager, which acts on its next round.
fn request_ha(call: &Call, vmid: u32, wanted: &'static str) -> Answer {
    let (kind, verb) = if wanted == "started" { ("hastart", "start") } else { ("hastop", "stop") };
    let work = call.clone();
    let body = move |task: Task| async move {
        task.log(format!("Requesting HA {verb} for VM {vmid}"));
        if let Some(resource) = work.shared.state().ha.get_mut(&vmid) {
            resource.insert("state".to_owned(), wanted.to_owned());
        }
        let call = work.clone();
        work.shared.spawn(async move {
            call.shared.clock.sleep(Duration::from_secs(10)).await;
            if wanted == "started" {
                spawn_start(&call, vmid);
            } else {
                halt(&call, vmid);
            }
        });
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, kind, vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

async fn run(call: &Call, task: &Task, vmid: u32) -> Result<(), String> {
    {
        let state = call.shared.state();
        let vm = state.vm(&call.node, vmid)?;
        if vm.config.template() {
            return Err("you can't start a vm if it's a template".to_owned());
        }
        if !call.params.flag("skiplock") {
            vm.config.check_lock()?;
        }
        if vm.running.is_some() {
            return Err(format!("VM {vmid} already running"));
        }
    }
    config::apply_pending(&mut call.shared.state(), &call.node, vmid);
    {
        let state = call.shared.state();
        let vm = state.vm(&call.node, vmid)?;
        if super::maximum_cpus(&vm.config) > NODE_CPUS {
            return Err(format!("MAX {NODE_CPUS} vcpus allowed per VM on this node"));
        }
        for (_, drive) in drive::drives(&vm.config.values) {
            let Some((storage, _)) = drive.file.split_once(':') else { continue };
            let found = state.storage(&call.node, storage)?;
            let content = if drive.file.contains(":iso/") { "iso" } else { "images" };
            if !found.holds(content) {
                return Err(format!(
                    "storage '{storage}' does not support content-type '{content}'"
                ));
            }
            if state.volume(&call.node, &drive.file).is_none() {
                return Err(format!("volume '{}' does not exist", drive.file));
            }
        }
        let cards = vm.config.values.iter().filter(|(name, _)| drive::is_net(name));
        for (_, card) in cards {
            let bridge = card.split(',').find_map(|part| part.strip_prefix("bridge="));
            if let Some(bridge) = bridge.filter(|bridge| !is_bridge(bridge)) {
                return Err(format!("bridge '{bridge}' does not exist"));
            }
        }
        if drive::drives(&vm.config.values).iter().any(|(_, drive)| drive.is_cloudinit()) {
            drop(state);
            task.log("generating cloud-init ISO");
        }
    }
    task.sleep(Duration::from_secs(1)).await?;
    let since = call.shared.clock.passed();
    let mut state = call.shared.state();
    let pid = state.pid();
    let vm = state.vm_mut(&call.node, vmid)?;
    vm.running = Some(Running { since, pid, paused: false });
    cloudinit::generated(vm);
    Ok(())
}

/// Bridges that every node of the lab has.
fn is_bridge(name: &str) -> bool {
    matches!(name, "vmbr0" | "vmbr1")
}

/// Ends the process.
fn halt(call: &Call, vmid: u32) {
    if let Ok(vm) = call.shared.state().vm_mut(&call.node, vmid) {
        vm.running = None;
    }
}

pub(super) fn stop(call: &Call) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    if call.shared.state().ha.contains_key(&vmid) {
        return request_ha(call, vmid, "stopped");
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        check(&work, vmid)?;
        task.sleep(Duration::from_millis(500)).await?;
        halt(&work, vmid);
        config::apply_pending(&mut work.shared.state(), &work.node, vmid);
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, "qmstop", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

fn check(call: &Call, vmid: u32) -> Result<(), String> {
    let state = call.shared.state();
    let node = &call.node;
    let vm = state
        .vm(node, vmid)
        .map_err(|_| format!("unable to find configuration file for VM {vmid} on node '{node}'"))?;
    if call.params.flag("skiplock") { Ok(()) } else { vm.config.check_lock() }
}

pub(super) fn shutdown(call: &Call) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    {
        let state = call.shared.state();
        let vm = state.vm(&call.node, vmid);
        let paused = vm.is_ok_and(|vm| vm.running.as_ref().is_some_and(|running| running.paused));
        if paused && !call.params.flag("forceStop") {
            return Err(ApiError::internal("VM is paused - cannot shutdown"));
        }
    }
    if call.shared.state().ha.contains_key(&vmid) {
        return request_ha(call, vmid, "stopped");
    }
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        check(&work, vmid)?;
        task.sleep(Duration::from_secs(3)).await?;
        halt(&work, vmid);
        config::apply_pending(&mut work.shared.state(), &work.node, vmid);
        Ok(())
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmshutdown", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Refuses a machine that does not run.
fn running(call: &Call, vmid: u32) -> Result<(), ApiError> {
    let state = call.shared.state();
    if state.vm(&call.node, vmid).is_ok_and(|vm| vm.running.is_some()) {
        return Ok(());
    }
    Err(ApiError::internal(format!("VM {vmid} not running")))
}

pub(super) fn reboot(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    running(call, vmid)?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        task.log(format!("Requesting reboot of VM {vmid}"));
        task.sleep(Duration::from_secs(3)).await?;
        halt(&work, vmid);
        run(&work, &task, vmid).await
    };
    let upid =
        tasks::start(&call.shared, &call.node, "qmreboot", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

pub(super) fn reset(call: &Call) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    running(call, vmid)?;
    let work = call.clone();
    let body = move |_: Task| async move { check(&work, vmid) };
    let upid = tasks::start(&call.shared, &call.node, "qmreset", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

pub(super) fn suspend(call: &Call) -> Answer {
    pause(call, "qmpause", true)
}

pub(super) fn resume(call: &Call) -> Answer {
    pause(call, "qmresume", false)
}

fn pause(call: &Call, kind: &str, paused: bool) -> Answer {
    skiplock_for_root(call)?;
    let vmid = call.params.vmid();
    running(call, vmid)?;
    let work = call.clone();
    let body = move |task: Task| async move {
        let _held = lock_in_task(&work, &task, vmid).await?;
        let mut state = work.shared.state();
        if let Some(running) = &mut state.vm_mut(&work.node, vmid)?.running {
            running.paused = paused;
        }
        Ok(())
    };
    let upid = tasks::start(&call.shared, &call.node, kind, vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

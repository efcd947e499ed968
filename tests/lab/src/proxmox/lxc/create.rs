//! `POST /nodes/{node}/lxc`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::volume::{Kind, MountPoint, is_mount_point};
use super::{Container, options, power, volumes};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::qemu::{check_keys, mac_prefix};
use crate::proxmox::storage::{parse_file_name, parse_volume_id};
use crate::proxmox::tasks::Task;
use crate::proxmox::{Call, Shared, tasks};

/// Text with which a path of the node is refused.
pub(super) const ARBITRARY_PATH: &str =
    "Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.";

/// Parameters that are no options of the configuration.
const NOT_OPTIONS: &[&str] = &[
    "node",
    "vmid",
    "ostemplate",
    "storage",
    "pool",
    "start",
    "unique",
    "force",
    "restore",
    "bwlimit",
    "password",
    "ssh-public-keys",
    "ignore-unpack-errors",
    "ha-managed",
    "unprivileged",
];

/// Distributions that a template's name says.
const DISTRIBUTIONS: &[&str] = &[
    "alpine",
    "archlinux",
    "centos",
    "debian",
    "devuan",
    "fedora",
    "gentoo",
    "nixos",
    "opensuse",
    "ubuntu",
];

pub(super) async fn create(call: &Call) -> Answer {
    let params = &call.params;
    let vmid = params.vmid();
    let unprivileged = params.get("unprivileged") != Some("0");
    if let Some(text) = call.shared.state().taken(vmid)
        && call.shared.locks.try_guest(vmid).is_some()
    {
        return Err(ApiError::internal(text));
    }
    if let Some(keys) = params.get("ssh-public-keys") {
        check_keys(keys)?;
    }
    check_allowed(call, vmid)?;
    let settings = options::given(call, NOT_OPTIONS)?;
    options::check_allowed(call, None, &settings, unprivileged)?;
    check_template(call)?;
    let (mounts, settings) = split(call, settings)?;
    let Some(held) = call.shared.locks.try_guest(vmid).filter(|_| !call.lock_timeout) else {
        // The id belongs to something in the making: the server gives up after 5 s.
        call.shared.clock.sleep(Duration::from_secs(5)).await;
        let taken = call.shared.state().taken(vmid);
        let text = taken.unwrap_or_else(|| super::timeout_text(vmid));
        return Err(ApiError::internal(format!("unable to create CT {vmid} - {text}")));
    };
    {
        let mut state = call.shared.state();
        if let Some(text) = state.taken(vmid) {
            return Err(ApiError::internal(format!("unable to create CT {vmid} - {text}")));
        }
        let mut container = Container::new(vmid, &call.node, call.shared.clock.passed());
        container.config.set("lock", "create");
        state.containers.insert(vmid, container);
    }
    let half_made = HalfMade::new(call, vmid);
    let work = call.clone();
    let body = move |task: Task| async move {
        let half_made = half_made;
        let mut created = Vec::new();
        let made = make(&work, &task, vmid, &mounts, &mut created).await;
        match made {
            Ok(strings) => store(&work, &task, vmid, settings, strings, unprivileged),
            Err(error) => {
                let mut state = work.shared.state();
                for id in created {
                    state.remove_volume(&work.node, &id);
                }
                return Err(format!("unable to create CT {vmid} - {error}"));
            }
        }
        half_made.done();
        drop(held);
        finish(&work, vmid);
        Ok(())
    };
    let upid =
        tasks::start(&call.shared, &call.node, "vzcreate", vmid.to_string(), &call.who, body);
    Ok(Value::from(upid).into())
}

/// Takes the half-made container away when its task failed or never ran.
pub(super) struct HalfMade {
    shared: Arc<Shared>,
    vmid: Option<u32>,
}

impl HalfMade {
    pub(super) fn new(call: &Call, vmid: u32) -> Self {
        Self { shared: Arc::clone(&call.shared), vmid: Some(vmid) }
    }

    /// Says that the container is whole now.
    pub(super) fn done(mut self) {
        self.vmid = None;
    }
}

impl Drop for HalfMade {
    fn drop(&mut self) {
        if let Some(vmid) = self.vmid {
            self.shared.state().containers.remove(&vmid);
        }
    }
}

fn check_allowed(call: &Call, vmid: u32) -> Result<(), ApiError> {
    let state = call.shared.state();
    let access = &state.access;
    let pool = call.params.get("pool");
    if let Some(pool) = pool.filter(|pool| !state.pools.contains_key(*pool)) {
        return Err(ApiError::forbidden(Some(&format!("pool '{pool}' does not exist"))));
    }
    let allowed = access.allowed(&call.who, &format!("/vms/{vmid}"), "VM.Allocate")
        || pool
            .is_some_and(|pool| access.allowed(&call.who, &format!("/pool/{pool}"), "VM.Allocate"));
    if allowed { Ok(()) } else { Err(ApiError::forbidden(None)) }
}

fn check_template(call: &Call) -> Result<(), ApiError> {
    let template = call.params.text("ostemplate");
    let Some((storage, name)) = parse_volume_id(template) else {
        return if call.who.is_root() {
            Err(ApiError::internal(format!("unable to parse volume ID '{template}'")))
        } else {
            Err(ApiError::internal(ARBITRARY_PATH))
        };
    };
    let wanted = if call.params.flag("restore") { "backup" } else { "vztmpl" };
    let state = call.shared.state();
    let content = if state.storage(&call.node, storage)?.path().is_some() {
        parse_file_name(name)?.0
    } else {
        "images"
    };
    if content != wanted {
        return Err(ApiError::internal(format!(
            "unable to use volume {template} - content type needs to be '{wanted}'"
        )));
    }
    if wanted == "backup" {
        return Err(ApiError::new(501, "the lab does not simulate restores of containers"));
    }
    Ok(())
}

type Settings = BTreeMap<String, String>;

/// Parts the mount points from the rest; without a root there is one of 4 GiB.
fn split(
    call: &Call,
    settings: Settings,
) -> Result<(BTreeMap<String, MountPoint>, Settings), ApiError> {
    let storage = call.params.get("storage").unwrap_or("local");
    let (mounts, rest): (Settings, Settings) =
        settings.into_iter().partition(|(name, _)| name == "rootfs" || is_mount_point(name));
    let mut parsed = BTreeMap::new();
    for (name, text) in mounts {
        let first = text.split(',').next().unwrap_or_default();
        let text = match first.parse::<f64>() {
            Ok(_) => format!("{storage}:{text}"),
            Err(_) => text,
        };
        parsed.insert(name.clone(), MountPoint::parse(&name, &text).unwrap_or_default());
    }
    if !parsed.contains_key("rootfs") {
        if !parsed.is_empty() {
            let text = "mount points configured, but 'rootfs' not set - aborting";
            return Err(ApiError::internal(text));
        }
        let root = MountPoint { volume: format!("{storage}:4"), ..MountPoint::default() };
        parsed.insert("rootfs".to_owned(), root);
    }
    let state = call.shared.state();
    for mount in parsed.values().filter(|mount| mount.kind() == Kind::Volume) {
        let storage = mount.volume.split(':').next().unwrap_or_default();
        if !state.storage(&call.node, storage)?.holds("rootdir") {
            return Err(ApiError::internal(format!(
                "storage '{storage}' does not support container directories"
            )));
        }
    }
    Ok((parsed, rest))
}

/// Makes the volumes, the root first, and unpacks the template.
async fn make(
    call: &Call,
    task: &Task,
    vmid: u32,
    mounts: &BTreeMap<String, MountPoint>,
    created: &mut Vec<String>,
) -> Result<Settings, String> {
    let mut strings = Settings::new();
    let number = |name: &str| name.trim_start_matches("mp").parse::<i32>().unwrap_or(-1);
    let mut names: Vec<&String> = mounts.keys().collect();
    names.sort_by_key(|name| number(name));
    for name in names {
        let mut mount = mounts[name].clone();
        if mount.kind() == Kind::Bind && !is_directory(&mount.volume) {
            return Err(format!("directory '{}' does not exist", mount.volume));
        }
        let new = mount.new_volume().is_some();
        task.sleep(Duration::from_millis(if new { 500 } else { 0 })).await?;
        {
            let mut state = call.shared.state();
            volumes::realise(&mut state, call, vmid, &mut mount)?;
            if new {
                created.push(mount.volume.clone());
                let (storage, file) = mount.volume.split_once(':').unwrap_or_default();
                let size = state.volume(&call.node, &mount.volume).map_or(0, |volume| volume.size);
                let path = state.storage(&call.node, storage)?.file(file);
                task.log(format!("Formatting '{path}', fmt=raw size={size} preallocation=off"));
                task.log(format!(
                    "Creating filesystem with {} 4k blocks and {} inodes",
                    size / 4096,
                    size / 16384
                ));
            }
        }
        strings.insert(name.clone(), mount.print());
    }
    let template = call.params.text("ostemplate");
    let path = {
        let state = call.shared.state();
        let (storage, file) = parse_volume_id(template).unwrap_or_default();
        if state.volume(&call.node, template).is_none() {
            let text = format!("volume '{template}' does not exist");
            task.log(text.clone());
            return Err(text);
        }
        state.storage(&call.node, storage)?.file(file)
    };
    task.log(format!("extracting archive '{path}'"));
    task.sleep(Duration::from_secs(2)).await?;
    Ok(strings)
}

/// Whether the nodes have that directory, as far as the lab knows them.
fn is_directory(path: &str) -> bool {
    const KNOWN: &[&str] =
        &["etc", "home", "media", "mnt", "opt", "root", "srv", "tmp", "usr", "var"];
    path.split('/').nth(1).is_some_and(|first| KNOWN.contains(&first))
}

/// Writes the finished configuration.
fn store(
    call: &Call,
    task: &Task,
    vmid: u32,
    settings: Settings,
    mounts: Settings,
    unprivileged: bool,
) {
    let mut state = call.shared.state();
    let prefix = mac_prefix(&state.options);
    let mut values = mounts;
    for (name, text) in settings {
        if let Some(text) = options::stored(&state, &name, &text, &prefix) {
            values.insert(name, text);
        }
    }
    let template = call.params.text("ostemplate");
    let file = template.rsplit('/').next().unwrap_or_default();
    let found = DISTRIBUTIONS.iter().find(|name| file.starts_with(*name)).copied();
    let asked = values.get("ostype").cloned();
    let ostype = match (asked.as_deref(), found) {
        (Some("unmanaged"), _) => "unmanaged",
        (Some(asked), Some(found)) => {
            if asked != found {
                task.log(format!("got unexpected ostype ({found} != {asked})"));
            }
            found
        }
        (Some(asked), None) => asked,
        (None, found) => found.unwrap_or("debian"),
    };
    values.insert("ostype".to_owned(), ostype.to_owned());
    if !values.contains_key("arch") {
        task.log("Detected container architecture: amd64");
    }
    for (name, text) in [("arch", "amd64"), ("memory", "512"), ("swap", "512")] {
        values.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }
    values.entry("hostname".to_owned()).or_insert_with(|| format!("CT{vmid}"));
    if unprivileged {
        values.insert("unprivileged".to_owned(), "1".to_owned());
    }
    if let Ok(container) = state.container_mut(&call.node, vmid) {
        container.config.values = values;
    }
}

/// What follows once the container is there.
fn finish(call: &Call, vmid: u32) {
    let params = &call.params;
    if let Some(pool) = params.get("pool")
        && let Some(pool) = call.shared.state().pools.get_mut(pool)
    {
        pool.guests.push(vmid);
    }
    if params.flag("start") {
        power::spawn_start(call, vmid);
    }
}

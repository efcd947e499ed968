//! Volumes of a storage. API: `/nodes/{node}/storage/{storage}/content`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Volume, own_name, parse_file_name, parse_size, status};
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::{Call, tasks};

/// `GET /nodes/{node}/storage/{storage}/content`.
pub(crate) fn list(call: &Call) -> Answer {
    let params = &call.params;
    let name = params.text("storage");
    let state = call.shared.state();
    state.storage(&call.node, name)?;
    let wanted_guest = params.integer("vmid");
    let rows: Vec<Value> = state
        .volumes_on(&call.node, name)
        .filter(|(_, volume)| params.get("content").is_none_or(|kind| kind == volume.content))
        .filter(|(_, volume)| match (wanted_guest, volume.vmid) {
            (Some(wanted), Some(vmid)) => i64::from(vmid) == wanted,
            // A file that belongs to nobody is listed for everybody, but not what fits any guest.
            (Some(_), None) => !matches!(volume.content.as_str(), "iso" | "vztmpl"),
            (None, _) => true,
        })
        .filter(|(_, volume)| may_see(&state, call, name, volume))
        .map(|(file, volume)| row(&state, name, file, volume))
        .collect();
    Ok(Value::from(rows).into())
}

fn may_see(state: &Datacenter, call: &Call, storage: &str, volume: &Volume) -> bool {
    let granted = state.access.privileges(&call.who, &format!("/storage/{storage}"));
    if granted.contains_key("Datastore.Allocate") {
        return true;
    }
    match volume.vmid {
        Some(vmid) => {
            status::visible(state, &call.who, storage)
                && state.access.allowed(&call.who, &format!("/vms/{vmid}"), "VM.Config.Disk")
                || granted.contains_key("Datastore.Audit")
        }
        None => status::visible(state, &call.who, storage),
    }
}

fn row(state: &Datacenter, storage: &str, file: &str, volume: &Volume) -> Value {
    let mut row = Map::new();
    row.insert("volid".to_owned(), state.volume_id(storage, file, volume).into());
    row.insert("content".to_owned(), volume.content.as_str().into());
    row.insert("format".to_owned(), volume.format.as_str().into());
    row.insert("size".to_owned(), volume.size.into());
    row.insert("ctime".to_owned(), volume.ctime.into());
    if let Some(vmid) = volume.vmid {
        row.insert("vmid".to_owned(), vmid.into());
        let files = state.storages.get(storage).is_some_and(|storage| storage.path().is_some());
        if files {
            row.insert("used".to_owned(), volume.used.into());
            let parent = volume.parent.as_ref().map(|parent| format!("../{parent}"));
            row.insert("parent".to_owned(), parent.into());
        } else if let Some(parent) = &volume.parent {
            row.insert("parent".to_owned(), parent.as_str().into());
        }
    }
    row.into()
}

/// Name of the volume that the path means on that storage.
fn volume_name(call: &Call) -> Result<(String, String), ApiError> {
    let storage = call.params.text("storage");
    let volume = call.params.text("volume");
    let name = match volume.split_once(':') {
        Some((other, _)) if other != storage => {
            let text = format!("storage ID mismatch ({other} != {storage})\n");
            return Err(ApiError::parameter("volume", text));
        }
        Some((_, name)) => name,
        None => volume,
    };
    let state = call.shared.state();
    let found = state.storage(&call.node, storage)?;
    if found.path().is_some() {
        parse_file_name(name)?;
    }
    Ok((storage.to_owned(), name.to_owned()))
}

/// `GET /nodes/{node}/storage/{storage}/content/{volume}`.
pub(crate) fn get(call: &Call) -> Answer {
    let (storage, name) = volume_name(call)?;
    let state = call.shared.state();
    let id = format!("{storage}:{name}");
    let Some(volume) = state.volume(&call.node, &id) else {
        return Err(ApiError::internal(format!("volume_size_info on '{id}' failed - no format")));
    };
    let plain = !matches!(volume.format.as_str(), "raw" | "qcow2" | "vmdk");
    let size = match &volume.data {
        Some(data) if volume.content == "import" => {
            super::image::virtual_size(&volume.format, data).unwrap_or(volume.size)
        }
        Some(_) | None if plain => volume.size.next_multiple_of(512),
        Some(_) | None => volume.size,
    };
    let path = state.storages.get(&storage).map(|storage| storage.file(&name));
    let mut data = json!({
        "path": path,
        "size": size,
        "used": volume.used.next_multiple_of(4096),
        "format": if plain { "raw" } else { volume.format.as_str() },
    });
    if let Some(parent) = &volume.parent {
        data["parent"] = format!("../{parent}").into();
    }
    Ok(data.into())
}

/// `DELETE /nodes/{node}/storage/{storage}/content/{volume}`.
pub(crate) fn delete(call: &Call) -> Answer {
    let (storage, name) = volume_name(call)?;
    let id = format!("{storage}:{name}");
    let (file, owner) = {
        let state = call.shared.state();
        let path = format!("/storage/{storage}");
        let disk = state.volume(&call.node, &id).is_some_and(|volume| volume.vmid.is_some());
        let own = disk && state.access.allowed(&call.who, &path, "Datastore.AllocateSpace");
        if !own && !state.access.allowed(&call.who, &path, "Datastore.Allocate") {
            let detail = format!("{path}, Datastore.Allocate");
            return Err(ApiError::forbidden(Some(&detail)));
        }
        let file = state.storages.get(&storage).map(|found| found.file(&name)).unwrap_or_default();
        let owner = match parse_file_name(&name) {
            Ok((_, owner, _)) => owner,
            Err(_) => state.volume(&call.node, &id).and_then(|volume| volume.vmid),
        };
        (file, owner)
    };
    let task_id = owner.map_or_else(|| storage.clone(), |owner| format!("{owner}@{storage}"));
    let (shared, node) = (call.shared.clone(), call.node.clone());
    let upid =
        tasks::start(&call.shared, &call.node, "imgdel", task_id, &call.who, |task| async move {
            let in_use = {
                let state = shared.state();
                let own = own_name(&name).to_owned();
                state
                    .volumes_on(&node, &storage)
                    .any(|(_, other)| other.parent.as_ref() == Some(&own))
            };
            if in_use {
                return Err(format!("base volume '{id}' is still in use by linked clones"));
            }
            task.sleep(Duration::from_millis(300)).await?;
            if shared.state().remove_volume(&node, &id).is_none() {
                task.log(format!("disk image '{file}' does not exist"));
            }
            task.log(format!("Removed volume '{id}'"));
            Ok(())
        });
    // With a delay the server waits for the task, and answers nothing when it is done by then.
    let data = if call.params.get("delay").is_some() { Value::Null } else { upid.into() };
    Ok(data.into())
}

/// `POST /nodes/{node}/storage/{storage}/content`: allocates a disk.
pub(crate) fn allocate(call: &Call) -> Answer {
    let params = &call.params;
    let (storage, file) = (params.text("storage"), params.text("filename"));
    let vmid = params.vmid();
    let now = call.shared.clock.unix();
    let mut state = call.shared.state();
    let found = state.storage(&call.node, storage)?.clone();
    let bare = file.rsplit('/').next().unwrap_or(file);
    let extension = bare.rsplit_once('.').map(|(_, extension)| extension);
    if let (Some(asked), Some(named)) = (params.get("format"), extension)
        && asked != named
        && matches!(named, "raw" | "qcow2" | "vmdk")
    {
        let text = format!("different storage formats ({asked} != {named})");
        return Err(ApiError::parameter("format", text));
    }
    let (name, format) = if found.path().is_some() {
        let name = format!("{vmid}/{bare}");
        let (_, _, format) = parse_file_name(&name)
            .map_err(|_| format!("unable to parse volume filename '{bare}'"))?;
        (name, format)
    } else {
        (bare.to_owned(), "raw".to_owned())
    };
    // A bare number is kilobytes here, unlike everywhere else.
    let text = params.text("size");
    let size = match text.parse::<u64>() {
        Ok(kilobytes) => kilobytes * 1024,
        Err(_) => parse_size(text).unwrap_or_default(),
    };
    let path = found.file(&name);
    let volumes = state.volumes_on_mut(&call.node, storage);
    if volumes.contains_key(&name) {
        return Err(ApiError::internal(format!("disk image '{path}' already exists")));
    }
    let volume = Volume {
        content: "images".to_owned(),
        format,
        size,
        vmid: Some(vmid),
        ctime: now,
        ..Volume::default()
    };
    volumes.insert(name.clone(), volume);
    Ok(Value::from(format!("{storage}:{name}")).into())
}

/// `PUT /nodes/{node}/storage/{storage}/content/{volume}`.
pub(crate) fn update(call: &Call) -> Answer {
    let (_, _) = volume_name(call)?;
    if call.params.get("notes").is_some() {
        return Err(ApiError::internal("only backups can have notes"));
    }
    if call.params.get("protected").is_some() {
        return Err(ApiError::internal("only backups support attribute 'protected'"));
    }
    Ok(Value::Null.into())
}

//! Disks of machines: the checks before, allocation and import.

use std::collections::BTreeMap;
use std::time::Duration;

use super::drive::{self, Drive};
use super::options;
use crate::proxmox::Call;
use crate::proxmox::datacenter::{Datacenter, copy_time};
use crate::proxmox::error::ApiError;
use crate::proxmox::storage::{Volume, format_size, image, parse_file_name, parse_volume_id};
use crate::proxmox::tasks::Task;

/// Text with which a path of the node is refused.
const ARBITRARY_PATH: &str =
    "Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.";

/// Checks the drives of a request against storages and privileges, before any work.
///
/// # Errors
/// What the server answers at once.
pub(super) fn check_drives(
    call: &Call,
    drives: &BTreeMap<String, Drive>,
    creating: bool,
) -> Result<(), ApiError> {
    let state = call.shared.state();
    for (name, drive) in drives {
        // The host's own CD drive is refused at a create alone.
        if drive.file != "cdrom" || creating {
            check_drive(call, &state, name, drive)?;
        }
    }
    Ok(())
}

fn check_drive(call: &Call, state: &Datacenter, name: &str, drive: &Drive) -> Result<(), ApiError> {
    let file = drive.file.as_str();
    if file == "none" {
        return Ok(());
    }
    if file == "cdrom" || file.starts_with('/') {
        return if call.who.is_root() { Ok(()) } else { Err(ApiError::internal(ARBITRARY_PATH)) };
    }
    if let Some((storage, size)) = drive.new_volume() {
        usable_for_images(call, state, storage)?;
        if let Some(source) = drive.option("import-from") {
            if size != 0.0 {
                let text = "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>";
                return Err(ApiError::parameter(name, text));
            }
            check_import_source(call, state, name, source)?;
        }
        return Ok(());
    }
    if let Some(storage) = drive.new_cloudinit() {
        return usable_for_images(call, state, storage);
    }
    let Some((storage, volume)) = parse_volume_id(file) else { return Ok(()) };
    let found = state.storage(&call.node, storage)?;
    let granted = state.access.privileges(&call.who, &format!("/storage/{storage}"));
    let content = if found.path().is_some() { parse_file_name(volume)?.0 } else { "images" };
    if content == "iso" {
        if !drive.is_cdrom() {
            let text = "explicit 'media=cdrom' is required for iso images";
            return Err(ApiError::parameter(name, text));
        }
        if !granted.contains_key("Datastore.AllocateSpace")
            && !granted.contains_key("Datastore.Audit")
        {
            let detail = format!("/storage/{storage}, Datastore.AllocateSpace|Datastore.Audit");
            return Err(ApiError::forbidden(Some(&detail)));
        }
    }
    Ok(())
}

pub(super) fn usable_for_images(
    call: &Call,
    state: &Datacenter,
    storage: &str,
) -> Result<(), ApiError> {
    let found = state.storage(&call.node, storage)?;
    if !state.access.allowed(&call.who, &format!("/storage/{storage}"), "Datastore.AllocateSpace") {
        let detail = format!("/storage/{storage}, Datastore.AllocateSpace");
        return Err(ApiError::forbidden(Some(&detail)));
    }
    if !found.holds("images") {
        let text = format!("storage '{storage}' does not support vm images");
        return Err(ApiError::parameter("storage", text));
    }
    Ok(())
}

fn check_import_source(
    call: &Call,
    state: &Datacenter,
    name: &str,
    source: &str,
) -> Result<(), ApiError> {
    if source.starts_with('/') {
        return if call.who.is_root() { Ok(()) } else { Err(ApiError::internal(ARBITRARY_PATH)) };
    }
    let Some((storage, volume)) = parse_volume_id(source) else { return Ok(()) };
    let found = state.storage(&call.node, storage)?;
    let content = if found.path().is_some() { parse_file_name(volume)?.0 } else { "images" };
    if !matches!(content, "images" | "import") {
        let text =
            format!("{source} has wrong type '{content}' - needs to be 'images' or 'import'");
        return Err(ApiError::parameter(name, text));
    }
    Ok(())
}

/// Work on disks, inside a task or inside a synchronous call.
pub(super) struct Worker<'a> {
    pub(super) call: &'a Call,
    pub(super) task: Option<&'a Task>,
    pub(super) vmid: u32,
    pub(super) template: bool,
    /// Volumes that were made, to take them away again after a failure.
    pub(super) created: Vec<String>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(call: &'a Call, task: Option<&'a Task>, vmid: u32) -> Self {
        Self { call, task, vmid, template: false, created: Vec::new() }
    }

    pub(super) fn log(&self, line: impl Into<String>) {
        if let Some(task) = self.task {
            task.log(line);
        }
    }

    pub(super) async fn sleep(&self, lab_time: Duration) -> Result<(), String> {
        match self.task {
            Some(task) => task.sleep(lab_time).await,
            None => {
                self.call.shared.clock.sleep(lab_time).await;
                Ok(())
            }
        }
    }

    /// Makes what the drives ask for and returns the strings for the configuration.
    pub(super) async fn create_drives(
        &mut self,
        wanted: &BTreeMap<String, Drive>,
        existing: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut strings = BTreeMap::new();
        let mut cloudinit = drive::drives(existing)
            .into_iter()
            .find(|(_, drive)| drive.is_cloudinit())
            .map(|(name, _)| name);
        // Without an order of its own the server walks the names backwards for cloud-init clashes,
        // but creates by sorted name.
        for (name, drive) in wanted {
            if drive.new_cloudinit().is_some() {
                let clash =
                    cloudinit.as_ref().filter(|other| *other != name).cloned().or_else(|| {
                        wanted
                            .iter()
                            .find(|(other, drive)| {
                                *other != name && drive.new_cloudinit().is_some()
                            })
                            .map(|(other, _)| other.clone())
                    });
                if let Some(other) = clash {
                    return Err(format!(
                        "{name} - cloud-init drive is already attached at '{other}'"
                    ));
                }
                cloudinit = Some(name.clone());
            }
            let drive = self.create_drive(name, drive.clone()).await?;
            strings.insert(name.clone(), drive.print());
        }
        Ok(strings)
    }

    async fn create_drive(&mut self, name: &str, mut drive: Drive) -> Result<Drive, String> {
        if matches!(drive.file.as_str(), "none" | "cdrom") || drive.file.starts_with('/') {
            drive.options.remove("size");
            if !drive.file.starts_with('/') {
                drive.set("media", "cdrom");
            }
            return Ok(drive);
        }
        if let Some(storage) = drive.new_cloudinit().map(str::to_owned) {
            self.create_cloudinit(&storage, &mut drive)?;
            self.log(format!("{name}: successfully created disk '{}'", drive.print()));
            return Ok(drive);
        }
        if let Some((storage, gigabytes)) =
            drive.new_volume().map(|(storage, size)| (storage.to_owned(), size))
        {
            let format = drive.options.remove("format");
            drive.options.remove("size");
            let (id, size) = match drive.options.remove("import-from") {
                Some(source) => self.import(&storage, &source, format.as_deref()).await?,
                None => self.allocate(name, &storage, gigabytes, format.as_deref(), &drive).await?,
            };
            drive.file = id;
            drive.set("size", format_size(size));
            self.log(format!("{name}: successfully created disk '{}'", drive.print()));
            return Ok(drive);
        }
        let state = self.call.shared.state();
        let Some(volume) = state.volume(&self.call.node, &drive.file) else {
            return Err(format!("volume '{}' does not exist", drive.file));
        };
        drive.options.remove("format");
        if !drive.is_cloudinit() {
            let size = if volume.content == "iso" {
                volume.size.next_multiple_of(512)
            } else {
                volume.size
            };
            drive.set("size", format_size(size));
        }
        Ok(drive)
    }

    fn create_cloudinit(&mut self, storage: &str, drive: &mut Drive) -> Result<(), String> {
        let asked = drive.options.remove("format");
        let (id, _) = self.insert_cloudinit(storage, asked.as_deref())?;
        drive.file = id;
        drive.options.remove("size");
        drive.set("media", "cdrom");
        Ok(())
    }

    /// Puts an empty cloud-init drive on a storage under its one name.
    pub(super) fn insert_cloudinit(
        &mut self,
        storage: &str,
        format: Option<&str>,
    ) -> Result<(String, String), String> {
        let node = &self.call.node;
        let mut state = self.call.shared.state();
        let found = state.storage(node, storage)?.clone();
        let (file, format) = match found.path() {
            Some(_) => {
                let format = format.unwrap_or("qcow2").to_owned();
                (format!("{0}/vm-{0}-cloudinit.{format}", self.vmid), format)
            }
            None => (format!("vm-{}-cloudinit", self.vmid), "raw".to_owned()),
        };
        let path = found.file(&file);
        let now = self.call.shared.clock.unix();
        let volumes = state.volumes_on_mut(node, storage);
        if volumes.contains_key(&file) {
            return Err(format!("disk image '{path}' already exists"));
        }
        let size = 4 << 20;
        let volume = Volume {
            content: "images".to_owned(),
            format: format.clone(),
            size,
            used: 384 << 10,
            vmid: Some(self.vmid),
            ctime: now,
            ..Volume::default()
        };
        volumes.insert(file.clone(), volume);
        drop(state);
        let id = format!("{storage}:{file}");
        self.created.push(id.clone());
        self.log(formatting(&path, &format, size));
        Ok((id, path))
    }

    async fn allocate(
        &mut self,
        name: &str,
        storage: &str,
        gigabytes: f64,
        format: Option<&str>,
        drive: &Drive,
    ) -> Result<(String, u64), String> {
        let size = match name {
            "efidisk0" if drive.option("efitype") == Some("4m") => 528 << 10,
            "efidisk0" => 128 << 10,
            "tpmstate0" => 4 << 20,
            // Kilobytes are the smallest unit that the server allocates.
            _ => (gigabytes * 1024.0 * 1024.0).ceil() as u64 * 1024,
        };
        self.sleep(Duration::from_millis(500)).await?;
        let (id, path) = self.insert(storage, format, size, 0)?;
        if size > 1 << 47 {
            self.call.shared.state().remove_volume(&self.call.node, &id);
            return Err(format!(
                "unable to create image: qemu-img: {path}: The image size is too large for file format 'raw'"
            ));
        }
        Ok((id, size))
    }

    /// Copies an image into a new disk, which gets the image's virtual size.
    async fn import(
        &mut self,
        storage: &str,
        source: &str,
        format: Option<&str>,
    ) -> Result<(String, u64), String> {
        let node = self.call.node.clone();
        let (size, source_format) = {
            let state = self.call.shared.state();
            let by_path = state.volume_at(&node, source);
            let source = by_path.as_deref().unwrap_or(source);
            let (source_storage, name) = parse_volume_id(source).unwrap_or(("", source));
            let path = state
                .storages
                .get(source_storage)
                .map_or_else(|| source.to_owned(), |s| s.file(name));
            let Some(volume) = state.volume(&node, source) else {
                return Err(format!("failed to stat '{path}'"));
            };
            let size = match &volume.data {
                Some(data) => image::virtual_size(&volume.format, data)
                    .map_err(|error| format!("qemu-img: Could not open '{path}': {error}"))?,
                None => volume.size,
            };
            // What comes by its path is copied into the storage's default format.
            let format = if by_path.is_some() { "raw" } else { volume.format.as_str() };
            (size, format.to_owned())
        };
        self.log(format!("create full clone of drive ({source})"));
        let takes = {
            let state = self.call.shared.state();
            state.storage(&node, storage)?.takes_format(&source_format)
        };
        let format = format.map(str::to_owned).or_else(|| takes.then_some(source_format));
        let (id, _) = self.insert(storage, format.as_deref(), size, size / 4)?;
        self.log(format!("allocated target volume '{id}'"));
        self.copy(storage, size).await?;
        Ok((id, size))
    }

    /// Lets the time pass that copying takes.
    pub(super) async fn copy(&self, storage: &str, size: u64) -> Result<(), String> {
        let whole = human_size(size);
        self.log(format!("transferred 0.0 B of {whole} (0.00%)"));
        self.sleep(copy_time(size)).await?;
        if self.call.shared.faults.storage_full(storage) {
            return Err(
                "copy failed: qemu-img: error while writing at byte 0: No space left on device"
                    .to_owned(),
            );
        }
        self.log(format!("transferred {whole} of {whole} (100.00%)"));
        Ok(())
    }

    /// Puts a new volume on a storage under the next free name.
    pub(super) fn insert(
        &mut self,
        storage: &str,
        format: Option<&str>,
        size: u64,
        used: u64,
    ) -> Result<(String, String), String> {
        let node = &self.call.node;
        let mut state = self.call.shared.state();
        let found = state.storage(node, storage)?.clone();
        let format = match format {
            Some(format) if found.takes_format(format) => format.to_owned(),
            Some(format) if found.path().is_none() => {
                return Err(format!("unsupported format '{format}'"));
            }
            Some(format) => return Err(format!("unsupported format '{format}'")),
            None => found.default_format().to_owned(),
        };
        if state.used(node, storage) + used > found.total {
            return Err(format!(
                "unable to create image: qemu-img: {}: No space left on device",
                found.file("")
            ));
        }
        let plain = state.next_disk_name(node, storage, self.vmid, false, &format);
        let name = state.next_disk_name(node, storage, self.vmid, self.template, &format);
        let now = self.call.shared.clock.unix();
        let volume = Volume {
            content: "images".to_owned(),
            format: format.clone(),
            size,
            used,
            vmid: Some(self.vmid),
            ctime: now,
            ..Volume::default()
        };
        state.volumes_on_mut(node, storage).insert(name.clone(), volume);
        drop(state);
        let path = found.file(&plain);
        match found.path() {
            Some(_) => self.log(formatting(&path, &format, size)),
            None => self.log(format!("  Logical volume \"{plain}\" created.")),
        }
        let id = format!("{storage}:{name}");
        self.created.push(id.clone());
        Ok((id, path))
    }

    /// Takes everything away that was made.
    pub(super) fn undo(&mut self) {
        let mut state = self.call.shared.state();
        for id in self.created.drain(..) {
            state.remove_volume(&self.call.node, &id);
        }
    }
}

/// The line with which qemu-img announces a new image.
pub(super) fn formatting(path: &str, format: &str, size: u64) -> String {
    let rest = match format {
        "qcow2" => format!(
            "fmt=qcow2 cluster_size=65536 extended_l2=off preallocation=metadata compression_type=zlib size={size} lazy_refcounts=off refcount_bits=16"
        ),
        "vmdk" => format!("fmt=vmdk size={size} compat6=off hwversion=undefined"),
        _ => format!("fmt={format} size={size} preallocation=off"),
    };
    format!("Formatting '{path}', {rest}")
}

fn human_size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "KiB", "MiB"] {
        if number < 1024.0 {
            return format!("{number:.1} {unit}");
        }
        number /= 1024.0;
    }
    format!("{number:.1} GiB")
}

/// Refuses `skiplock` to everybody but root with a ticket.
pub(super) fn skiplock_for_root(call: &Call) -> Result<(), ApiError> {
    for name in ["skiplock", "keepActive", "migratedfrom", "stateuri"] {
        let given = call.params.get(name).is_some_and(|value| value != "0");
        if given && !call.who.is_root() {
            return Err(ApiError::parameter(name, "Only root may use this option."));
        }
    }
    Ok(())
}

/// A drive or a detached volume.
pub(super) fn parse_any(name: &str, text: &str) -> Option<Drive> {
    if drive::is_unused(name) {
        return Some(Drive { file: text.split(',').next()?.to_owned(), options: BTreeMap::new() });
    }
    Drive::parse(name, text)
}

/// Parameters of a create or an update, told apart.
pub(super) struct Settings {
    pub(super) drives: BTreeMap<String, Drive>,
    pub(super) values: BTreeMap<String, String>,
}

/// Splits the parameters of a create or an update into drives and the rest, and checks who may set them.
pub(super) fn split_settings(
    call: &Call,
    skip: &[&str],
    creating: bool,
) -> Result<Settings, ApiError> {
    let mut drives = BTreeMap::new();
    let mut rest = BTreeMap::new();
    for (name, param) in &call.params.0 {
        if skip.contains(&name.as_str()) {
            continue;
        }
        let crate::proxmox::params::Param::Text(value) = param else {
            if name == "description" {
                continue;
            }
            let text = format!("unable to parse value of '{name}' - got undefined value");
            return Err(ApiError::internal(text));
        };
        options::check_root_only(&call.who, name, value, creating)?;
        check_use(call, name, value)?;
        if name == "hookscript" && call.shared.state().volume(&call.node, value).is_none() {
            let text = format!("script '{value}' does not exist\n");
            return Err(ApiError::parameter(name, text));
        }
        // The old name of the second IDE drive.
        let name = if name == "cdrom" { "ide2" } else { name };
        if drive::is_drive(name) {
            let mut drive = Drive::parse(name, value).unwrap_or_default();
            if call.params.get("cdrom").is_some() && name == "ide2" {
                drive.set("media", "cdrom");
            }
            drives.insert(name.to_owned(), drive);
        } else {
            rest.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Settings { drives, values: rest })
}

/// Refuses what the schema lets through but the configuration does not.
fn check_use(call: &Call, name: &str, value: &str) -> Result<(), ApiError> {
    let state = call.shared.state();
    let granted = |path: &str, privilege: &str| {
        if state.access.allowed(&call.who, path, privilege) {
            return Ok(());
        }
        Err(ApiError::forbidden(Some(&format!("{path}, {privilege}"))))
    };
    if drive::is_net(name) {
        let bridge = value.split(',').find_map(|part| part.strip_prefix("bridge="));
        if let Some(bridge) = bridge {
            granted(&format!("/sdn/zones/localnetwork/{bridge}"), "SDN.Use")?;
        }
    }
    if name == "rng0" && value.contains("/dev/hwrng") {
        granted("/mapping/hwrng", "Mapping.Use")?;
    }
    let integer = crate::proxmox::schema::Schema::get()
        .qemu_option(name)
        .is_some_and(|property| property.kind() == "integer");
    // The schema knows the sign, the configuration file does not.
    if integer && value.starts_with('+') {
        let text = format!(
            "unable to parse value of '{name}' - type check ('integer') failed - got '{value}'"
        );
        return Err(ApiError::internal(text));
    }
    Ok(())
}

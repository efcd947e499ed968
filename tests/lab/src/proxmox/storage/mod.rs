//! Storages and the volumes on them. API: `/storage`, `/nodes/{node}/storage`.

pub(crate) mod configuration;
pub(crate) mod content;
pub(crate) mod download;
pub(crate) mod image;
pub(crate) mod status;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::datacenter::Datacenter;
use super::params::split_list;

/// Configuration of one storage.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Every option as it stands in the configuration file, `content` included.
    pub(crate) options: BTreeMap<String, String>,
    /// Space in bytes.
    pub(crate) total: u64,
}

/// One volume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volume {
    /// `images`, `iso`, `import`…
    pub(crate) content: String,
    pub(crate) format: String,
    /// Size that a guest sees; of a file, its length.
    pub(crate) size: u64,
    pub(crate) used: u64,
    pub(crate) vmid: Option<u32>,
    /// Name of the base volume of a linked clone, on the same storage.
    pub(crate) parent: Option<String>,
    pub(crate) ctime: u64,
    pub(crate) data: Option<Bytes>,
}

impl Storage {
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub(crate) fn contents(&self) -> Vec<String> {
        split_list(self.option("content").unwrap_or_default())
    }

    pub(crate) fn holds(&self, content: &str) -> bool {
        self.contents().iter().any(|held| held == content)
    }

    pub(crate) fn shared(&self) -> bool {
        matches!(self.kind.as_str(), "nfs" | "cifs" | "cephfs" | "rbd" | "pbs" | "iscsi")
            || self.option("shared") == Some("1")
    }

    pub(crate) fn disabled(&self) -> bool {
        self.option("disable") == Some("1")
    }

    pub(crate) fn on_node(&self, node: &str) -> bool {
        self.option("nodes").is_none_or(|nodes| {
            nodes.trim().is_empty() || split_list(nodes).iter().any(|n| n == node)
        })
    }

    /// Directory of a storage that keeps files.
    pub(crate) fn path(&self) -> Option<String> {
        match self.kind.as_str() {
            "dir" | "btrfs" => self.option("path").map(str::to_owned),
            "nfs" | "cifs" | "cephfs" => Some(format!("/mnt/pve/{}", self.name)),
            _ => None,
        }
    }

    /// Format of a new disk where none is asked for.
    pub(crate) fn default_format(&self) -> &str {
        if self.path().is_some() && self.kind != "dir" {
            self.option("format").unwrap_or("raw")
        } else {
            "raw"
        }
    }

    /// Whether disks of that format can be made here.
    pub(crate) fn takes_format(&self, format: &str) -> bool {
        match self.path() {
            Some(_) => matches!(format, "raw" | "qcow2" | "vmdk"),
            None => format == "raw",
        }
    }

    /// Configuration as `GET /storage/{storage}` answers it, without the digest.
    pub(crate) fn configuration(&self) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        object.insert("storage".to_owned(), self.name.as_str().into());
        object.insert("type".to_owned(), self.kind.as_str().into());
        for (name, value) in &self.options {
            let flag = matches!(
                name.as_str(),
                "shared"
                    | "disable"
                    | "mkdir"
                    | "sparse"
                    | "krbd"
                    | "create-base-path"
                    | "create-subdirs"
                    | "saferemove"
                    | "tagged_only"
                    | "fuse"
                    | "monhost-flag"
            );
            let value = match value.parse::<i64>() {
                Ok(number) if flag => number.into(),
                Ok(_) | Err(_) => value.as_str().into(),
            };
            object.insert(name.clone(), value);
        }
        if self.shared() && !self.options.contains_key("shared") {
            object.insert("shared".to_owned(), 1.into());
        }
        if let Some(path) = self.path() {
            object.insert("path".to_owned(), path.into());
        }
        object.into()
    }

    /// File or device of a volume.
    pub(crate) fn file(&self, name: &str) -> String {
        let Some(path) = self.path() else { return format!("/dev/pve/{name}") };
        match name.split_once('/') {
            Some(("iso", file)) => format!("{path}/template/iso/{file}"),
            Some(("vztmpl", file)) => format!("{path}/template/cache/{file}"),
            Some(("backup", file)) => format!("{path}/dump/{file}"),
            Some(("import", file)) => format!("{path}/import/{file}"),
            Some(("snippets", file)) => format!("{path}/snippets/{file}"),
            Some(_) | None => format!("{path}/images/{}", own_name(name)),
        }
    }
}

/// Key of a volume among the others of its storage: a linked clone's name without its base.
pub(crate) fn own_name(name: &str) -> &str {
    match name.match_indices('/').map(|(index, _)| index).collect::<Vec<_>>()[..] {
        // BASEID/base-…/ID/vm-…
        [_, second, _] => &name[second + 1..],
        _ => name,
    }
}

/// The storages that a lab starts with.
pub(crate) fn defaults(plain: bool, local_size: u64) -> BTreeMap<String, Storage> {
    let storage = |name: &str, kind: &str, total: u64, options: &[(&str, &str)]| {
        let options =
            options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let storage = Storage { name: name.to_owned(), kind: kind.to_owned(), options, total };
        (name.to_owned(), storage)
    };
    const ALL: &str = "images,rootdir,vztmpl,iso,backup,snippets,import";
    let local = storage(
        "local",
        "dir",
        local_size,
        &[("content", ALL), ("path", "/var/lib/vz"), ("prune-backups", "keep-all=1")],
    );
    if plain {
        return BTreeMap::from([local]);
    }
    BTreeMap::from([
        local,
        storage(
            "local-lvm",
            "lvmthin",
            500 << 30,
            &[("content", "images,rootdir"), ("thinpool", "data"), ("vgname", "pve")],
        ),
        storage(
            "nfs",
            "nfs",
            2 << 40,
            &[
                ("content", "images,iso,import,vztmpl"),
                ("export", "/export/pve"),
                ("server", "nas.example.com"),
            ],
        ),
    ])
}

impl Datacenter {
    /// A storage that is there, enabled, and on that node.
    ///
    /// # Errors
    /// The server's text.
    pub(crate) fn storage(&self, node: &str, name: &str) -> Result<&Storage, String> {
        let storage =
            self.storages.get(name).ok_or_else(|| format!("storage '{name}' does not exist"))?;
        if storage.disabled() {
            return Err(format!("storage '{name}' is disabled"));
        }
        if !storage.on_node(node) {
            return Err(format!("storage '{name}' is not available on node '{node}'"));
        }
        Ok(storage)
    }

    fn place(&self, node: &str, storage: &str) -> (String, String) {
        let shared = self.storages.get(storage).is_some_and(Storage::shared);
        (storage.to_owned(), if shared { String::new() } else { node.to_owned() })
    }

    /// Volumes of a storage as that node sees them.
    pub(crate) fn volumes_on(
        &self,
        node: &str,
        storage: &str,
    ) -> impl Iterator<Item = (&String, &Volume)> {
        self.volumes.get(&self.place(node, storage)).into_iter().flatten()
    }

    pub(crate) fn volumes_on_mut(
        &mut self,
        node: &str,
        storage: &str,
    ) -> &mut BTreeMap<String, Volume> {
        let place = self.place(node, storage);
        self.volumes.entry(place).or_default()
    }

    /// The volume of a full id (`local:iso/x.iso`).
    pub(crate) fn volume(&self, node: &str, id: &str) -> Option<&Volume> {
        let (storage, name) = id.split_once(':')?;
        self.volumes.get(&self.place(node, storage))?.get(own_name(name))
    }

    /// Id of the volume that lies at a path of that node.
    pub(crate) fn volume_at(&self, node: &str, path: &str) -> Option<String> {
        self.storages.values().filter(|_| path.starts_with('/')).find_map(|storage| {
            let mut names = self.volumes_on(node, &storage.name).map(|(name, _)| name);
            let name = names.find(|name| storage.file(name) == path)?;
            Some(format!("{}:{name}", storage.name))
        })
    }

    /// Takes a volume away.
    pub(crate) fn remove_volume(&mut self, node: &str, id: &str) -> Option<Volume> {
        let (storage, name) = id.split_once(':')?;
        let place = self.place(node, storage);
        self.volumes.get_mut(&place)?.remove(own_name(name))
    }

    /// Space in use on a storage.
    pub(crate) fn used(&self, node: &str, storage: &str) -> u64 {
        self.volumes_on(node, storage).map(|(_, volume)| volume.used).sum()
    }

    /// Full id of a volume, with the base of a linked clone on a storage that keeps files.
    pub(crate) fn volume_id(&self, storage: &str, name: &str, volume: &Volume) -> String {
        let files = self.storages.get(storage).is_some_and(|storage| storage.path().is_some());
        match &volume.parent {
            Some(parent) if files => format!("{storage}:{parent}/{name}"),
            Some(_) | None => format!("{storage}:{name}"),
        }
    }

    /// Name for the next disk of a guest: the lowest free number on that storage.
    pub(crate) fn next_disk_name(
        &self,
        node: &str,
        storage: &str,
        vmid: u32,
        template: bool,
        format: &str,
    ) -> String {
        let files = self.storages.get(storage).is_some_and(|storage| storage.path().is_some());
        let stem = if template { "base" } else { "vm" };
        let taken: BTreeSet<String> = self
            .volumes_on(node, storage)
            .filter(|(_, volume)| volume.vmid == Some(vmid))
            .map(|(name, _)| disk_stem(name))
            .collect();
        let free = (0..).find(|number| {
            ["vm", "base"]
                .iter()
                .all(|stem| !taken.contains(&format!("{stem}-{vmid}-disk-{number}")))
        });
        let name = format!("{stem}-{vmid}-disk-{}", free.unwrap_or_default());
        if files { format!("{vmid}/{name}.{format}") } else { name }
    }
}

/// `vm-100-disk-0` of `100/vm-100-disk-0.qcow2`.
fn disk_stem(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.split('.').next().unwrap_or(file).to_owned()
}

/// Splits `local:iso/x.iso`.
pub(crate) fn parse_volume_id(id: &str) -> Option<(&str, &str)> {
    id.split_once(':').filter(|(storage, name)| !storage.is_empty() && !name.is_empty())
}

/// Content type, guest and format that a volume's name says on a storage with files.
///
/// # Errors
/// The server's text for a name that says nothing.
pub(crate) fn parse_file_name(name: &str) -> Result<(&'static str, Option<u32>, String), String> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
    let known = match name.split_once('/') {
        Some(("iso", file)) if has_extension(file, &["iso", "img"]) => {
            Some(("iso", None, "iso".to_owned()))
        }
        Some(("vztmpl", file)) if is_template_name(file) => {
            Some(("vztmpl", None, template_format(file)))
        }
        Some(("import", file)) if has_extension(file, &["qcow2", "raw", "vmdk", "ova", "ovf"]) => {
            Some(("import", None, extension))
        }
        Some(("snippets", file)) if !file.is_empty() => {
            Some(("snippets", None, "snippet".to_owned()))
        }
        Some(("backup", file)) if !file.is_empty() => Some(("backup", None, extension)),
        Some(("rootdir", _)) => Some(("rootdir", None, "subvol".to_owned())),
        Some((owner, file)) if owner.parse::<u32>().is_ok() => {
            let file = own_name(name).rsplit('/').next().unwrap_or(file);
            let owner = own_name(name).split('/').next().and_then(|owner| owner.parse().ok());
            if !has_extension(file, &["raw", "qcow2", "vmdk", "subvol"]) || file.contains(' ') {
                return Err(format!("unable to parse volume filename '{file}'"));
            }
            Some(("images", owner, extension))
        }
        Some(_) | None => None,
    };
    known.ok_or_else(|| format!("unable to parse directory volume name '{name}'"))
}

pub(crate) fn has_extension(file: &str, wanted: &[&str]) -> bool {
    file.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(extension))
    })
}

pub(crate) fn is_template_name(file: &str) -> bool {
    [".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".tgz"].iter().any(|end| file.ends_with(end))
        || has_extension(file, &["tar"])
}

fn template_format(file: &str) -> String {
    match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz" | "tgz") => "tgz",
        Some("xz") => "txz",
        Some("zst") => "tzst",
        Some("bz2") => "tbz2",
        Some(_) | None => "tar",
    }
    .to_owned()
}

/// Number of bytes as Proxmox writes it: the largest unit that divides it.
pub(crate) fn format_size(bytes: u64) -> String {
    let mut number = bytes;
    for unit in ["", "K", "M", "G"] {
        if !number.is_multiple_of(1024) {
            return format!("{number}{unit}");
        }
        number /= 1024;
    }
    format!("{number}T")
}

/// Number of bytes that a text like `10G` says; without a unit it is bytes.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = match text.chars().last()? {
        'K' => (&text[..text.len() - 1], 10),
        'M' => (&text[..text.len() - 1], 20),
        'G' => (&text[..text.len() - 1], 30),
        'T' => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    let number: f64 = number.parse().ok()?;
    Some((number * f64::from(unit).exp2()).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_the_server_writes_them() {
        assert_eq!(format_size(0), "0T");
        assert_eq!(format_size(1 << 30), "1G");
        assert_eq!(format_size(512 << 20), "512M");
        assert_eq!(format_size(104_858 << 10), "104858K");
        assert_eq!(format_size(1000), "1000");
        assert_eq!(parse_size("2G"), Some(2 << 30));
        assert_eq!(parse_size("512"), Some(512));
    }

    #[test]
    fn linked_clones_are_found_by_their_own_name() {
        let name = "150/base-150-disk-0.qcow2/160/vm-160-disk-0.qcow2";
        assert_eq!(own_name(name), "160/vm-160-disk-0.qcow2");
        assert_eq!(own_name("iso/x.iso"), "iso/x.iso");
        assert_eq!(parse_file_name(name).unwrap().1, Some(160));
    }
}

//! Whether a guest that was found is the one that a state is about.
//!
//! A number is given away again after its guest is destroyed, so it identifies nothing for good. The
//! UUID in a VM's `smbios1` does: no clone and no rollback changes it, and no two guests share one.
//! It is kept in private state and in the attribute `uuid`.

use onprem_proxmox::{GuestConfig, GuestKind, GuestLocation, VmId};
use tf_provider::{Context, Diagnostic, Resource, ResourceModel, Result};

use super::comment::begun_uuid;

/// Key of the UUID in private state, and name of the attribute.
pub(crate) const UUID: &str = "uuid";
/// Key of a container's first MAC address in private state.
const ADDRESS: &str = "address";
/// Key of the digest in private state.
const DIGEST: &str = "digest";

/// Whether the guest that was found is the one of the state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Whose {
    Ours,
    Strangers,
    /// The state has no fingerprint.
    Unknown,
}

/// Compares a guest with the state. An import takes whatever is there.
fn whose<R: Resource>(cx: &Context<R>, config: &GuestConfig) -> Result<Whose> {
    let remembered = remembered(cx)?;
    // A clone has a UUID from the server, and a container none, until it is made: the mark has ours.
    let found = [uuid(config), begun_uuid(config)];
    Ok(match remembered {
        Some(ours) if found.contains(&Some(ours.clone())) => Whose::Ours,
        Some(_) if lost_its_id(cx, config)? => Whose::Ours,
        Some(_) => Whose::Strangers,
        None if cx.imported() => Whose::Ours,
        None => Whose::Unknown,
    })
}

/// The fingerprint in the state. A guest that has none leaves it empty.
///
/// # Errors
/// A private state that cannot be read.
pub(crate) fn remembered<R: ResourceModel>(cx: &Context<R>) -> Result<Option<String>> {
    // Terraform gives the destroy of a tainted object no private state; the attribute has it, too.
    let remembered: Option<String> = cx.recall(UUID)?;
    let remembered = remembered.or_else(|| cx.prior_text(UUID).map(str::to_owned));
    Ok(remembered.filter(|uuid| !uuid.is_empty()))
}

/// Whether somebody took the id out of a container's description: its first address tells it then.
fn lost_its_id<R: Resource>(cx: &Context<R>, config: &GuestConfig) -> Result<bool> {
    let before: Option<String> = cx.recall(ADDRESS)?;
    let bare = config.text("smbios1").is_none() && !has_id(config);
    Ok(bare && before.is_some() && before == first_address(config))
}

/// As [`whose`], and no guess where nobody can tell yet.
///
/// # Errors
/// When the server still makes the guest.
pub(crate) fn whose_now<R: Resource>(
    cx: &Context<R>,
    vm_id: VmId,
    config: &GuestConfig,
) -> Result<Whose> {
    let whose = whose(cx, config)?;
    if whose == Whose::Strangers && is_being_made(config) {
        return Err(Diagnostic::error(format!("Guest {vm_id} is still being made"))
            .detail(
                "An apply was stopped while the server made it, and until that is done nothing tells \
                 whose it is.",
            )
            .hint("plan again when its task has ended")
            .at("vm_id"));
    }
    Ok(whose)
}

/// What a read makes of a guest: whether it goes on, after warning of what is strange.
///
/// # Errors
/// When nobody can tell yet.
pub(crate) fn recognise<R: Resource>(
    cx: &Context<R>,
    vm_id: VmId,
    config: &GuestConfig,
) -> Result<bool> {
    let whose = whose_now(cx, vm_id, config)?;
    match whose {
        Whose::Ours => {}
        Whose::Strangers => cx.warn(
            Diagnostic::warning(format!("Guest {vm_id} is another one now"))
                .detail(
                    "The guest with this number is not the one that this resource made: that was \
                     destroyed, and its number given away. The other guest is left alone.",
                )
                .at("vm_id"),
        ),
        Whose::Unknown => cx.warn(
            Diagnostic::warning(format!("Nothing tells whether guest {vm_id} is still the same"))
                .detail("Its fingerprint is missing from the state, so it will not be destroyed.")
                .hint(again(config)),
        ),
    }
    Ok(whose != Whose::Strangers)
}

/// Whether the server still makes the guest: until then its configuration is a lock and nothing else.
pub(crate) fn is_being_made(config: &GuestConfig) -> bool {
    matches!(config.text("lock").as_deref(), Some("create" | "clone"))
}

/// Refuses to touch a guest that is not surely ours.
///
/// # Errors
/// Why it was not `attempted`, for example `destroyed`.
pub(crate) fn ensure_ours<R: Resource>(
    cx: &Context<R>,
    vm_id: VmId,
    config: &GuestConfig,
    attempted: &str,
) -> Result<()> {
    let why = match whose(cx, config)? {
        Whose::Ours => return Ok(()),
        Whose::Strangers => "The guest with this number is another one than this resource made.",
        Whose::Unknown => {
            return Err(Diagnostic::error(format!("Guest {vm_id} was not {attempted}"))
                .detail("Its fingerprint is missing from the state, so it may be another guest.")
                .hint(again(config)));
        }
    };
    Err(Diagnostic::error(format!("Guest {vm_id} was not {attempted}"))
        .detail(why)
        .hint("`terraform state rm` it; if it is the right one, import it again"))
}

/// How a state gets a fingerprint, which the guest may not have yet.
fn again(config: &GuestConfig) -> &'static str {
    match uuid(config) {
        Some(_) => "`terraform state rm` it and import it again, which takes the fingerprint",
        None => {
            "the guest has none: give a VM a `uuid` in its SMBIOS settings, or a container a network \
             device; then `terraform state rm` it and import it again"
        }
    }
}

/// Refuses to destroy a protected guest while it still runs: the server would refuse once it is off.
///
/// # Errors
/// That it is protected.
pub(crate) fn ensure_unprotected(vm_id: VmId, config: &GuestConfig) -> Result<()> {
    if config.get("protection")? != Some(true) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("Guest {vm_id} was not destroyed: it is protected"))
        .detail("Its `protection` is on. Nothing was done to it.")
        .hint("apply `protection = false` first")
        .at("protection"))
}

/// Whether the configuration is the one of the last read.
pub(crate) fn unchanged<R: Resource>(cx: &Context<R>, config: &GuestConfig) -> Result<bool> {
    let digest: Option<String> = cx.recall(DIGEST)?;
    Ok(digest.is_none_or(|digest| digest == config.digest()))
}

/// Refuses to overwrite what somebody else changed since the last read, where it is the same thing;
/// `fresh` is the resource as the server has it now.
///
/// # Errors
/// What moved, at its attribute.
pub(crate) fn ensure_unmoved<R: Resource>(cx: &Context<R>, vm_id: VmId, fresh: &R) -> Result<()> {
    let moved = cx.moved(fresh);
    let Some(path) = moved.first() else { return Ok(()) };
    let list = moved.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    Err(Diagnostic::error(format!("Guest {vm_id} was changed by somebody else meanwhile"))
        .detail(format!("Since the plan was made, {list} changed on the server, too."))
        .hint("plan again, and look at what the other change was")
        .at(path.clone()))
}

/// Keeps the fingerprint and the digest.
pub(crate) fn remember<R: Resource>(cx: &Context<R>, config: &GuestConfig) -> Result<()> {
    if remembered(cx)?.is_none()
        && let Some(uuid) = uuid(config)
    {
        cx.remember(UUID, &uuid)?;
        cx.reached(UUID, &uuid);
    }
    match first_address(config) {
        Some(address) => cx.remember(ADDRESS, &address)?,
        None => cx.forget(ADDRESS),
    }
    cx.remember(DIGEST, &config.digest())
}

/// The `smbios1` of a VM with this UUID in it, and all else that it had.
pub(crate) fn with_uuid(config: &GuestConfig, uuid: &str) -> String {
    let smbios = config.text("smbios1").unwrap_or_default();
    let others = smbios.split(',').filter(|part| !part.is_empty() && !part.starts_with("uuid="));
    let uuid = format!("uuid={uuid}");
    std::iter::once(uuid.as_str()).chain(others).collect::<Vec<_>>().join(",")
}

/// What identifies a guest for good: the UUID of a VM; of a container the one in the comment at the end
/// of its description, or else its first MAC address.
pub(crate) fn uuid(config: &GuestConfig) -> Option<String> {
    if let Some(smbios) = config.text("smbios1") {
        let uuid = smbios.split(',').find_map(|part| part.strip_prefix("uuid="));
        return uuid.map(str::to_ascii_lowercase);
    }
    id_of(config).or_else(|| begun_uuid(config)).or_else(|| first_address(config))
}

/// The first MAC address of a container; it may change.
fn first_address(config: &GuestConfig) -> Option<String> {
    let device = config.text("net0")?;
    let address = device.split(',').find_map(|part| part.strip_prefix("hwaddr="));
    address.map(str::to_ascii_lowercase)
}

/// What tells a guest from the next one of the same number, for whoever is not about the guest itself.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    kind: Option<String>,
    uuid: Option<String>,
    address: Option<String>,
}

impl Trace {
    /// That of a guest that was found.
    pub(crate) fn of(found: &GuestLocation) -> Self {
        let config = &found.config;
        let uuid = match found.kind {
            GuestKind::Lxc => id_of(config).or_else(|| begun_uuid(config)),
            _ => uuid(config),
        };
        Self { kind: Some(found.kind.to_string()), uuid, address: first_address(config) }
    }

    /// As it is kept in private state.
    pub(crate) fn parts(&self) -> [&Option<String>; 3] {
        [&self.kind, &self.uuid, &self.address]
    }

    /// From what was kept.
    pub(crate) fn from_parts([kind, uuid, address]: [Option<String>; 3]) -> Self {
        Self { kind, uuid, address }
    }

    /// Whether it leads to the same guest, as far as anything tells.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        let same = match (&self.uuid, &other.uuid) {
            (Some(one), Some(other)) => one == other,
            _ => self.address == other.address,
        };
        self.kind == other.kind && same
    }
}

const ID: &str = "<!-- onprem:id ";

/// The id in a comment of ours. It stands at the end of the description, until somebody writes below it.
fn id_of(config: &GuestConfig) -> Option<String> {
    let description = config.text("description")?;
    let (_, rest) = description.rsplit_once(ID)?;
    rest.split_once(" -->").map(|(id, _)| id.to_owned())
}

/// Whether the description of a container tells it.
pub(crate) fn has_id(config: &GuestConfig) -> bool {
    id_of(config).is_some() || begun_uuid(config).is_some()
}

/// Whether the first address of a container is all that tells it from others.
pub(crate) fn is_address(config: &GuestConfig, id: &str) -> bool {
    first_address(config).as_deref() == Some(id)
}

/// A description with an id at its end.
pub(crate) fn with_id(description: &str, id: &str) -> String {
    match description {
        "" => format!("{ID}{id} -->"),
        text => format!("{text}\n\n{ID}{id} -->"),
    }
}

/// A description with the id that the guest has, or else the one that is `known`, if there is one.
pub(crate) fn with_id_of(config: &GuestConfig, known: Option<&str>, description: &str) -> String {
    let found = id_of(config).or_else(|| begun_uuid(config));
    match found.as_deref().or(known) {
        Some(id) => with_id(description, id),
        None => description.to_owned(),
    }
}

//! VM templates. API: `/nodes/{node}/qemu` and `…/{vmid}/{config,resize,move_disk,template}`.
//!
//! `create` makes one, or goes on with one whose making was killed; `update` changes one in place; both
//! bring the server's configuration to the plan with `converge`.

mod converge;
mod create;

use onprem_proxmox::{DeleteVm, GuestConfig, GuestKind, GuestLocation, NodeName, VmId, VolumeId};
use tf_provider::api::{ApiError, FromApi};
use tf_provider::cty::Path;
use tf_provider::{
    Attempt, Context, Diagnostic, PlanContext, Resource, Result, Text, Update, Value,
};

use super::Proxmox;
use super::claim::unmarked;
use super::format::Pve;
use super::hardware::Hardware;
use super::hardware::cloud_init::{self, CloudInit};
use super::hardware::disk::{self, Disks};
use super::hardware::network::{self, Network};

/// A VM template, which VMs are cloned from.
///
/// It is made from an image that a storage holds (see `onprem_proxmox_image`), or empty, and converted
/// once it is complete. Everything but its node and its number changes in place. Clones that are linked
/// to it keep it from being destroyed.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_template",
    group = "Proxmox VE",
    import = "{vm_id}",
    import = "{node}/{vm_id}",
    timeouts(create = "30m", read = "5m", update = "30m", delete = "10m")
)]
pub(crate) struct Template {
    /// The number as text, for example `9000`.
    #[attr(computed)]
    id: String,
    /// The same as `id`: what a VM takes as the template to clone.
    #[attr(computed)]
    template_id: String,
    /// Number of the guest, unique in the cluster; the next free one unless set.
    #[attr(setting, keep, replace, identity, range(100, 999_999_999))]
    vm_id: i64,
    /// Node to make it on.
    #[attr(required, replace)]
    node: Text<NodeName>,
    /// Node that it is on now; another one after a migration.
    #[attr(computed)]
    current_node: String,
    /// Volume id of the image that the first disk is made from: `volume_id` of an
    /// `onprem_proxmox_image` with content `import`. Used when the template is made and not again.
    #[attr(creation)]
    image: Option<Text<VolumeId>>,
    /// Makes the template anew when `image` changes. Without it another image is for templates to come.
    #[attr(optional, default = false)]
    rebuild_on_image_change: bool,
    #[attr(flatten)]
    hardware: Hardware,
    /// Disks by slot, for example `scsi0`. Slots that are not here are left alone. The image goes into
    /// the first one: `scsi` before `virtio`, `sata` and `ide`.
    #[attr(setting, keep)]
    disks: Disks,
    /// Network devices by slot, for example `net0`. Where this is set, these are all there are.
    #[attr(setting, keep)]
    network: Network,
    /// The cloud-init drive.
    #[attr(setting, keep)]
    cloud_init: Option<CloudInit>,
}

/// Fingerprint of the guest, in private state: the UUID of its `smbios1`, which no other guest has.
const UUID: &str = "uuid";
/// Digest of the configuration at the last read, in private state.
const DIGEST: &str = "digest";

impl Resource for Template {
    type Client = Proxmox;

    async fn plan(cx: &mut PlanContext<Self>, pve: Option<&Proxmox>) -> Result<()> {
        for diagnostic in disk_problems(cx) {
            cx.report(diagnostic);
        }
        let (prior, planned) = (cx.prior().cloned(), cx.planned().cloned());
        match (prior, planned) {
            (None, Some(planned)) => {
                if let (Some(pve), Some(vm_id)) = (pve, planned.vm_id.known()) {
                    warn_of_taken(cx, pve, *vm_id).await?;
                }
            }
            (Some(prior), Some(planned)) => {
                let rebuild = planned.rebuild_on_image_change.known() == Some(&true);
                let other = match (&prior.image, &planned.image) {
                    (Value::Known(prior), Value::Known(planned)) => prior != planned,
                    (Value::Known(_), Value::Unknown) => true,
                    _ => false,
                };
                if rebuild && other {
                    cx.replace("image");
                }
            }
            (_, None) => {}
        }
        Ok(())
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: TemplatePlan) -> Result<Self> {
        create::create(cx, &pve.within(cx), plan).await
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: TemplateIdentity,
    ) -> Result<Option<Self>> {
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(found) = pve.within(cx).locate(vm_id).await? else { return Ok(None) };
        match whose(cx, &found)? {
            Whose::Strangers => {
                cx.warn(
                    Diagnostic::warning(format!("Guest {vm_id} is another one now"))
                        .detail(
                            "The guest with this number is not the template that this resource made: \
                             it was destroyed, and its number given away. The other guest is left alone.",
                        )
                        .at("vm_id"),
                );
                return Ok(None);
            }
            Whose::Unknown => cx.warn(
                Diagnostic::warning(format!(
                    "Nothing tells whether template {vm_id} is still the same"
                ))
                .detail("Its fingerprint is missing from the state, so it will not be destroyed.")
                .hint("`terraform state rm` it and import it again, which takes the fingerprint"),
            ),
            Whose::Ours => {}
        }
        if found.kind == GuestKind::Lxc || !is_template(&found.config) {
            let what = if found.kind == GuestKind::Lxc { "a container" } else { "a VM" };
            return Err(Diagnostic::error(format!("Guest {vm_id} is {what} and no template"))
                .hint("convert it to a template in the web interface, or remove it from the state")
                .at("vm_id"));
        }
        remember(cx, &found.config)?;
        state(cx, vm_id, &found).map(Some)
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: TemplateIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        ensure_ours(cx, vm_id, &found, "changed")?;
        ensure_unmoved(cx, vm_id, &found)?;
        let before = cx.prior().and_then(|prior| prior.cloud_init.known());
        let password = cloud_init::password_changed(before, update.plan.cloud_init.as_ref());
        let job = converge::Converge { pve: &pve, vm_id, node: &found.node, plan: &update.plan };
        let settings = converge::Settings::changed(&update.changes, password);
        job.settings(&settings, &found.config).await?;
        job.disks(cx.prior().and_then(|prior| prior.disks.known())).await?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        remember(cx, &found.config)?;
        state(cx, vm_id, &found)
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: TemplateIdentity,
    ) -> Result<()> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(found) = pve.locate(vm_id).await? else { return Ok(()) };
        if let Whose::Strangers = whose(cx, &found)? {
            return Ok(());
        }
        ensure_ours(cx, vm_id, &found, "destroyed")?;
        let delete = DeleteVm { purge: true, ..DeleteVm::default() };
        pve.qemu(&found.node, vm_id).delete(&delete).await?;
        Ok(())
    }
}

/// Whether the guest that was found is the one of the state.
enum Whose {
    Ours,
    Strangers,
    Unknown,
}

fn whose(cx: &Context<Template>, found: &GuestLocation) -> Result<Whose> {
    let remembered: Option<String> = cx.recall(UUID)?;
    Ok(match (remembered, uuid(&found.config)) {
        (Some(ours), Some(theirs)) if ours == theirs => Whose::Ours,
        (Some(_), _) => Whose::Strangers,
        (None, _) if cx.imported() => Whose::Ours,
        (None, _) => Whose::Unknown,
    })
}

fn ensure_ours(
    cx: &Context<Template>,
    vm_id: VmId,
    found: &GuestLocation,
    attempted: &str,
) -> Result<()> {
    let why = match whose(cx, found)? {
        Whose::Ours => return Ok(()),
        Whose::Strangers => "The guest with this number is another one than this resource made.",
        Whose::Unknown => "Its fingerprint is missing from the state, so it may be another guest.",
    };
    Err(Diagnostic::error(format!("Guest {vm_id} was not {attempted}"))
        .detail(why)
        .hint("`terraform state rm` it; if it is the right one, import it again"))
}

/// Refuses to overwrite what somebody else changed since the last read, where it is the same thing.
fn ensure_unmoved(cx: &Context<Template>, vm_id: VmId, found: &GuestLocation) -> Result<()> {
    let digest: Option<String> = cx.recall(DIGEST)?;
    if digest.is_none_or(|digest| digest == found.config.digest()) {
        return Ok(());
    }
    let moved = cx.moved(&state(cx, vm_id, found)?);
    let Some(path) = moved.first() else { return Ok(()) };
    let list = moved.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    Err(Diagnostic::error(format!("Template {vm_id} was changed by somebody else meanwhile"))
        .detail(format!("Since the plan was made, {list} changed on the server, too."))
        .hint("plan again, and look at what the other change was")
        .at(path.clone()))
}

fn gone(vm_id: VmId) -> Diagnostic {
    Diagnostic::error(format!("Template {vm_id} has gone"))
        .detail("It was there when the plan was made.")
        .hint("plan again: it will be made anew")
        .at("vm_id")
}

fn is_template(config: &GuestConfig) -> bool {
    config.get("template").ok().flatten() == Some(true)
}

fn uuid(config: &GuestConfig) -> Option<String> {
    let smbios = config.text("smbios1")?;
    smbios.split(',').find_map(|part| part.strip_prefix("uuid=")).map(str::to_ascii_lowercase)
}

fn remember(cx: &Context<Template>, config: &GuestConfig) -> Result<()> {
    if let Some(uuid) = uuid(config) {
        cx.remember(UUID, &uuid)?;
    }
    cx.remember(DIGEST, &config.digest())
}

/// The template as the server has it. Disks that the configuration does not name are not shown, once
/// it names any.
fn state(cx: &Context<Template>, vm_id: VmId, found: &GuestLocation) -> Result<Template> {
    let GuestLocation { node, config, .. } = found;
    let mut template = read(vm_id, node, config)?;
    let known = cx.config().or(cx.prior()).map(|values| &values.disks);
    if let Some(Value::Known(disks)) = known
        && (cx.config().is_some() || cx.configured("disks"))
    {
        template.disks.retain(|slot, _| disks.contains_key(slot));
    }
    let asked = cx.config().or(cx.prior()).and_then(|values| values.node.known());
    if let Some(asked) = asked {
        template.node = asked.clone();
    }
    Ok(template)
}

fn read(vm_id: VmId, node: &NodeName, config: &GuestConfig) -> Result<Template, ApiError> {
    let mut fields = disk::api_fields(config);
    let description = config.text("description").unwrap_or_default();
    match unmarked(&description) {
        "" => fields.remove("description"),
        text => fields.insert("description".to_owned(), text.into()),
    };
    Ok(Template {
        id: vm_id.to_string(),
        template_id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        node: node.clone().into(),
        current_node: node.to_string(),
        image: None,
        rebuild_on_image_change: false,
        hardware: Hardware::from_api::<Pve>(&fields)?,
        disks: disk::read(config)?,
        network: network::read(config)?,
        cloud_init: cloud_init::read(config)?,
    })
}

/// What is wrong with the planned disks, as far as it is known.
fn disk_problems(cx: &PlanContext<Template>) -> Vec<Diagnostic> {
    let mut problems = vec![];
    let Some(planned) = cx.planned() else { return problems };
    let prior = cx.prior();
    let path = |slot: &disk::DiskSlot| Path::from("disks").key(slot.to_string());
    let before = prior.and_then(|prior| prior.disks.known());
    for (position, (slot, disk)) in planned.disks.known().into_iter().flatten().enumerate() {
        let Value::Known(disk) = disk else { continue };
        let old = before.and_then(|before| before.get(slot)).and_then(Value::known);
        let old_size = old.and_then(|old| old.size.known());
        if let (Some(old), Some(new)) = (old_size, disk.size.known())
            && new < old
        {
            problems.push(
                Diagnostic::error(format!("Disk {slot} cannot shrink"))
                    .detail(format!("It has {old} GiB, and {new} GiB are planned."))
                    .hint("keep the size, or make a new disk and move the data yourself")
                    .at(path(slot).attribute("size")),
            );
        }
        let from_image = prior.is_none() && position == 0 && !planned.image.is_null();
        let config = cx.config().and_then(|config| config.disks.known());
        let sized = config.and_then(|disks| disks.get(slot)).and_then(Value::known);
        if old.is_none() && !from_image && sized.is_some_and(|disk| disk.size.is_null()) {
            problems.push(
                Diagnostic::error(format!("Disk {slot} needs a size"))
                    .detail("Only the first disk takes its size from the image.")
                    .at(path(slot)),
            );
        }
    }
    let no_disks = cx.config().is_some_and(|config| config.disks.is_null());
    if prior.is_none() && no_disks && !planned.image.is_null() {
        problems.push(
            Diagnostic::error("The image has no disk to go into")
                .hint("add one: disks = { scsi0 = { storage = \"local-lvm\" } }")
                .at("disks"),
        );
    }
    for (slot, _) in before.into_iter().flatten() {
        if planned.disks.known().is_some_and(|planned| !planned.contains_key(slot)) {
            problems.push(
                Diagnostic::warning(format!("Disk {slot} will be detached"))
                    .detail(
                        "Its data is kept: the volume stays with the template as an unused disk.",
                    )
                    .at("disks"),
            );
        }
    }
    problems
}

/// A number that is taken now may be free at the apply: its holder may go in the same plan.
async fn warn_of_taken(cx: &mut PlanContext<Template>, pve: &Proxmox, vm_id: i64) -> Result<()> {
    let resources = pve.cluster().resources().await.context("Could not list the guests")?;
    let taken = |row: &&onprem_proxmox::Resource| {
        row.vmid.is_some_and(|taken| i64::from(taken.number()) == vm_id)
    };
    if let Some(row) = resources.iter().find(taken) {
        let name = row.name.as_deref().unwrap_or("without a name");
        cx.report(
            Diagnostic::warning(format!("Number {vm_id} is taken"))
                .detail(format!(
                    "{} ({name}) has it. Unless it is destroyed in the same apply, the template cannot \
                     be made.",
                    row.id
                ))
                .at("vm_id"),
        );
    }
    Ok(())
}

//! VM templates. API: `/nodes/{node}/qemu` and `…/{vmid}/{config,resize,move_disk,template}`.
//!
//! `create` makes one, or goes on with one whose making was killed; `update` changes one in place; both
//! bring the server's configuration to the plan (see `hardware::converge`).

mod create;
pub(super) mod list;
mod plan;

use onprem_proxmox::{DeleteVm, GuestConfig, GuestKind, GuestLocation, NodeName, VmId, VolumeId};
use serde_json::{Map, Value as Json};
use tf_provider::api::{ApiError, FromApi};
use tf_provider::{
    Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Source, Text, Update, Value,
};

use super::Proxmox;
use super::fingerprint::{self, Whose};
use super::format::Pve;
use super::hardware::Hardware;
use super::hardware::cdrom::{self, Cdroms};
use super::hardware::cloud_init::{self, CloudInit, CloudInitValues, Drives};
use super::hardware::converge::{Guest, Leaving, Settings};
use super::hardware::disk::{self, Disks};
use super::hardware::network::{self, Network};
use super::parameters;
use super::peers;

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
    /// UUID that the firmware shows the guest; no other guest has it.
    #[attr(computed)]
    uuid: String,
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
    /// Erases a disk whose slot is taken out of `disks`, instead of keeping its volume as an unused disk.
    /// It counts once it has been applied: a plan that sets it erases nothing yet.
    #[attr(optional, default = false)]
    allow_data_loss: bool,
    #[attr(flatten)]
    hardware: Hardware,
    /// Disks by slot, for example `scsi0`. Slots that are not here are left alone. The image goes into
    /// the first one: `scsi` before `virtio`, `sata` and `ide`.
    #[attr(setting, keep)]
    disks: Disks,
    /// CD drives by slot, for example `ide3`. Where this is set, these are all there are. Clones have
    /// them too.
    #[attr(setting, keep)]
    cdrom: Cdroms,
    /// Network devices by slot, for example `net0`. Where this is set, these are all there are.
    #[attr(setting, keep)]
    network: Network,
    /// The cloud-init drive. A CD drive that is given its slot takes its place.
    #[attr(setting, keep)]
    cloud_init: Option<CloudInit>,
}

impl Resource for Template {
    type Client = Proxmox;

    fn validate(config: &TemplateValues, diagnostics: &mut Diagnostics) {
        let drives = Drives { cdrom: &config.cdrom, cloud_init: &config.cloud_init };
        if let Some(conflict) = drives.conflict().or_else(|| drives.displaces(&config.disks)) {
            diagnostics.push(conflict);
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, pve: Option<&Proxmox>) -> Result<()> {
        plan::plan(cx, pve).await
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
        if !fingerprint::recognise(cx, vm_id, &found.config)? {
            return Ok(None);
        }
        if found.kind == GuestKind::Lxc {
            return Err(Diagnostic::error(format!("Guest {vm_id} is a container and no template"))
                .hint("remove it from the state and import it as what it is")
                .at("vm_id"));
        }
        if !is_template(&found.config) {
            // A create that was cut short leaves one: Terraform must see it, to make it anew.
            cx.warn(
                Diagnostic::warning(format!("Guest {vm_id} is a VM and no template"))
                    .hint("`terraform apply -replace=ADDRESS` makes it anew")
                    .at("vm_id"),
            );
        }
        fingerprint::remember(cx, &found.config)?;
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
        fingerprint::ensure_ours(cx, vm_id, &found.config, "changed")?;
        if !fingerprint::unchanged(cx, &found.config)? {
            fingerprint::ensure_unmoved(cx, vm_id, &state(cx, vm_id, &found)?)?;
        }
        let before = cx.prior().and_then(|prior| prior.cloud_init.known());
        let guest = Guest { pve: &pve, vm_id, node: &found.node };
        let settings = settings(&update, before);
        guest.settings(settings, &found.config).await?;
        if let Some(disks) = &update.plan.disks {
            let prior = cx.prior();
            let erase = prior.is_some_and(|prior| prior.allow_data_loss.known() == Some(&true));
            let before = prior.and_then(|prior| prior.disks.known());
            guest.disks(disks, &Leaving::of(cx, before, disks, erase)).await?;
        }
        guest.boot(&update.plan.hardware).await?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        fingerprint::remember(cx, &found.config)?;
        state(cx, vm_id, &found)
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: TemplateIdentity,
    ) -> Result<()> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        // While it is being made nothing tells whose it is.
        let Some(found) = pve.locate_made(vm_id).await? else { return Ok(()) };
        if fingerprint::whose_now(cx, vm_id, &found.config)? == Whose::Strangers {
            return Ok(());
        }
        fingerprint::ensure_ours(cx, vm_id, &found.config, "destroyed")?;
        fingerprint::ensure_unprotected(vm_id, &found.config)?;
        let delete = DeleteVm { purge: true, ..DeleteVm::default() };
        pve.qemu(&found.node, vm_id).delete(&delete).await?;
        Ok(())
    }

    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        peers::template(source)
    }
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

/// What an update changes beside the disks; `before` is the cloud-init drive of the state.
fn settings<'a>(update: &'a Update<Template>, before: Option<&CloudInitValues>) -> Settings<'a> {
    let Update { plan, changes, .. } = update;
    let password = cloud_init::password_changed(before, plan.cloud_init.as_ref());
    let cloud_init = changes.cloud_init.is_change() || password;
    Settings {
        hardware: changes.hardware.to_api(),
        network: plan.network.as_ref().filter(|_| changes.network.is_change()),
        cdrom: plan.cdrom.as_ref().filter(|_| changes.cdrom.is_change()),
        cloud_init: plan.cloud_init.as_ref().filter(|_| cloud_init).map(|plan| (plan, password)),
    }
}

/// The template as the server has it. Disks that the configuration does not name are not shown, once
/// it names any.
fn state(cx: &Context<Template>, vm_id: VmId, found: &GuestLocation) -> Result<Template> {
    let GuestLocation { node, config, .. } = found;
    let mut template = read(vm_id, node, config)?;
    let known = cx.config().or_else(|| cx.prior()).map(|values| &values.disks);
    if let Some(Value::Known(disks)) = known
        && (cx.config().is_some() || cx.configured("disks"))
    {
        template.disks.retain(|slot, _| disks.contains_key(slot));
    }
    // Where it has been migrated it stays; an import takes it where it is.
    let asked = cx.config().or_else(|| cx.prior()).and_then(|values| values.node.known());
    if let Some(asked) = asked.filter(|_| !cx.imported()) {
        template.node = asked.clone();
    }
    Ok(template)
}

fn read(vm_id: VmId, node: &NodeName, config: &GuestConfig) -> Result<Template, ApiError> {
    let fields = parameters::fields(config);
    Ok(Template {
        id: vm_id.to_string(),
        template_id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        node: node.clone().into(),
        uuid: fingerprint::uuid(config).unwrap_or_default(),
        current_node: node.to_string(),
        image: None,
        rebuild_on_image_change: false,
        allow_data_loss: false,
        hardware: Hardware::from_api::<Pve>(&fields)?,
        disks: disk::read(config)?,
        cdrom: cdrom::read(config)?,
        network: network::read(config)?,
        cloud_init: cloud_init::read(config)?,
    })
}

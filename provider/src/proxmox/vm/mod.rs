//! VMs. API: `/nodes/{node}/qemu` and `…/{vmid}/{config,pending,clone,resize,move_disk,status}`.
//!
//! `create` makes one, `plan` says what a change means for a running guest, `state` is what the server
//! has.

mod create;
pub(super) mod list;
mod plan;
mod state;

use std::collections::BTreeSet;

use onprem_proxmox::{DeleteVm, GuestKind, NodeName, StorageName, VmId, VolumeId};
use serde_json::{Map, Value as Json};
use tf_provider::{
    Attributes, Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Source, Text,
    Update, Value,
};

use state::{remakes, settings, state, state_disks};

use super::Proxmox;
use super::addresses;
use super::fingerprint::{self, Whose};
use super::hardware::cdrom::Cdroms;
use super::hardware::cloud_init::{CloudInit, Drives};
use super::hardware::converge::{Guest, Leaving};
use super::hardware::disk::Disks;
use super::hardware::firmware::{EfiDisk, Tpm};
use super::hardware::network::Network;
use super::hardware::{Hardware, Startup};
use super::peers;
use super::placement::{self, Homes};
use super::power::{self, Policy, RebootPolicy, power, shutdown_timeout};

/// A virtual machine: a clone of a template, made from an image, or empty.
///
/// What it is made from is used once; everything else changes in place, while it runs where the server
/// can do that. What needs a restart waits for one: `reboot` says whether the apply does it, and
/// `pending_reboot` whether one is due.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_vm",
    group = "Proxmox VE",
    import = "{vm_id}",
    import = "{node}/{vm_id}",
    conflicting(clone, image),
    timeouts(create = "30m", read = "5m", update = "30m", delete = "10m")
)]
pub(crate) struct Vm {
    /// The number as text, for example `9100`.
    #[attr(computed)]
    id: String,
    /// Number of the guest, unique in the cluster; the next free one unless set.
    #[attr(setting, keep, replace, identity, range(100, 999_999_999))]
    vm_id: i64,
    /// Node that it shall be on. A change migrates it, while it runs.
    #[attr(required)]
    node: Text<NodeName>,
    /// Further nodes that it may be on: where it has been moved to one of them, it stays.
    #[attr(optional)]
    allowed_nodes: Option<BTreeSet<Text<NodeName>>>,
    /// UUID that the firmware shows the guest; no other guest has it.
    #[attr(computed)]
    uuid: String,
    /// Node that it is on now.
    #[attr(computed(until = [allowed_nodes, node]))]
    current_node: String,
    /// Pool that it is in.
    #[attr(setting, keep)]
    pool: Option<String>,
    /// Template or VM to clone. Used when the VM is made and not again.
    #[attr(creation)]
    clone: Option<CloneSource>,
    /// Volume id of the image that the first disk is made from: `volume_id` of an
    /// `onprem_proxmox_image` with content `import`. Used when the VM is made and not again.
    #[attr(creation)]
    image: Option<Text<VolumeId>>,
    #[attr(flatten)]
    hardware: Hardware,
    #[attr(flatten)]
    options: VmOptions,
    /// Disks by slot, for example `scsi0`. Slots that are not here are left alone. An image goes into
    /// the first one: `scsi` before `virtio`, `sata` and `ide`.
    #[attr(setting, keep)]
    disks: Disks,
    /// CD drives by slot, for example `ide3`. Where this is set, these are all there are.
    #[attr(setting, keep)]
    cdrom: Cdroms,
    /// The disk for the variables of UEFI.
    #[attr(setting, keep)]
    efi_disk: Option<EfiDisk>,
    /// The trusted platform module.
    #[attr(setting, keep)]
    tpm: Option<Tpm>,
    /// Network devices by slot, for example `net0`. Where this is set, these are all there are.
    #[attr(setting, keep)]
    network: Network,
    /// The cloud-init drive. A CD drive that is given its slot takes its place.
    #[attr(setting, keep)]
    cloud_init: Option<CloudInit>,
    /// Whether it runs. It is started when it is made unless this is `false`.
    #[attr(setting, keep)]
    started: bool,
    /// Whether the apply restarts it for a change: `if_needed` does when the server says that the change
    /// waits, `always` after every change but those of its name, tags, notes and place. With `error` a
    /// plan that may need a restart fails.
    #[attr(optional, default = RebootPolicy::Never)]
    reboot: RebootPolicy,
    /// How long the guest may take to shut down before it is switched off.
    #[attr(optional, default = "60s")]
    shutdown_timeout: String,
    /// Takes it out of backup jobs, replication and high availability when it is destroyed.
    #[attr(optional, default = true)]
    purge: bool,
    /// Erases a disk whose slot is taken out of `disks`, instead of keeping its volume as an unused disk.
    /// It counts once it has been applied: a plan that sets it erases nothing yet.
    #[attr(optional, default = false)]
    allow_data_loss: bool,
    /// Waits in the apply until the guest agent tells an address, as long as the operation's limit in
    /// `timeouts` allows. Where none is told by then the apply warns and keeps the VM as it is, and
    /// every refresh asks again.
    #[attr(optional, default = false)]
    wait_for_ip: bool,
    /// Addresses that the guest agent told when the VM was last made or changed: no refresh waits for an
    /// agent. Empty while none has been told.
    #[attr(computed(until = [agent, cloud_init, network, node, started, wait_for_ip]))]
    ip_addresses: Vec<String>,
    /// Whether changes wait for a restart.
    #[attr(computed(until = [
        acpi, agent, allow_ksm, architecture, audio, balloon, bios, boot_order, cdrom, cloud_init, cpu, disks,
        efi_disk, hostpci, hotplug, hugepages, keep_hugepages, keyboard, kvm, kvm_arguments, localtime, machine,
        memory, network, numa_nodes, os_type, reboot, rng, scsi_controller, serial0, serial1, serial2, serial3,
        shares, smbios, started, startup, state_storage, tablet, tpm, usb, vga, virtiofs, watchdog
    ]))]
    pending_reboot: bool,
    /// `running` or `stopped`.
    #[attr(computed(until = [started]))]
    status: String,
}

/// Options of a VM that a template does not need.
#[derive(Clone, Attributes)]
pub(crate) struct VmOptions {
    /// When it starts and stops with its node.
    #[attr(setting, api)]
    startup: Option<Startup>,
}

/// What a VM is cloned from.
#[derive(Clone, Attributes)]
pub(crate) struct CloneSource {
    /// Number of the template or VM.
    #[attr(required, range(100, 999_999_999))]
    pub(crate) vm_id: i64,
    /// Copies the disks. A template is linked to unless this is `true`; a VM is always copied.
    #[attr(creation)]
    pub(crate) full: Option<bool>,
    /// Storage of the copies; that of the source unless set. Only for a full clone.
    #[attr(creation)]
    pub(crate) storage: Option<Text<StorageName>>,
}

impl Resource for Vm {
    type Client = Proxmox;

    fn validate(config: &VmValues, diagnostics: &mut Diagnostics) {
        if let Some(clone) = config.clone.known()
            && clone.storage.known().is_some()
            && matches!(clone.full, Value::Null | Value::Known(false))
        {
            diagnostics.push(
                Diagnostic::error("A linked clone lies where its template does")
                    .hint("set `full = true`, or leave `storage` out")
                    .at(tf_provider::cty::Path::from("clone").attribute("storage")),
            );
        }
        let drives = Drives { cdrom: &config.cdrom, cloud_init: &config.cloud_init };
        if let Some(conflict) = drives.conflict().or_else(|| drives.displaces(&config.disks)) {
            diagnostics.push(conflict);
        }
        if let Some(text) = config.shutdown_timeout.known()
            && let Err(error) = shutdown_timeout(text)
        {
            diagnostics.push(error);
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, pve: Option<&Proxmox>) -> Result<()> {
        plan::plan(cx, pve).await
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: VmPlan) -> Result<Self> {
        create::create(cx, &pve.within(cx), plan).await
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: VmIdentity,
    ) -> Result<Option<Self>> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(found) = pve.locate(vm_id).await? else { return Ok(None) };
        if !fingerprint::recognise(cx, vm_id, &found.config)? {
            return Ok(None);
        }
        let template = found.config.get("template")? == Some(true);
        if found.kind == GuestKind::Lxc || template {
            let what = if template { "a template" } else { "a container" };
            return Err(Diagnostic::error(format!("Guest {vm_id} is {what} and no VM"))
                .hint("remove it from the state and import it as what it is")
                .at("vm_id"));
        }
        fingerprint::remember(cx, &found.config)?;
        let known = cx.prior().and_then(|prior| prior.started.known()).copied();
        let running = power::listed_as_running(&pve, &found, vm_id, known).await?;
        let mut vm = state(cx, &pve, vm_id, &found, running).await?;
        if running {
            let wait = cx.prior().map(|prior| &prior.wait_for_ip);
            let known = vm.ip_addresses;
            vm.ip_addresses = addresses::refreshed(&pve, &found, vm_id, known, wait).await;
        }
        Ok(Some(vm))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: VmIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        fingerprint::ensure_ours(cx, vm_id, &found.config, "changed")?;
        let running = power(&pve, &found, vm_id).is_running().await?;
        if !fingerprint::unchanged(cx, &found.config)? {
            let fresh = state(cx, &pve, vm_id, &found, running).await?;
            fingerprint::ensure_unmoved(cx, vm_id, &fresh)?;
        }
        let Update { plan, changes, .. } = &update;
        let prior = cx.prior();
        let before = prior.and_then(|prior| prior.cloud_init.known());
        let homes = Homes { node: &plan.node, allowed: plan.allowed_nodes.as_ref() };
        let found = placement::bring(cx, &pve, vm_id, found, homes, running).await?;
        let found = found.ok_or_else(|| gone(vm_id))?;
        placement::pool(&pve, vm_id, &changes.pool).await?;
        let guest = Guest { pve: &pve, vm_id, node: &found.node };
        guest.settings(settings(&update, before), &found.config).await?;
        state_disks(&guest, plan).await?;
        if let Some(disks) = &plan.disks {
            let erase = prior.is_some_and(|prior| prior.allow_data_loss.known() == Some(&true));
            let before = prior.and_then(|prior| prior.disks.known());
            guest.disks(disks, &Leaving::of(cx, before, disks, erase)).await?;
        }
        guest.boot(&plan.hardware).await?;
        let policy = Policy::new(&plan.reboot, &plan.shutdown_timeout)?.announced(cx);
        let power = power(&pve, &found, vm_id);
        // Where nothing is configured, what somebody has switched since the plan stays so.
        let wanted = cx.config().and_then(|config| config.started.known()).copied();
        let running = policy.bring(&pve, &power, wanted, running, remakes(&update)).await?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        fingerprint::remember(cx, &found.config)?;
        let mut vm = state(cx, &pve, vm_id, &found, running).await?;
        if cx.leaves_open("ip_addresses") {
            vm.ip_addresses = match running {
                true => addresses::finished(cx, &pve, &found, vm_id, plan.wait_for_ip).await,
                false => vec![],
            };
        }
        vm.current_node = cx.promised("current_node").unwrap_or(vm.current_node);
        vm.pending_reboot = cx.promised("pending_reboot").unwrap_or(vm.pending_reboot);
        vm.status = cx.promised("status").unwrap_or(vm.status);
        vm.pool = update.plan.pool;
        Ok(vm)
    }

    async fn delete(cx: &mut Context<Self>, pve: &Proxmox, identity: VmIdentity) -> Result<()> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        // While it is being made nothing tells whose it is.
        let Some(found) = pve.locate_made(vm_id).await? else { return Ok(()) };
        if fingerprint::whose_now(cx, vm_id, &found.config)? == Whose::Strangers {
            return Ok(());
        }
        fingerprint::ensure_ours(cx, vm_id, &found.config, "destroyed")?;
        fingerprint::ensure_unprotected(vm_id, &found.config)?;
        let prior = cx.prior();
        let timeout = prior.and_then(|prior| prior.shutdown_timeout.known());
        let policy = Policy::new(&RebootPolicy::Never, timeout.map_or("60s", String::as_str))?;
        policy.switch_off(&pve, &power(&pve, &found, vm_id)).await?;
        let purge = prior.is_none_or(|prior| prior.purge.known() != Some(&false));
        let delete = DeleteVm { purge, ..DeleteVm::default() };
        pve.qemu(&found.node, vm_id).delete(&delete).await?;
        Ok(())
    }

    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        match peers::bpg_vm(source)? {
            Some(taken) => Ok(Some(taken)),
            None => peers::telmate_vm(source),
        }
    }
}

fn gone(vm_id: VmId) -> Diagnostic {
    Diagnostic::error(format!("VM {vm_id} has gone"))
        .detail("It was there when the plan was made.")
        .hint("plan again: it will be made anew")
        .at("vm_id")
}

//! Makes a VM, or goes on with one whose making was killed.

use onprem_proxmox::{CloneVm, GuestConfig, Params, VmId};
use tf_provider::cty::Path;
use tf_provider::{Attempt, Context, Diagnostic, Result};

use super::state::{state, state_disks};
use super::{CloneSourcePlan, Vm, VmIdentity, VmPlan};
use crate::proxmox::Proxmox;
use crate::proxmox::addresses;
use crate::proxmox::claim::Claim;
use crate::proxmox::comment::unmarked;
use crate::proxmox::creation::{Creation, located};
use crate::proxmox::fingerprint;
use crate::proxmox::hardware::converge::{Guest, Settings};
use crate::proxmox::hardware::{cloud_init, network};
use crate::proxmox::power::{Policy, power};

pub(super) async fn create(cx: &mut Context<Vm>, pve: &Proxmox, plan: VmPlan) -> Result<Vm> {
    let mut creation = Creation {
        cx,
        pve,
        claim: claim(pve, &plan)?,
        identity: |vm_id| VmIdentity { vm_id },
        type_name: "onprem_proxmox_vm",
    };
    let source = match &plan.clone {
        Some(clone) => Some(Source::find(pve, clone).await?),
        None => None,
    };
    let description = description(&plan, source.as_ref());
    let resumed = creation.resume().await?;
    let marked = creation.claim.mark(&description);
    let vm_id = match (resumed, &source) {
        (Some(vm_id), _) => vm_id,
        (None, Some(source)) => {
            creation.make(|vm_id| source.clone_to(pve, &plan, &marked, vm_id)).await?
        }
        (None, None) => {
            let params = parameters(&plan, &creation.claim)?;
            creation.make(|vm_id| pve.qemu(&plan.node, vm_id).create(&params)).await?
        }
    };
    let mut found = located(pve, &plan.node, vm_id).await?;
    let qemu = pve.qemu(&found.node, vm_id);
    if found.config.get("protection").at("protection")? == Some(true) {
        // A protected template's clone is protected too, and keeps a drive that is to be another one.
        let mut unprotected = Params::new();
        unprotected.delete("protection");
        qemu.update(&unprotected).await?;
        found = located(pve, &found.node, vm_id).await?;
    }
    // A clone has all of its source, and what was begun before may be of another configuration.
    let mut hardware = plan.hardware.fields();
    hardware.extend(plan.options.to_api().into_iter().map(|(key, value)| (key, Some(value))));
    hardware.insert("description".to_owned(), Some(marked.into()));
    let smbios = fingerprint::with_uuid(&found.config, creation.claim.uuid());
    hardware.insert("smbios1".to_owned(), Some(smbios.into()));
    let guest = Guest { pve, vm_id, node: &found.node };
    let everything = Settings {
        hardware,
        network: plan.network.as_ref(),
        cdrom: plan.cdrom.as_ref(),
        cloud_init: plan.cloud_init.as_ref().map(|cloud_init| (cloud_init, true)),
    };
    guest.settings(everything, &found.config).await?;
    state_disks(&guest, &plan).await?;
    if let Some(disks) = &plan.disks {
        guest.disks(disks, &[]).await?;
    }
    guest.boot(&plan.hardware).await?;
    let power = power(pve, &found, vm_id);
    let running = power.is_running().await?;
    let policy = Policy::new(&plan.reboot, &plan.shutdown_timeout)?;
    let wanted = Some(plan.started.unwrap_or(true));
    let running = policy.bring(pve, &power, wanted, running, false).await?;
    // The last write: until now the mark tells whose it is.
    let mut last = Params::new();
    match description.as_str() {
        "" => last.delete("description"),
        text => last.set("description", text),
    };
    pve.qemu(&found.node, vm_id).update(&last).await?;
    let found = located(pve, &found.node, vm_id).await?;
    fingerprint::remember(cx, &found.config)?;
    let mut vm = state(cx, pve, vm_id, &found, running).await?;
    if running {
        vm.ip_addresses = addresses::finished(cx, pve, &found, vm_id, plan.wait_for_ip).await;
    }
    // The cluster's list of guests lags.
    vm.pool = plan.pool;
    Ok(vm)
}

/// What would make it another VM is in the claim; what changes in place is not.
fn claim(pve: &Proxmox, plan: &VmPlan) -> Result<Claim> {
    let vm_id = plan.vm_id.map(VmId::new).transpose().at("vm_id")?;
    let image = plan.image.as_ref().map(ToString::to_string).unwrap_or_default();
    let clone = plan.clone.as_ref().map(|clone| clone.vm_id);
    let source = clone.map(|vm_id| vm_id.to_string()).unwrap_or_default();
    let known_by = (vm_id, plan.hardware.name());
    let claim = Claim::new(pve, "proxmox_vm", known_by, &[&plan.node.to_string(), &image, &source]);
    Ok(claim.cloned_from(clone.and_then(|vm_id| VmId::new(vm_id).ok())))
}

/// The description that it shall have: the source's, unless there is another.
fn description(plan: &VmPlan, source: Option<&Source>) -> String {
    match plan.hardware.description() {
        text if text.is_empty() => {
            source.map(|source| source.description.clone()).unwrap_or_default()
        }
        text => text,
    }
}

/// What is cloned.
struct Source {
    node: onprem_proxmox::NodeName,
    vm_id: VmId,
    description: String,
    clone: CloneSourcePlan,
}

impl Source {
    async fn find(pve: &Proxmox, clone: &CloneSourcePlan) -> Result<Self> {
        let path = || Path::from("clone").attribute("vm_id");
        let vm_id = VmId::new(clone.vm_id).at(path())?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| {
            Diagnostic::error(format!("There is no guest {vm_id} to clone"))
                .hint("name a template that exists, or refer to an `onprem_proxmox_template`")
                .at(path())
        })?;
        let description = found.config.text("description").unwrap_or_default();
        let description = unmarked(&description).to_owned();
        Ok(Self { node: found.node, vm_id, description, clone: clone.clone() })
    }

    fn clone_to(
        &self,
        pve: &Proxmox,
        plan: &VmPlan,
        description: &str,
        vm_id: VmId,
    ) -> onprem_proxmox::TaskCall {
        let mut clone = CloneVm::new(vm_id);
        clone.name = plan.hardware.name();
        clone.pool = plan.pool.clone();
        clone.description = Some(description.to_owned());
        clone.node = (self.node != *plan.node).then(|| (*plan.node).clone());
        clone.full = self.clone.full;
        clone.storage = self.clone.storage.as_ref().map(|storage| (**storage).clone());
        pve.qemu(&self.node, self.vm_id).clone_to(&clone)
    }
}

/// The parameters of the creating request.
fn parameters(plan: &VmPlan, claim: &Claim) -> Result<Params> {
    let nothing = GuestConfig::default();
    let description = claim.mark(&plan.hardware.description());
    let mut params = plan.hardware.creation(claim.uuid(), description, plan.options.to_api())?;
    params.set_opt("pool", plan.pool.as_deref());
    if let Some(network) = &plan.network {
        network::change(network, &nothing, &mut params)?;
    }
    if let Some(cloud_init) = &plan.cloud_init {
        cloud_init::change(cloud_init, true, &nothing, &mut params)?;
    }
    let mut image = plan.image.as_deref();
    for (slot, disk) in plan.disks.iter().flatten() {
        params.set(&slot.to_string(), disk.allocation(image.take()));
    }
    Ok(params)
}

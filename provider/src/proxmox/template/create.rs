//! Makes a template, or goes on with one whose making was killed.

use onprem_proxmox::{Params, VmId};
use tf_provider::{Attempt, Context, Result};

use super::{Template, TemplateIdentity, TemplatePlan, is_template, state};
use crate::proxmox::Proxmox;
use crate::proxmox::claim::Claim;
use crate::proxmox::creation::{Creation, located};
use crate::proxmox::fingerprint;
use crate::proxmox::hardware::converge::{Guest, Settings};
use crate::proxmox::hardware::{cdrom, cloud_init, network};

pub(super) async fn create(
    cx: &mut Context<Template>,
    pve: &Proxmox,
    plan: TemplatePlan,
) -> Result<Template> {
    let mut creation = Creation {
        cx,
        pve,
        claim: claim(pve, &plan)?,
        identity: |vm_id| TemplateIdentity { vm_id },
        type_name: "onprem_proxmox_template",
    };
    let resumed = creation.resume().await?;
    let vm_id = match resumed {
        Some(vm_id) => vm_id,
        None => {
            let params = parameters(&plan, &creation.claim)?;
            creation.make(|vm_id| pve.qemu(&plan.node, vm_id).create(&params)).await?
        }
    };
    let found = located(pve, &plan.node, vm_id).await?;
    let guest = Guest { pve, vm_id, node: &found.node };
    if resumed.is_some() {
        // The configuration may have changed between the two applies.
        let mut hardware = plan.hardware.fields();
        let description = creation.claim.mark(&plan.hardware.description());
        hardware.insert("description".to_owned(), Some(description.into()));
        let everything = Settings {
            hardware,
            network: plan.network.as_ref(),
            cdrom: plan.cdrom.as_ref(),
            cloud_init: plan.cloud_init.as_ref().map(|cloud_init| (cloud_init, true)),
        };
        guest.settings(everything, &found.config).await?;
    }
    if let Some(disks) = &plan.disks {
        guest.disks(disks, &[]).await?;
    }
    guest.boot(&plan.hardware).await?;
    if !is_template(&found.config) {
        pve.qemu(&found.node, vm_id).convert_to_template().await?;
    }
    let mut last = Params::new();
    match plan.hardware.description() {
        text if text.is_empty() => last.delete("description"),
        text => last.set("description", text),
    };
    pve.qemu(&found.node, vm_id).update(&last).await?;
    let found = located(pve, &found.node, vm_id).await?;
    fingerprint::remember(cx, &found.config)?;
    state(cx, vm_id, &found)
}

/// What would make it another template is in the claim; what changes in place is not.
fn claim(pve: &Proxmox, plan: &TemplatePlan) -> Result<Claim> {
    let vm_id = plan.vm_id.map(VmId::new).transpose().at("vm_id")?;
    let image = plan.image.as_ref().map(ToString::to_string).unwrap_or_default();
    let known_by = (vm_id, plan.hardware.name());
    Ok(Claim::new(pve, "proxmox_template", known_by, &[&plan.node.to_string(), &image]))
}

/// The parameters of the creating request.
fn parameters(plan: &TemplatePlan, claim: &Claim) -> Result<Params> {
    let nothing = onprem_proxmox::GuestConfig::default();
    let description = claim.mark(&plan.hardware.description());
    let mut params = plan.hardware.creation(claim.uuid(), description, [])?;
    if let Some(network) = &plan.network {
        network::change(network, &nothing, &mut params)?;
    }
    if let Some(cdrom) = &plan.cdrom {
        cdrom::change(cdrom, &nothing, &mut params)?;
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

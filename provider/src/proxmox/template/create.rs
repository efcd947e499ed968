//! Makes a template, or goes on with one whose making was killed.

use onprem_proxmox::{
    Deadline, Error, ErrorKind, GuestKind, GuestLocation, Params, TaskFilter, VmId,
};
use tf_provider::{Attempt, Context, Diagnostic, Result};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Template, TemplateIdentity, TemplatePlan, is_template, state};
use crate::proxmox::Proxmox;
use crate::proxmox::claim::Claim;
use crate::proxmox::fingerprint::{self, UUID};
use crate::proxmox::format;
use crate::proxmox::hardware::converge::{Guest, Settings};
use crate::proxmox::hardware::{cloud_init, network};

/// How often another free number is tried when somebody takes the one that was found.
const ATTEMPTS: usize = 20;

pub(super) async fn create(
    cx: &mut Context<Template>,
    pve: &Proxmox,
    plan: TemplatePlan,
) -> Result<Template> {
    let claim = claim(pve, &plan);
    let wanted = plan.vm_id.map(VmId::new).transpose().at("vm_id")?;
    let name = plan.hardware.name();
    let begun = match &claim {
        Some(claim) => claim.find(pve, wanted, name.as_deref()).await?,
        None => None,
    };
    let resumed = match begun {
        Some((vm_id, found)) => resume(cx, pve, vm_id, &found).await?.then_some(vm_id),
        None => None,
    };
    let vm_id = match resumed {
        Some(vm_id) => vm_id,
        None => make(cx, pve, &plan, claim.as_ref(), wanted).await?,
    };
    let found = located(pve, vm_id, &plan).await?;
    fingerprint::remember(cx, &found.config)?;
    let guest = Guest { pve, vm_id, node: &found.node };
    if resumed.is_some() {
        // Somebody may have changed the configuration between the two applies.
        let everything = Settings {
            hardware: plan.hardware.fields(),
            network: plan.network.as_ref(),
            cloud_init: plan.cloud_init.as_ref().map(|cloud_init| (cloud_init, true)),
        };
        guest.settings(everything, &found.config).await?;
    }
    if let Some(disks) = &plan.disks {
        guest.disks(disks, None).await?;
    }
    if !is_template(&found.config) {
        pve.qemu(&found.node, vm_id).convert_to_template().await?;
    }
    let mut last = Params::new();
    match plan.hardware.description() {
        text if text.is_empty() && claim.is_some() => last.delete("description"),
        text if !text.is_empty() && claim.is_some() => last.set("description", text),
        _ => &mut last,
    };
    pve.qemu(&found.node, vm_id).update(&last).await?;
    let found = located(pve, vm_id, &plan).await?;
    fingerprint::remember(cx, &found.config)?;
    state(cx, vm_id, &found)
}

/// The mark of this create: what would make it another template is in it, what changes in place is not.
fn claim(pve: &Proxmox, plan: &TemplatePlan) -> Option<Claim> {
    let vm_id = plan.vm_id.map(|vm_id| vm_id.to_string()).unwrap_or_default();
    let image = plan.image.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = plan.hardware.name().unwrap_or_default();
    Claim::new(pve, "proxmox_template", &[&vm_id, &plan.node.to_string(), &name, &image])
}

/// Asks the server for the guest, under the wanted number or a free one.
async fn make(
    cx: &Context<Template>,
    pve: &Proxmox,
    plan: &TemplatePlan,
    claim: Option<&Claim>,
    wanted: Option<VmId>,
) -> Result<VmId> {
    // The fingerprint is ours from the first request on, so that what is begun is known for ours.
    let uuid = Uuid::new_v4().to_string();
    cx.remember(UUID, &uuid)?;
    let mut params = parameters(plan, claim)?;
    params.set("smbios1", format!("uuid={uuid}"));
    for attempt in 1.. {
        let vm_id = match wanted {
            Some(vm_id) => vm_id,
            None => pve.cluster().next_id(pve.vm_id_range.clone()).await?,
        };
        let identity = TemplateIdentity { vm_id: vm_id.number().into() };
        let mut section = Some(cx.critical());
        let made = pve
            .qemu(&plan.node, vm_id)
            .create(&params)
            .on_start(|_| {
                cx.created(&identity);
                section = None;
            })
            .await;
        drop(section);
        let Err(error) = made else {
            cx.created(&identity);
            return Ok(vm_id);
        };
        let taken = matches!(error.kind(), ErrorKind::AlreadyExists);
        if taken || is_absent(pve, vm_id).await {
            // Another's guest, or nothing at all: neither is for the state to keep.
            cx.abandoned();
        }
        if taken && wanted.is_some() {
            return Err(occupied(vm_id, &error));
        }
        if !taken || attempt == ATTEMPTS {
            return Err(error.into());
        }
    }
    unreachable!("the loop returns on its last attempt")
}

/// The parameters of the creating request.
fn parameters(plan: &TemplatePlan, claim: Option<&Claim>) -> Result<Params> {
    let nothing = onprem_proxmox::GuestConfig::default();
    let mut params = format::params(&plan.hardware.to_api());
    if let Some(claim) = claim {
        params.set("description", claim.mark(&plan.hardware.description()));
    }
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

/// Goes on with a guest that an earlier apply began: waits until nothing works on it any more, since a
/// killed provider leaves tasks running. Whether there is a guest then: a create that fails leaves none.
async fn resume(
    cx: &Context<Template>,
    pve: &Proxmox,
    vm_id: VmId,
    found: &GuestLocation,
) -> Result<bool> {
    tracing::info!(%vm_id, node = %found.node, "going on with a template that was begun before");
    cx.created(&TemplateIdentity { vm_id: vm_id.number().into() });
    let filter = TaskFilter { vmid: Some(vm_id), ..TaskFilter::default() };
    let left = cx.deadline().saturating_duration_since(Instant::now());
    let deadline = Deadline::after(left, "the create timeout");
    for task in pve.node(&found.node).tasks(&filter).await? {
        if task.endtime.is_none() {
            // How it ended shows in what there is afterwards.
            let _ = pve.wait(&task.upid, &deadline).await;
        }
    }
    pve.cluster().invalidate();
    match pve.locate(vm_id).await? {
        Some(found) => fingerprint::remember(cx, &found.config).map(|()| true),
        None => {
            cx.abandoned();
            Ok(false)
        }
    }
}

/// The guest right after it was made, when the cluster's list may not have it yet.
async fn located(pve: &Proxmox, vm_id: VmId, plan: &TemplatePlan) -> Result<GuestLocation> {
    let direct = pve.qemu(&plan.node, vm_id).config().await;
    match direct {
        Ok(config) => {
            Ok(GuestLocation { node: (*plan.node).clone(), kind: GuestKind::Qemu, config })
        }
        Err(error) if error.is_not_found() => pve.locate(vm_id).await?.ok_or_else(|| {
            Diagnostic::error(format!("Guest {vm_id} is not there after it was made"))
                .hint("did somebody destroy it? apply again to make another")
        }),
        Err(error) => Err(error.into()),
    }
}

async fn is_absent(pve: &Proxmox, vm_id: VmId) -> bool {
    pve.cluster().invalidate();
    matches!(pve.locate(vm_id).await, Ok(None))
}

fn occupied(vm_id: VmId, error: &Error) -> Diagnostic {
    Diagnostic::error(format!("Number {vm_id} is taken"))
        .detail(error.to_string())
        .detail("The guest that has it was not made by this resource, so it is left alone.")
        .hint(format!(
            "to manage it: terraform import onprem_proxmox_template.NAME {vm_id}; else choose another \
             `vm_id`"
        ))
        .at("vm_id")
}

//! Makes a container, or goes on with one whose making was killed.

use onprem_proxmox::{CloneContainer, GuestConfig, GuestKind, GuestLocation, Params, VmId};
use tf_provider::cty::Path;
use tf_provider::{Attempt, Context, Diagnostic, Result};

use super::change::Guest;
use super::{Container, ContainerIdentity, ContainerPlan, network, state};
use crate::proxmox::claim::Claim;
use crate::proxmox::creation::Creation;
use crate::proxmox::power::{Policy, power};
use crate::proxmox::{Proxmox, addresses, fingerprint, format, parameters};

pub(super) async fn create(
    cx: &mut Context<Container>,
    pve: &Proxmox,
    plan: ContainerPlan,
) -> Result<Container> {
    let mut creation = Creation {
        cx,
        pve,
        claim: claim(pve, &plan)?,
        identity: |vm_id| ContainerIdentity { vm_id },
        type_name: "onprem_proxmox_container",
    };
    let vm_id = match (creation.resume().await?, &plan.clone) {
        (Some(vm_id), _) => vm_id,
        (None, Some(source)) => {
            let path = || Path::from("clone").attribute("vm_id");
            let from = VmId::new(source.vm_id).at(path())?;
            let found = pve.locate(from).await?.ok_or_else(|| {
                Diagnostic::error(format!("There is no container {from} to clone")).at(path())
            })?;
            let description = creation.claim.mark(&plan.options.description());
            creation
                .make(|vm_id| {
                    let mut clone = CloneContainer::new(vm_id);
                    clone.hostname = plan.options.hostname();
                    clone.description = Some(description.clone());
                    clone.pool = plan.pool.clone();
                    clone.node = (found.node != *plan.node).then(|| (*plan.node).clone());
                    clone.full = source.full;
                    clone.storage = source.storage.as_ref().map(|storage| (**storage).clone());
                    pve.lxc(&found.node, from).clone_to(&clone)
                })
                .await?
        }
        (None, None) => {
            let params = parameters(&plan, &creation.claim)?;
            creation.make(|vm_id| pve.lxc(&plan.node, vm_id).create(&params)).await?
        }
    };
    let found = located(pve, &plan, vm_id).await?;
    let guest = Guest { pve, vm_id, node: &found.node, plan: &plan, id: None };
    // A clone has all of its source, and what was begun before may be of another configuration.
    let mut options = plan.options.to_api();
    options.remove("description");
    let options = options.into_iter().map(|(key, value)| (key, Some(value))).collect();
    guest.options(options, true, &found.config).await?;
    let _ = guest.volumes(&[]).await?;
    let power = power(pve, &found, vm_id);
    let policy = Policy::new(&plan.reboot, &plan.shutdown_timeout)?;
    let running = power.is_running().await?;
    let wanted = Some(plan.started.unwrap_or(true));
    let running = policy.bring(pve, &power, wanted, running, false).await?;
    // The last write: until now the mark tells whose it is.
    let mut last = Params::new();
    let uuid = creation.claim.uuid();
    last.set("description", fingerprint::with_id(&plan.options.description(), uuid));
    pve.lxc(&found.node, vm_id).update(&last).await?;
    let found = located(pve, &plan, vm_id).await?;
    fingerprint::remember(cx, &found.config)?;
    let mut container = state(cx, pve, vm_id, &found, running).await?;
    // The cluster's list of guests lags.
    container.pool = plan.pool;
    if running {
        container.ip_addresses =
            addresses::finished(cx, pve, &found, vm_id, plan.wait_for_ip).await;
    }
    Ok(container)
}

/// What would make it another container is in the claim; what changes in place is not.
fn claim(pve: &Proxmox, plan: &ContainerPlan) -> Result<Claim> {
    let vm_id = plan.vm_id.map(VmId::new).transpose().at("vm_id")?;
    let template = plan.template.as_ref().map(ToString::to_string).unwrap_or_default();
    let clone = plan.clone.as_ref().map(|clone| clone.vm_id);
    let source = clone.map(|vm_id| vm_id.to_string()).unwrap_or_default();
    let known_by = (vm_id, plan.options.hostname());
    let inputs = [&plan.node.to_string(), &template, &source];
    let claim = Claim::new(pve, "proxmox_container", known_by, &inputs.map(String::as_str));
    Ok(claim.cloned_from(clone.and_then(|vm_id| VmId::new(vm_id).ok())))
}

/// The parameters of the creating request.
fn parameters(plan: &ContainerPlan, claim: &Claim) -> Result<Params> {
    let options = plan.options.to_api().into_iter().map(|(key, value)| (key, Some(value)));
    let options = parameters::join(options.collect(), &GuestConfig::default())?;
    let set = options.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let mut params = format::params(&set.collect());
    let template = plan.template.as_ref().ok_or_else(|| {
        Diagnostic::error("A container is made from a `template` or a `clone`").at("template")
    })?;
    params.set("ostemplate", template.to_string());
    params.set("description", claim.mark(&plan.options.description()));
    params.set("unprivileged", plan.unprivileged.unwrap_or(true));
    params.set_opt("pool", plan.pool.as_deref());
    if let Some(password) = &plan.password {
        params.set("password", onprem_proxmox::Secret::new(password.clone()));
    }
    if let Some(keys) = plan.ssh_keys.as_ref().filter(|keys| !keys.is_empty()) {
        params.set("ssh-public-keys", keys.join("\n"));
    }
    if let Some(network) = &plan.network {
        network::change(network, &GuestConfig::default(), &mut params)?;
    }
    if let Some(root) = &plan.rootfs {
        params.set("rootfs", root.wanted().allocation());
    }
    for (slot, mount) in plan.mount_points.iter().flatten() {
        let wanted = mount.wanted(*slot);
        params.set(&wanted.slot, wanted.allocation());
    }
    Ok(params)
}

/// The container right after it was made, when the cluster's list may not have it yet.
async fn located(pve: &Proxmox, plan: &ContainerPlan, vm_id: VmId) -> Result<GuestLocation> {
    match pve.lxc(&plan.node, vm_id).config().await {
        Ok(config) => {
            Ok(GuestLocation { node: (*plan.node).clone(), kind: GuestKind::Lxc, config })
        }
        Err(error) if error.is_not_found() => pve.locate(vm_id).await?.ok_or_else(|| {
            Diagnostic::error(format!("Container {vm_id} is not there after it was made"))
                .hint("did somebody destroy it? apply again to make another")
        }),
        Err(error) => Err(error.into()),
    }
}

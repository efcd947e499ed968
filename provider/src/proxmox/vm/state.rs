//! A VM as the server has it.

use onprem_proxmox::{GuestLocation, VmId};
use tf_provider::api::FromApi;
use tf_provider::{Context, Result, Update, Value};

use super::{Vm, VmOptions, VmPlan};
use crate::proxmox::format::Pve;
use crate::proxmox::hardware::Hardware;
use crate::proxmox::hardware::cloud_init::{self, CloudInitValues};
use crate::proxmox::hardware::converge::{Guest, Settings};
use crate::proxmox::hardware::{cdrom, disk, firmware, network};
use crate::proxmox::power::{self, RebootPolicy};
use crate::proxmox::{Proxmox, fingerprint, parameters, placement};

/// Options that a guest does not notice.
const UNNOTICED: [&str; 7] =
    ["description", "hookscript", "name", "onboot", "protection", "startup", "tags"];

/// Whether an update changes what the guest is made of.
pub(super) fn remakes(update: &Update<Vm>) -> bool {
    let Update { changes, .. } = update;
    let noticed = |key: &String| !UNNOTICED.contains(&key.as_str());
    changes.hardware.to_api().keys().any(noticed)
        || changes.disks.is_change()
        || changes.cdrom.is_change()
        || changes.efi_disk.is_change()
        || changes.tpm.is_change()
        || changes.network.is_change()
        || changes.cloud_init.is_change()
}

/// What an update changes beside the disks; `before` is the cloud-init drive of the state.
pub(super) fn settings<'a>(
    update: &'a Update<Vm>,
    before: Option<&CloudInitValues>,
) -> Settings<'a> {
    let Update { plan, changes, .. } = update;
    let password = cloud_init::password_changed(before, plan.cloud_init.as_ref());
    let cloud_init = changes.cloud_init.is_change() || password;
    let mut hardware = changes.hardware.to_api();
    hardware.extend(changes.options.to_api());
    Settings {
        hardware,
        network: plan.network.as_ref().filter(|_| changes.network.is_change()),
        cdrom: plan.cdrom.as_ref().filter(|_| changes.cdrom.is_change()),
        cloud_init: plan.cloud_init.as_ref().filter(|_| cloud_init).map(|plan| (plan, password)),
    }
}

/// Makes or moves what firmware keeps its state on.
pub(super) async fn state_disks(guest: &Guest<'_>, plan: &VmPlan) -> Result<()> {
    if let Some(efi_disk) = &plan.efi_disk {
        guest.state_disk(&efi_disk.disk()).await?;
    }
    if let Some(tpm) = &plan.tpm {
        guest.state_disk(&tpm.disk()).await?;
    }
    Ok(())
}

/// The VM as the server has it. Disks that the configuration does not name are not shown, once it names
/// any.
pub(super) async fn state(
    cx: &Context<Vm>,
    pve: &Proxmox,
    vm_id: VmId,
    found: &GuestLocation,
    running: bool,
) -> Result<Vm> {
    let GuestLocation { node, config, .. } = found;
    let fields = parameters::fields(config);
    let values = cx.config().or_else(|| cx.prior());
    let mut disks = disk::read(config)?;
    if let Some(Value::Known(named)) = values.map(|values| &values.disks)
        && (cx.config().is_some() || cx.configured("disks"))
    {
        disks.retain(|slot, _| named.contains_key(slot));
    }
    let rows = pve.cluster().resources().await?;
    let row = rows.iter().find(|row| row.vmid == Some(vm_id));
    let node_asked = match values {
        Some(values) => placement::node(cx.imported(), &values.node, &values.allowed_nodes, node),
        None => node.clone().into(),
    };
    let addresses = cx.prior().and_then(|prior| prior.ip_addresses.known());
    let addresses = addresses.into_iter().flatten().filter_map(|address| address.known().cloned());
    Ok(Vm {
        id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        node: node_asked,
        uuid: fingerprint::uuid(config).unwrap_or_default(),
        allowed_nodes: None,
        current_node: node.to_string(),
        pool: row.and_then(|row| row.pool.clone()),
        clone: None,
        image: None,
        hardware: Hardware::from_api::<Pve>(&fields)?,
        options: VmOptions::from_api::<Pve>(&fields)?,
        disks,
        cdrom: cdrom::read(config)?,
        efi_disk: firmware::read_efi(config)?,
        tpm: firmware::read_tpm(config)?,
        network: network::read(config)?,
        cloud_init: cloud_init::read(config)?,
        started: running,
        reboot: RebootPolicy::Never,
        shutdown_timeout: "60s".to_owned(),
        purge: true,
        allow_data_loss: false,
        wait_for_ip: false,
        ip_addresses: addresses.collect(),
        pending_reboot: running && power::changes_wait(&power::power(pve, found, vm_id)).await?,
        status: if running { "running" } else { "stopped" }.to_owned(),
    })
}

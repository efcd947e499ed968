//! A container as the server has it.

use onprem_proxmox::{GuestLocation, VmId};
use tf_provider::api::FromApi;
use tf_provider::{Attempt, Context, Result, Update, Value};

use super::options::ContainerOptions;
use super::{Container, network, volumes};
use crate::proxmox::format::Pve;
use crate::proxmox::power::{self, RebootPolicy, power};
use crate::proxmox::{Proxmox, fingerprint, parameters, placement};

/// Whether an update changes what the container is made of.
pub(super) fn remakes(update: &Update<Container>) -> bool {
    const UNNOTICED: [&str; 6] =
        ["description", "hookscript", "onboot", "protection", "startup", "tags"];
    let Update { changes, .. } = update;
    changes.options.to_api().keys().any(|key| !UNNOTICED.contains(&key.as_str()))
        || changes.rootfs.is_change()
        || changes.mount_points.is_change()
        || changes.network.is_change()
}

/// The container as the server has it. Mount points that the configuration does not name are not shown,
/// once it names any.
pub(super) async fn state(
    cx: &Context<Container>,
    pve: &Proxmox,
    vm_id: VmId,
    found: &GuestLocation,
    running: bool,
) -> Result<Container> {
    let GuestLocation { node, config, .. } = found;
    let fields = parameters::fields(config);
    let values = cx.config().or_else(|| cx.prior());
    let mut mount_points = volumes::read_mounts(config)?;
    if let Some(Value::Known(named)) = values.map(|values| &values.mount_points)
        && (cx.config().is_some() || cx.configured("mount_points"))
    {
        mount_points.retain(|slot, _| named.contains_key(slot));
    }
    let rows = pve.cluster().resources().await?;
    let row = rows.iter().find(|row| row.vmid == Some(vm_id));
    let addresses = cx.prior().and_then(|prior| prior.ip_addresses.known());
    let addresses = addresses.into_iter().flatten().filter_map(|address| address.known().cloned());
    let node_asked = match values {
        Some(values) => placement::node(cx.imported(), &values.node, &values.allowed_nodes, node),
        None => node.clone().into(),
    };
    Ok(Container {
        id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        node: node_asked,
        allowed_nodes: None,
        uuid: fingerprint::remembered(cx)?
            .or_else(|| fingerprint::uuid(config))
            .unwrap_or_default(),
        current_node: node.to_string(),
        pool: row.and_then(|row| row.pool.clone()),
        template: None,
        clone: None,
        unprivileged: config.get("unprivileged").at("unprivileged")?.unwrap_or(false),
        password: None,
        ssh_keys: None,
        options: ContainerOptions::from_api::<Pve>(&fields)?,
        rootfs: volumes::read_root(config)?,
        mount_points,
        network: network::read(config)?,
        started: running,
        reboot: RebootPolicy::Never,
        shutdown_timeout: "60s".to_owned(),
        purge: true,
        allow_data_loss: false,
        wait_for_ip: false,
        pending_reboot: running && power::changes_wait(&power(pve, found, vm_id)).await?,
        ip_addresses: addresses.collect(),
        status: if running { "running" } else { "stopped" }.to_owned(),
    })
}

//! LXC containers. API: `/nodes/{node}/lxc` and `…/{vmid}/{config,resize,move_volume,status}`.
//!
//! `create` makes one, `change` brings one to its plan, `plan` says what a change means for a running one;
//! `options`, `network`, `devices` and `volumes` are what it is made of.

mod change;
mod create;
pub(crate) mod devices;
pub(super) mod list;
mod network;
mod options;
mod plan;
mod state;
mod volumes;

use std::collections::BTreeSet;

use onprem_proxmox::{DeleteContainer, GuestKind, NodeName, VmId, VolumeId};
use serde_json::{Map, Value as Json};
use tf_provider::{
    Context, Diagnostic, Diagnostics, PlanContext, Resource, Result, Source, Text, Update,
};

use super::Proxmox;
use super::addresses;
use super::fingerprint::{self, Whose};
use super::hardware::planning::leaving;
use super::peers;
use super::placement::{self, Homes};
use super::power::{self, Policy, RebootPolicy, power, shutdown_timeout};
use super::vm::CloneSource;
use change::Guest;
use network::Network;
use options::ContainerOptions;
use state::{remakes, state};
use volumes::{MountPoints, RootFilesystem};

/// An LXC container, from a template or a clone.
///
/// Password and keys are for its making: Proxmox VE cannot change them later. The description on the
/// server ends with a comment that identifies the container for good; it is not shown here.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_container",
    group = "Proxmox VE",
    import = "{vm_id}",
    import = "{node}/{vm_id}",
    conflicting(template, clone),
    timeouts(create = "30m", read = "5m", update = "30m", delete = "10m")
)]
pub(crate) struct Container {
    /// The number as text, for example `9200`.
    #[attr(computed)]
    id: String,
    /// Number of the guest, unique in the cluster; the next free one unless set.
    #[attr(setting, keep, replace, identity, range(100, 999_999_999))]
    vm_id: i64,
    /// Node that it shall be on. A change migrates it, with a restart if it runs.
    #[attr(required)]
    node: Text<NodeName>,
    /// Further nodes that it may be on: where it has been moved to one of them, it stays.
    #[attr(optional)]
    allowed_nodes: Option<BTreeSet<Text<NodeName>>>,
    /// What identifies it for good.
    #[attr(computed)]
    uuid: String,
    /// Node that it is on now.
    #[attr(computed(until = [allowed_nodes, node]))]
    current_node: String,
    /// Pool that it is in.
    #[attr(setting, keep)]
    pool: Option<String>,
    /// Volume id of the template to unpack: `volume_id` of an `onprem_proxmox_image` with content
    /// `vztmpl`. Used when the container is made and not again.
    #[attr(creation)]
    template: Option<Text<VolumeId>>,
    /// Container to clone. Used when the container is made and not again.
    #[attr(creation)]
    clone: Option<CloneSource>,
    /// Maps its root to a user without rights on the node; it does unless this is `false`.
    #[attr(setting, keep, replace)]
    unprivileged: bool,
    /// Password of its root. Used when the container is made and not again.
    #[attr(write_only)]
    password: Option<String>,
    /// Public keys that may log in as root, one each. Used when the container is made and not again.
    #[attr(creation)]
    ssh_keys: Option<Vec<String>>,
    #[attr(flatten)]
    options: ContainerOptions,
    /// The root file system.
    #[attr(setting, keep)]
    rootfs: RootFilesystem,
    /// Mount points by slot, for example `mp0`. Slots that are not here are left alone.
    #[attr(setting, keep)]
    mount_points: MountPoints,
    /// Network devices by slot, for example `net0`. Where this is set, these are all there are.
    #[attr(setting, keep)]
    network: Network,
    /// Whether it runs. It is started when it is made unless this is `false`.
    #[attr(setting, keep)]
    started: bool,
    /// Whether the apply restarts it for a change: `if_needed` does when the server says that the change
    /// waits, or when a volume moves, `always` after every change but those of its tags, notes and place.
    /// With `error` a plan that may need a restart fails.
    #[attr(optional, default = RebootPolicy::Never)]
    reboot: RebootPolicy,
    /// How long it may take to shut down before it is stopped.
    #[attr(optional, default = "60s")]
    shutdown_timeout: String,
    /// Takes it out of backup jobs, replication and high availability when it is destroyed.
    #[attr(optional, default = true)]
    purge: bool,
    /// Erases a mount point whose slot is taken out of `mount_points`, instead of keeping its volume as an
    /// unused one; a running container keeps it until its next start. It counts once it has been applied:
    /// a plan that sets it erases nothing yet.
    #[attr(optional, default = false)]
    allow_data_loss: bool,
    /// Waits in the apply until it has an address, as long as the operation's limit in `timeouts` allows.
    /// Where it has none by then the apply warns and keeps the container as it is, and every refresh
    /// looks again.
    #[attr(optional, default = false)]
    wait_for_ip: bool,
    /// Addresses that the server saw when the container was last made or changed.
    #[attr(computed(until = [network, node, started, wait_for_ip]))]
    ip_addresses: Vec<String>,
    /// Whether changes wait for a restart.
    #[attr(computed(until = [
        console, console_mode, cores, cpu_limit, cpu_units, devices, dns_domain, dns_servers, entrypoint,
        features, hostname, memory, mount_points, network, os_type, reboot, rootfs, started, swap, timezone, tty
    ]))]
    pending_reboot: bool,
    /// `running` or `stopped`.
    #[attr(computed(until = [started]))]
    status: String,
}

impl Resource for Container {
    type Client = Proxmox;

    fn validate(config: &ContainerValues, diagnostics: &mut Diagnostics) {
        if let Some(text) = config.shutdown_timeout.known()
            && let Err(error) = shutdown_timeout(text)
        {
            diagnostics.push(error);
        }
    }

    async fn plan(cx: &mut PlanContext<Self>, pve: Option<&Proxmox>) -> Result<()> {
        plan::plan(cx, pve).await
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: ContainerPlan) -> Result<Self> {
        create::create(cx, &pve.within(cx), plan).await
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: ContainerIdentity,
    ) -> Result<Option<Self>> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(found) = pve.locate(vm_id).await? else { return Ok(None) };
        if !fingerprint::recognise(cx, vm_id, &found.config)? {
            return Ok(None);
        }
        if found.kind != GuestKind::Lxc {
            return Err(Diagnostic::error(format!("Guest {vm_id} is a VM and no container"))
                .hint("remove it from the state and import it as what it is")
                .at("vm_id"));
        }
        fingerprint::remember(cx, &found.config)?;
        let known = cx.prior().and_then(|prior| prior.started.known()).copied();
        let running = power::listed_as_running(&pve, &found, vm_id, known).await?;
        let mut container = state(cx, &pve, vm_id, &found, running).await?;
        if running {
            let wait = cx.prior().map(|prior| &prior.wait_for_ip);
            let known = container.ip_addresses;
            container.ip_addresses = addresses::refreshed(&pve, &found, vm_id, known, wait).await;
        }
        Ok(Some(container))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: ContainerIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let pve = pve.within(cx);
        let vm_id = VmId::new(identity.vm_id)?;
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        fingerprint::ensure_ours(cx, vm_id, &found.config, "changed")?;
        let Update { plan, changes, .. } = &update;
        let mut running = power(&pve, &found, vm_id).is_running().await?;
        if !fingerprint::unchanged(cx, &found.config)? {
            let fresh = state(cx, &pve, vm_id, &found, running).await?;
            fingerprint::ensure_unmoved(cx, vm_id, &fresh)?;
        }
        let homes = Homes { node: &plan.node, allowed: plan.allowed_nodes.as_ref() };
        let found = placement::bring(cx, &pve, vm_id, found, homes, running).await?;
        let found = found.ok_or_else(|| gone(vm_id))?;
        placement::pool(&pve, vm_id, &changes.pool).await?;
        let id = fingerprint::remembered(cx)?;
        let guest = Guest { pve: &pve, vm_id, node: &found.node, plan, id };
        let network = changes.network.is_change();
        guest.options(changes.options.to_api(), network, &found.config).await?;
        let policy = Policy::new(&plan.reboot, &plan.shutdown_timeout)?.announced(cx);
        let power = power(&pve, &found, vm_id);
        // Where nothing is configured, what somebody has switched since the plan stays so.
        let configured = cx.config().and_then(|config| config.started.known()).copied();
        let wanted = Some(configured.unwrap_or(running));
        if running && guest.moves_volumes(&found.config) && policy.may_restart() {
            policy.switch_off(&pve, &power).await?;
            running = false;
        }
        let prior = cx.prior();
        let before = prior.and_then(|prior| prior.mount_points.known());
        let leaving =
            leaving("mount_points", before, plan.mount_points.as_ref(), |path| cx.configured(path));
        let mut detached = guest.volumes(&leaving).await?;
        // What somebody else has put into the slot since is kept.
        detached.retain(|volume| {
            let disks = leaving.iter().filter_map(|slot| before?.get(slot)?.known());
            disks.filter_map(|disk| disk.volume.known()).any(|known| **known == *volume)
        });
        let running = policy.bring(&pve, &power, wanted, running, remakes(&update)).await?;
        if prior.is_some_and(|prior| prior.allow_data_loss.known() == Some(&true)) {
            for volume in guest.erase(detached).await? {
                cx.warn(kept(&volume));
            }
        }
        let found = pve.locate(vm_id).await?.ok_or_else(|| gone(vm_id))?;
        fingerprint::remember(cx, &found.config)?;
        let mut container = state(cx, &pve, vm_id, &found, running).await?;
        if cx.leaves_open("ip_addresses") {
            container.ip_addresses = match running {
                true => addresses::finished(cx, &pve, &found, vm_id, plan.wait_for_ip).await,
                false => vec![],
            };
        }
        container.current_node = cx.promised("current_node").unwrap_or(container.current_node);
        container.pending_reboot =
            cx.promised("pending_reboot").unwrap_or(container.pending_reboot);
        container.status = cx.promised("status").unwrap_or(container.status);
        container.pool = update.plan.pool;
        Ok(container)
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: ContainerIdentity,
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
        let prior = cx.prior();
        let timeout = prior.and_then(|prior| prior.shutdown_timeout.known());
        let policy = Policy::new(&RebootPolicy::Never, timeout.map_or("60s", String::as_str))?;
        policy.switch_off(&pve, &power(&pve, &found, vm_id)).await?;
        let purge = prior.is_none_or(|prior| prior.purge.known() != Some(&false));
        let delete = DeleteContainer { purge, ..DeleteContainer::default() };
        pve.lxc(&found.node, vm_id).delete(&delete).await?;
        Ok(())
    }

    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        peers::container(source)
    }
}

fn kept(volume: &VolumeId) -> Diagnostic {
    Diagnostic::warning(format!("The volume {volume} was not erased"))
        .detail(
            "The container runs and has it mounted. At its next start it becomes an unused volume of the \
             container, and is destroyed with it.",
        )
        .hint("`reboot = \"if_needed\"` restarts the container, and the volume is erased then")
        .at("mount_points")
}

fn gone(vm_id: VmId) -> Diagnostic {
    Diagnostic::error(format!("Container {vm_id} has gone"))
        .detail("It was there when the plan was made.")
        .hint("plan again: it will be made anew")
        .at("vm_id")
}

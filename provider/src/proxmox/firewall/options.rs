//! Options of a guest's firewall. API: `…/firewall/options`.

use onprem_proxmox::{Firewall, FirewallOptions as Found, Params, VmId};
use tf_provider::api::{ApiError, FromApi};
use tf_provider::{Attributes, Choice, Context, Resource, Result, Update};

use crate::proxmox::format::{self, Pve};
use crate::proxmox::{Proxmox, fingerprint};

/// Options of the firewall of a VM or container.
///
/// The firewall works where it is enabled here, for the datacenter, and at the network device
/// (`firewall` of the guest's `network`). Destroying this gives every option its default, which
/// switches the firewall of the guest off. A guest that is destroyed takes its firewall with it.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_firewall_options",
    group = "Proxmox VE",
    import = "{vm_id}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct FirewallOptions {
    /// The number as text, for example `9100`.
    #[attr(computed)]
    id: String,
    /// Number of the guest, a VM or a container.
    #[attr(required, replace, identity, range(100, 999_999_999))]
    vm_id: i64,
    #[attr(flatten)]
    options: Options,
}

/// The options. API: `PUT …/firewall/options`.
#[derive(Clone, Attributes)]
pub(crate) struct Options {
    /// Switches the firewall of the guest on.
    #[attr(setting, api = "enable", absent = false)]
    enabled: bool,
    /// Lets DHCP through.
    #[attr(setting, api, absent = false)]
    dhcp: bool,
    /// Lets out only packets with a source address of the guest: its own link-local ones and those in
    /// the address set `ipfilter-netN` of each network device.
    #[attr(setting, api, absent = false)]
    ipfilter: bool,
    /// Lets out only frames with the MAC address of the device.
    #[attr(setting, api, absent = true)]
    macfilter: bool,
    /// Lets neighbour discovery, the ARP of IPv6, through.
    #[attr(setting, api, absent = true)]
    ndp: bool,
    /// Lets the guest send router advertisements.
    #[attr(setting, api, absent = false)]
    radv: bool,
    /// What happens to incoming packets that no rule meets.
    #[attr(setting, api, absent = Policy::Drop)]
    policy_in: Policy,
    /// What happens to outgoing packets that no rule meets.
    #[attr(setting, api, absent = Policy::Accept)]
    policy_out: Policy,
    /// How incoming packets that the policy decides on are logged.
    #[attr(setting, api, absent = LogLevel::Nolog)]
    log_level_in: LogLevel,
    /// How outgoing packets that the policy decides on are logged.
    #[attr(setting, api, absent = LogLevel::Nolog)]
    log_level_out: LogLevel,
}

/// What happens to packets.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Policy {
    #[choice(name = "ACCEPT")]
    Accept,
    #[choice(name = "DROP")]
    Drop,
    #[choice(name = "REJECT")]
    Reject,
    Other(String),
}

/// How loudly something is logged.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum LogLevel {
    Emerg,
    Alert,
    Crit,
    Err,
    Warning,
    Notice,
    Info,
    Debug,
    Nolog,
    Other(String),
}

impl Resource for FirewallOptions {
    type Client = Proxmox;

    async fn create(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        plan: FirewallOptionsPlan,
    ) -> Result<Self> {
        let vm_id = VmId::new(plan.vm_id)?;
        let firewall = super::expect(cx, &pve.within(cx), vm_id).await?;
        let params = format::params(&plan.options.to_api());
        cx.created(&FirewallOptionsIdentity { vm_id: plan.vm_id });
        if let Err(error) = firewall.set_options(&params).await {
            // One request sets all or nothing.
            if !error.maybe_executed() {
                cx.abandoned();
            }
            return Err(error.into());
        }
        Ok(state(vm_id, &firewall.options().await?)?)
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallOptionsIdentity,
    ) -> Result<Option<Self>> {
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(firewall) = super::find(cx, &pve.within(cx), vm_id).await? else {
            return Ok(None);
        };
        Ok(Some(state(vm_id, &firewall.options().await?)?))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallOptionsIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let vm_id = VmId::new(identity.vm_id)?;
        let firewall = super::expect(cx, &pve.within(cx), vm_id).await?;
        let found = firewall.options().await?;
        fingerprint::ensure_unmoved(cx, vm_id, &state(vm_id, &found)?)?;
        let mut params = Params::new();
        format::add_changes(&mut params, &update.changes.options.to_api());
        change(&firewall, &found, params).await?;
        Ok(state(vm_id, &firewall.options().await?)?)
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: FirewallOptionsIdentity,
    ) -> Result<()> {
        let vm_id = VmId::new(identity.vm_id)?;
        let Some(firewall) = super::find(cx, &pve.within(cx), vm_id).await? else {
            return Ok(());
        };
        let found = firewall.options().await?;
        let mut params = Params::new();
        for key in MANAGED.iter().filter(|key| found.values().contains_key(**key)) {
            params.delete(key);
        }
        change(&firewall, &found, params).await
    }
}

/// Changes options, unless somebody else did since they were `found`.
async fn change(firewall: &Firewall, found: &Found, params: Params) -> Result<()> {
    if params.is_empty() {
        return Ok(());
    }
    Ok(firewall.set_options(&params.with("digest", found.digest())).await?)
}

fn state(vm_id: VmId, found: &Found) -> Result<FirewallOptions, ApiError> {
    let fields = found.values().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(FirewallOptions {
        id: vm_id.to_string(),
        vm_id: vm_id.number().into(),
        options: Options::from_api::<Pve>(&fields)?,
    })
}

/// API fields of [`Options`]; what a newer server has beside them is not this resource's.
const MANAGED: [&str; 10] = [
    "enable",
    "dhcp",
    "ipfilter",
    "macfilter",
    "ndp",
    "radv",
    "policy_in",
    "policy_out",
    "log_level_in",
    "log_level_out",
];

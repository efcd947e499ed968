//! The provider block: which systems there are, and how to reach them.

use std::error::Error as StdError;

use tf_provider::{Attributes, Diagnostic, Diagnostics, Provider, Registry, Result, Situation};

use crate::functions;
use crate::idrac::{self, IdracConfig, IdracSystem};
use crate::netbox::{self, NetBoxConfig, NetBoxSystem};
use crate::proxmox::{self, ProxmoxConfig, ProxmoxSystem};

/// The provider `onprem`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OnPrem;

/// The provider block.
#[derive(Clone, Attributes)]
pub struct Config {
    /// Name of this configuration, for example `prod`. What it creates carries the name until it is
    /// finished, so that a create that was killed half-way is resumed by the next apply instead of
    /// leaving an orphan. Use a name of its own for each state.
    #[attr(optional)]
    owner: Option<String>,
    /// The NetBox.
    #[attr(optional)]
    netbox: Option<NetBoxConfig>,
    /// The Proxmox VE cluster.
    #[attr(optional)]
    proxmox: Option<ProxmoxConfig>,
    /// The iDRACs of Dell servers. Each is asked in one session, which is deleted when the server has been left
    /// alone for some seconds, and at the end. A run that is killed leaves its session, and the iDRAC ends it
    /// after its session timeout (30 minutes, as it comes): nothing there tells such a session from that of
    /// another run, so no run deletes it. Where an iDRAC has no room for another session (it has about
    /// eight), every request authenticates by itself, which is slower, until there is room again.
    #[attr(optional)]
    idrac: Option<IdracConfig>,
}

/// What a configured provider gives to its resources.
#[derive(Debug)]
pub struct Clients {
    pub(crate) netbox: NetBoxSystem,
    pub(crate) proxmox: ProxmoxSystem,
    pub(crate) idrac: IdracSystem,
}

impl Provider for OnPrem {
    type Config = Config;
    type Clients = Clients;

    const NAME: &'static str = "onprem";
    const ADDRESS: &'static str = "registry.terraform.io/onprem/onprem";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Manages the machines that people run themselves: images, \
        templates and guests on Proxmox VE, addresses in NetBox, firmware of Dell servers. Every \
        system is optional; one is configured when its block, or its \
        endpoint in the environment, is there.";

    fn register(registry: &mut Registry<Clients>) {
        functions::register(registry);
        netbox::register(registry);
        proxmox::register(registry);
        idrac::register(registry);
    }

    fn validate(config: &ConfigValues, diagnostics: &mut Diagnostics) {
        if let Some(netbox) = config.netbox.known() {
            netbox::validate(netbox, diagnostics);
        }
        if let Some(proxmox) = config.proxmox.known() {
            proxmox::validate(proxmox, diagnostics);
        }
        if let Some(idrac) = config.idrac.known() {
            idrac::validate(idrac, diagnostics);
        }
    }

    fn configure(config: ConfigValues) -> Result<Clients> {
        Ok(Clients {
            netbox: NetBoxSystem::new(config.netbox, &config.owner),
            proxmox: ProxmoxSystem::new(config.proxmox, &config.owner),
            idrac: IdracSystem::new(config.idrac),
        })
    }

    fn explain(error: &(dyn StdError + 'static), situation: &Situation) -> Option<Diagnostic> {
        netbox::explain(error, situation)
            .or_else(|| proxmox::explain(error, situation))
            .or_else(|| idrac::explain(error, situation))
    }

    async fn shutdown(clients: &Clients) {
        tokio::join!(clients.netbox.shutdown(), clients.idrac.close());
    }
}

//! The version of Proxmox VE. API: `GET /version`.

use tf_provider::{DataSource, Result};

use super::Proxmox;

/// The version of Proxmox VE on the node that answers.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_version", group = "Proxmox VE")]
pub(crate) struct ProxmoxVersion {
    /// Full version, for example `9.2.11`.
    #[attr(computed)]
    version: String,
    /// Release, for example `9.2`.
    #[attr(computed)]
    release: String,
    /// Commit that the manager package was built from.
    #[attr(computed)]
    repository_id: String,
}

impl DataSource for ProxmoxVersion {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, _arguments: ProxmoxVersionPlan) -> Result<Self> {
        let version = pve.version().await?;
        Ok(Self {
            version: version.version,
            release: version.release,
            repository_id: version.repoid,
        })
    }
}

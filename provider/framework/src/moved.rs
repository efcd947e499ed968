//! The state of another resource type, which is to be taken over.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::{Diagnostic, Result};

/// A state that another resource type has written, maybe of another provider.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Source {
    /// Where the registry has the provider, for example `registry.terraform.io/bpg/proxmox`.
    pub provider: String,
    /// The type, for example `proxmox_virtual_environment_vm`.
    pub type_name: String,
    /// Version of its schema.
    pub version: i64,
    /// Its attributes.
    pub state: Map<String, Json>,
    /// What identified it there; empty where that type has no identity, or Terraform stored none.
    pub identity: Map<String, Json>,
}

impl Source {
    /// A state, as Terraform hands it over.
    pub fn new(
        provider: impl Into<String>,
        type_name: impl Into<String>,
        version: i64,
        state: Map<String, Json>,
    ) -> Self {
        let (provider, type_name) = (provider.into(), type_name.into());
        Self { provider, type_name, version, state, identity: Map::new() }
    }

    /// Whether the state is of a type of the provider `name`, for example `bpg/proxmox`, whichever
    /// registry it came from.
    pub fn is(&self, name: &str, type_name: &str) -> bool {
        let provider = self.provider.split_once('/').map_or("", |(_, provider)| provider);
        provider == name && self.type_name == type_name
    }

    /// The whole state as a struct of the author's; attributes that it does not have are ignored.
    ///
    /// # Errors
    /// An attribute of another shape than the struct's.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Json::Object(self.state.clone())).map_err(|error| {
            Diagnostic::error(format!("The state of {} cannot be read", self.type_name))
                .detail(error.to_string())
                .hint("apply it once with the newest version of the provider that wrote it")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_the_same_in_every_registry() {
        let source = |provider: &str| Source {
            provider: provider.to_owned(),
            type_name: "x_y".to_owned(),
            version: 0,
            state: Map::new(),
            identity: Map::new(),
        };
        assert!(source("registry.terraform.io/bpg/proxmox").is("bpg/proxmox", "x_y"));
        assert!(source("registry.opentofu.org/bpg/proxmox").is("bpg/proxmox", "x_y"));
        assert!(!source("registry.terraform.io/evil-bpg/proxmox").is("bpg/proxmox", "x_y"));
        assert!(!source("registry.terraform.io/bpg/proxmox").is("bpg/proxmox", "x_z"));
    }
}

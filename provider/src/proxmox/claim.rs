//! How a create that was killed half-way is found again.
//!
//! A killed provider answers nothing, so Terraform does not know what it had begun. The server does:
//! while a guest is being made its description ends with a comment that names the configuration
//! (`owner`) and a hash of what is to be made; the last write of the create takes it away.

use onprem_proxmox::{GuestKind, GuestLocation, VmId};
use sha2::{Digest, Sha256};
use tf_provider::Result;

use super::Proxmox;

const OPEN: &str = "<!-- onprem:creating ";
const CLOSE: &str = " -->";

/// The mark of one create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claim(String);

impl Claim {
    /// The mark for making what `inputs` describe; nothing where no owner is configured.
    pub(crate) fn new(pve: &Proxmox, type_name: &str, inputs: &[&str]) -> Option<Self> {
        let owner = pve.owner.as_deref()?;
        let mut hash = Sha256::new();
        for part in [type_name].iter().chain(inputs) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let claim = &hex::encode(hash.finalize())[..32];
        let owner: String = owner.chars().filter(|c| !matches!(c, '<' | '>' | '\n')).collect();
        Some(Self(format!("{OPEN}owner={owner} claim={claim}{CLOSE}")))
    }

    /// The description of a guest while it is being made.
    pub(crate) fn mark(&self, description: &str) -> String {
        match description {
            "" => self.0.clone(),
            text => format!("{text}\n\n{}", self.0),
        }
    }

    fn marks(&self, description: &str) -> bool {
        description.trim_end().ends_with(&self.0)
    }

    /// The unfinished VM that carries this mark: the one with the number, if one is wanted, else one
    /// with the name.
    pub(crate) async fn find(
        &self,
        pve: &Proxmox,
        vm_id: Option<VmId>,
        name: Option<&str>,
    ) -> Result<Option<(VmId, GuestLocation)>> {
        let candidates = match vm_id {
            Some(vm_id) => vec![vm_id],
            None => {
                pve.cluster().invalidate();
                let rows = pve.cluster().resources().await?;
                rows.iter()
                    .filter(|row| row.guest_kind() == Some(GuestKind::Qemu))
                    // A guest has no name in this list before its first status round.
                    .filter(|row| {
                        row.name.is_none() || row.name.as_deref() == name || name.is_none()
                    })
                    .filter_map(|row| row.vmid)
                    .collect()
            }
        };
        for vm_id in candidates {
            if let Some(found) = pve.locate(vm_id).await?
                && found.kind == GuestKind::Qemu
                && self.marks(&found.config.text("description").unwrap_or_default())
            {
                return Ok(Some((vm_id, found)));
            }
        }
        Ok(None)
    }
}

/// A description without a mark in it.
pub(crate) fn unmarked(description: &str) -> &str {
    match description.rfind(OPEN) {
        Some(start) if description.trim_end().ends_with(CLOSE) => description[..start].trim_end(),
        _ => description,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_again() {
        let claim = Claim(format!("{OPEN}owner=dev claim=00{CLOSE}"));
        let marked = claim.mark("Ubuntu\nfor all");
        assert!(claim.marks(&marked));
        assert_eq!(unmarked(&marked), "Ubuntu\nfor all");
        assert_eq!(unmarked(&claim.mark("")), "");
        assert_eq!(unmarked("<!-- a user's own -->"), "<!-- a user's own -->");
    }
}

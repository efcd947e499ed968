//! How a create that was killed half-way is found again.
//!
//! A killed provider answers nothing, so Terraform does not know what it had begun. The server does:
//! while a guest is being made its description ends with a comment that names the configuration
//! (`owner`) and a hash of what is to be made; the last write of the create takes it away. A guest
//! without it is finished and may be in somebody's state, so it is never taken up.

use onprem_proxmox::{GuestConfig, GuestLocation, VmId};
use sha2::{Digest, Sha256};
use tf_provider::Result;
use uuid::Uuid;

use super::Proxmox;

const OPEN: &str = "<!-- onprem:creating ";
const CLOSE: &str = " -->";
/// What every comment of ours begins with.
const COMMENT: &str = "<!-- onprem:";

/// The mark of one create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    mark: String,
    uuid: Uuid,
    vm_id: Option<VmId>,
    name: Option<String>,
}

impl Claim {
    /// The mark for making a guest of `type_name` that `inputs` describe: what would make it another
    /// one, and nothing that changes in place. Where no owner is configured nobody finds it again, and it
    /// tells just this apply what it has begun.
    pub(crate) fn new(
        pve: &Proxmox,
        type_name: &str,
        (vm_id, name): (Option<VmId>, Option<String>),
        inputs: &[&str],
    ) -> Self {
        let random = Uuid::new_v4().to_string();
        let owner: String = pve.owner.as_deref().unwrap_or_default().to_owned();
        let owner: String = owner.chars().filter(|c| !matches!(c, '<' | '>' | '\n')).collect();
        let number = vm_id.map(|vm_id| vm_id.to_string()).unwrap_or_default();
        let mut hash = Sha256::new();
        let name_text = name.as_deref().unwrap_or_default();
        for part in [type_name, &owner, &number, name_text].iter().chain(inputs) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        if pve.owner.is_none() {
            hash.update(random.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let claim = hex::encode(&digest[..16]);
        let mark = format!("{OPEN}owner={owner} claim={claim}{CLOSE}");
        Self { mark, uuid: Uuid::new_v4(), vm_id, name }
    }

    /// The number that the configuration names.
    pub(crate) fn vm_id(&self) -> Option<VmId> {
        self.vm_id
    }

    /// The UUID to make the guest with.
    pub(crate) fn uuid(&self) -> String {
        self.uuid.to_string()
    }

    /// The description of a guest while it is being made.
    pub(crate) fn mark(&self, description: &str) -> String {
        match description {
            "" => self.mark.clone(),
            text => format!("{text}\n\n{}", self.mark),
        }
    }

    fn is_on(&self, config: &GuestConfig) -> bool {
        let description = config.text("description").unwrap_or_default();
        description.trim_end().ends_with(&self.mark)
    }

    /// The guest that an earlier apply began under this claim: the one with the number, if there is one,
    /// else one with the name. What this very process has begun is not meant.
    pub(crate) async fn find(&self, pve: &Proxmox) -> Result<Option<(VmId, GuestLocation)>> {
        if pve.owner.is_none() {
            return Ok(None);
        }
        let candidates = match self.vm_id {
            Some(vm_id) => vec![vm_id],
            None => {
                pve.cluster().invalidate();
                let rows = pve.cluster().resources().await?;
                rows.iter()
                    .filter(|row| row.guest_kind().is_some())
                    // A guest has no name in this list before its first status round.
                    .filter(|row| {
                        row.name.is_none() || row.name == self.name || self.name.is_none()
                    })
                    .filter_map(|row| row.vmid)
                    .collect()
            }
        };
        for vm_id in candidates {
            if pve.has_begun(vm_id) {
                continue;
            }
            if let Some(found) = pve.locate_made(vm_id).await?
                && self.is_on(&found.config)
                && pve.begin(vm_id)
            {
                return Ok(Some((vm_id, found)));
            }
        }
        Ok(None)
    }
}

/// A description without our comments at its end.
pub(crate) fn unmarked(description: &str) -> &str {
    let text = description.trim_end_matches('\n');
    match text.rfind(COMMENT) {
        Some(start) if text.ends_with(CLOSE) => unmarked(text[..start].trim_end()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_again() {
        let mark = format!("{OPEN}owner=dev claim=00{CLOSE}");
        assert_eq!(unmarked(&format!("Ubuntu\nfor all\n\n{mark}")), "Ubuntu\nfor all");
        assert_eq!(unmarked(&mark), "");
        assert_eq!(unmarked("<!-- a user's own -->"), "<!-- a user's own -->");
    }
}

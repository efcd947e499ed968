//! How a create that was killed half-way is found again.
//!
//! A killed provider answers nothing, so Terraform does not know what it had begun. The server does:
//! while a guest is being made its description ends with a comment that names the configuration
//! (`owner`) and a hash of what is to be made; the last write of the create takes it away. A guest
//! without it is finished and may be in somebody's state, so it is never taken up.

use std::time::{Duration, SystemTime};

use onprem_proxmox::{GuestConfig, GuestLocation, VmId};
use sha2::{Digest, Sha256};
use tf_provider::Result;
use tf_provider::api::ApiFields;
use uuid::{Builder, Uuid};

use super::Proxmox;
use super::fingerprint;
use super::hardware::disk::api_fields;

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
        // Guests that are described alike begin alike, and no two are the same.
        let mut bytes = Uuid::new_v4().into_bytes();
        bytes[..6].copy_from_slice(&digest[16..22]);
        Self { mark, uuid: Builder::from_random_bytes(bytes).into_uuid(), vm_id, name }
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

    /// Whether a finished guest was made of the same inputs, not long ago: by another resource, or by an
    /// apply that was killed after its last write.
    fn may_be_lost(&self, config: &GuestConfig) -> bool {
        let alike = fingerprint::uuid(config).is_some_and(|uuid| uuid[..13] == self.uuid()[..13]);
        let made = config.text("meta").unwrap_or_default();
        let made = made.split(',').find_map(|part| part.strip_prefix("ctime=")?.parse().ok());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        alike && made.is_some_and(|made: u64| made + RECENT.as_secs() > now.as_secs())
    }

    /// The guest that an earlier apply began under this claim: the one with the number, if there is one,
    /// else one with the name. What this very process has begun is not meant.
    pub(crate) async fn find(&self, pve: &Proxmox) -> Result<Found> {
        let mut lost = vec![];
        if pve.owner.is_none() {
            return Ok(Found { begun: None, lost });
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
            let Some(found) = pve.locate_made(vm_id).await? else { continue };
            if self.is_on(&found.config) && pve.begin(vm_id) {
                return Ok(Found { begun: Some((vm_id, found)), lost: vec![] });
            }
            if self.vm_id.is_none() && self.may_be_lost(&found.config) {
                lost.push(vm_id);
            }
        }
        Ok(Found { begun: None, lost })
    }
}

/// What a search for a claim came upon.
#[derive(Debug)]
pub(crate) struct Found {
    /// The guest that carries the mark.
    pub(crate) begun: Option<(VmId, GuestLocation)>,
    /// Guests that are finished and may be nobody's.
    pub(crate) lost: Vec<VmId>,
}

/// How long a guest that may be nobody's is asked about.
const RECENT: Duration = Duration::from_secs(60 * 60);

/// The fields of a guest's configuration, for the plain mapping, with the description as its user wrote it.
pub(crate) fn unmarked_fields(config: &GuestConfig) -> ApiFields {
    let mut fields = api_fields(config);
    let description = config.text("description").unwrap_or_default();
    match unmarked(&description) {
        "" => fields.remove("description"),
        text => fields.insert("description".to_owned(), text.into()),
    };
    fields
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

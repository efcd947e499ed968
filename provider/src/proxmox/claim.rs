//! How a create that was killed half-way is found again.
//!
//! A killed provider answers nothing, so Terraform does not know what it had begun. The server does:
//! while a guest is being made its description ends with a comment that names the configuration
//! (`owner`), a hash of what is to be made, and the UUID that the guest gets; the last write of the
//! create takes it away. A guest without it is finished and may be in somebody's state, so it is never
//! taken up.

use std::time::{Duration, SystemTime};

use onprem_proxmox::{GuestConfig, GuestKind, GuestLocation, Resource, Upid, VmId};
use sha2::{Digest, Sha256};
use tf_provider::Result;
use uuid::{Builder, Uuid};

use super::Proxmox;
use super::comment::{OPEN, creating, mark_of};
use super::fingerprint::{self, is_being_made};

/// The mark of one create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    /// What all creates of the same thing have in common.
    sort: String,
    uuid: String,
    vm_id: Option<VmId>,
    name: Option<String>,
    kind: GuestKind,
    /// What the guest is a clone of.
    source: Option<VmId>,
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
        let sort = format!("{OPEN}owner={owner} claim={claim}");
        // Guests that are described alike begin alike, tell when they were made, and are never the same.
        let mut bytes = Uuid::new_v4().into_bytes();
        bytes[..ALIKE].copy_from_slice(&digest[16..16 + ALIKE]);
        bytes[MADE..].copy_from_slice(&minutes().to_be_bytes());
        let uuid = Builder::from_custom_bytes(bytes).into_uuid().to_string();
        let kind = match type_name {
            "proxmox_container" => GuestKind::Lxc,
            _ => GuestKind::Qemu,
        };
        Self { sort, uuid, vm_id, name, kind, source: None }
    }

    /// The same for a clone of a guest, if it is one.
    #[must_use]
    pub(crate) fn cloned_from(mut self, source: Option<VmId>) -> Self {
        self.source = source;
        self
    }

    /// The number that the configuration names.
    pub(crate) fn vm_id(&self) -> Option<VmId> {
        self.vm_id
    }

    /// The UUID to make the guest with, or that of the guest that was found.
    pub(crate) fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The description of a guest while it is being made.
    pub(crate) fn mark(&self, description: &str) -> String {
        let mark = creating(&self.sort, &self.uuid);
        match description {
            "" => mark,
            text => format!("{text}\n\n{mark}"),
        }
    }

    /// The UUID in the mark of a guest that was begun under this claim.
    fn begun_as(&self, config: &GuestConfig) -> Option<String> {
        let (sort, uuid) = mark_of(config)?;
        (sort == self.sort).then_some(uuid)
    }

    /// Whether a finished guest was made of the same inputs, not long ago: by another resource, or by an
    /// apply that was killed after its last write.
    fn may_be_lost(&self, uuid: Option<&str>) -> bool {
        let bytes = |text: &str| Uuid::try_parse(text).map(Uuid::into_bytes).ok();
        let Some((ours, theirs)) = bytes(&self.uuid).zip(uuid.and_then(bytes)) else {
            return false;
        };
        let made = theirs[MADE..].iter().fold(0, |made, byte| made << 8 | u32::from(*byte));
        ours[..ALIKE] == theirs[..ALIKE] && made + RECENT >= minutes()
    }

    /// The guest that an earlier apply began under this claim: the one with the number, if there is one,
    /// else one with the name, or one so new that the cluster's list has no name for it yet. What this very
    /// process has begun is not meant, and a finished guest is looked at once for all creates. From then
    /// on the claim has the guest's UUID.
    pub(crate) async fn find(&mut self, pve: &Proxmox) -> Result<Found> {
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
                    .filter(|row| self.may_be_called(row))
                    .filter_map(|row| row.vmid)
                    .collect()
            }
        };
        for vm_id in candidates {
            if pve.has_begun(vm_id) {
                continue;
            }
            let uuid = match pve.finished(vm_id) {
                Some(uuid) => uuid,
                None => {
                    let Some(found) = self.made(pve, vm_id).await? else { continue };
                    if let Some(uuid) = self.begun_as(&found.config)
                        && pve.begin(vm_id)
                    {
                        self.uuid = uuid;
                        return Ok(Found { begun: Some((vm_id, found)), lost: vec![] });
                    }
                    let uuid = fingerprint::uuid(&found.config);
                    if mark_of(&found.config).is_none() {
                        pve.note_finished(vm_id, uuid.clone());
                    }
                    uuid
                }
            };
            if self.vm_id.is_none() && self.may_be_lost(uuid.as_deref()) {
                lost.push(vm_id);
            }
        }
        Ok(Found { begun: None, lost })
    }

    /// Whether a guest in the cluster's list may be one that was begun under this claim, by its kind and its
    /// name. A guest has none there before its first status round, and the server names what nobody does.
    fn may_be_called(&self, row: &Resource) -> bool {
        let Some(vm_id) = row.vmid.filter(|_| row.guest_kind() == Some(self.kind)) else {
            return false;
        };
        match (&row.name, &self.name) {
            (None, _) => true,
            (Some(name), Some(wanted)) => name == wanted,
            // A container without a name of its own may have its source's.
            (Some(_), None) if self.kind == GuestKind::Lxc => true,
            (Some(name), None) => *name == format!("VM {vm_id}") || name.starts_with("Copy-of-VM-"),
        }
    }

    /// A guest, once nothing makes it any more that an earlier apply of ours may have begun. Until then
    /// there is only a lock, which tells nothing; what others make is not waited for.
    async fn made(&self, pve: &Proxmox, vm_id: VmId) -> Result<Option<GuestLocation>> {
        let mut may_be_ours = true;
        loop {
            let found = pve.locate(vm_id).await?;
            let making = found.as_ref().is_some_and(|found| is_being_made(&found.config));
            if !making {
                return Ok(found);
            }
            // Looked at once more: it may have ended meanwhile.
            if !may_be_ours || pve.deadline().has_passed() {
                return Ok(None);
            }
            let tasks = pve.cluster().tasks().await?;
            may_be_ours = tasks.iter().any(|task| {
                task.endtime.is_none() && self.may_have_begun(&task.upid, vm_id, pve.user())
            });
            if may_be_ours {
                tracing::info!(%vm_id, "waiting for a guest that an earlier apply may have begun");
                tokio::time::sleep(pve.deadline().at_most(Duration::from_millis(500))).await;
            }
        }
    }

    /// Whether a task is what making the guest `vm_id` under this claim, as `user`, looks like: whose
    /// token it was does not matter, for that may have been replaced.
    fn may_have_begun(&self, task: &Upid, vm_id: VmId, user: &str) -> bool {
        let name = |user: &str| user.split('!').next().unwrap_or_default().to_owned();
        let makes = match (task.task_type(), self.source) {
            ("qmcreate" | "vzcreate" | "qmrestore" | "vzrestore", None) => Some(vm_id),
            // A clone's task tells only what is cloned.
            ("qmclone" | "vzclone", Some(source)) => Some(source),
            _ => None,
        };
        makes.is_some_and(|number| task.object() == number.to_string())
            && name(task.user()) == name(user)
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

/// How many bytes the UUIDs of guests begin with that are described alike.
const ALIKE: usize = 6;
/// Where a UUID says when it was made.
const MADE: usize = 12;
/// How many minutes a guest that may be nobody's is asked about.
const RECENT: u32 = 60;

/// The time in minutes since 1970.
fn minutes() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(now.as_secs() / 60).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::comment::begun_uuid;
    use super::*;

    #[test]
    fn a_mark_tells_the_uuid_and_a_uuid_when_it_was_made() {
        let claim = claim();
        let config = |description: &str| {
            GuestConfig::from(BTreeMap::from([("description".to_owned(), description.into())]))
        };
        let marked = config(&claim.mark("Ubuntu"));
        assert_eq!(claim.begun_as(&marked).as_deref(), Some(claim.uuid()));
        assert_eq!(begun_uuid(&marked).as_deref(), Some(claim.uuid()));
        assert_eq!(begun_uuid(&config("Ubuntu")), None);
        // Text after it: the mark is the user's own now.
        assert_eq!(begun_uuid(&config(&format!("{} more", claim.mark("")))), None);
        let other = Claim { sort: format!("{OPEN}owner=prod claim=00"), ..claim.clone() };
        assert_eq!(other.begun_as(&marked), None);

        let finished = config(&fingerprint::with_id("Ubuntu", claim.uuid()));
        assert!(claim.may_be_lost(fingerprint::uuid(&finished).as_deref()));
        let mut old = Uuid::try_parse(claim.uuid()).unwrap().into_bytes();
        old[MADE..].copy_from_slice(&(minutes() - 2 * RECENT).to_be_bytes());
        let old = Uuid::from_bytes(old).to_string();
        assert!(!claim.may_be_lost(Some(&old)) && !claim.may_be_lost(None));
    }

    /// A create waited for whatever guest somebody else was making.
    #[test]
    fn only_a_task_like_ours_is_waited_for() {
        let (vm_id, source) = (VmId::new(9100).unwrap(), VmId::new(100).unwrap());
        let task = |kind: &str, id: u32, user: &str| -> Upid {
            format!("UPID:pve1:00000065:0007A120:6B013042:{kind}:{id}:{user}:").parse().unwrap()
        };
        let waits = |source: Option<VmId>, task: Upid| {
            claim().cloned_from(source).may_have_begun(&task, vm_id, "tf@pve!new")
        };
        assert!(waits(Some(source), task("qmclone", 100, "tf@pve!old")));
        assert!(!waits(Some(source), task("qmclone", 100, "eve@pve!old")));
        assert!(!waits(Some(source), task("qmclone", 101, "tf@pve!old")));
        assert!(!waits(Some(source), task("qmcreate", 9100, "tf@pve!new")));
        assert!(waits(None, task("vzcreate", 9100, "tf@pve")));
        assert!(!waits(None, task("vzcreate", 9101, "tf@pve")));
        assert!(!waits(None, task("qmclone", 9100, "tf@pve")));
        assert!(!waits(None, task("qmstart", 9100, "tf@pve")));
    }

    fn claim() -> Claim {
        let mut bytes = [7; 16];
        bytes[MADE..].copy_from_slice(&minutes().to_be_bytes());
        let uuid = Builder::from_custom_bytes(bytes).into_uuid().to_string();
        Claim {
            sort: format!("{OPEN}owner=dev claim=00"),
            uuid,
            vm_id: None,
            name: None,
            kind: GuestKind::Qemu,
            source: None,
        }
    }
}

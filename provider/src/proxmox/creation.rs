//! Makes a guest: under the wanted number or a free one, known to the state from the first moment, and
//! found again when an earlier apply was killed.

use onprem_proxmox::{ErrorKind, GuestKind, GuestLocation, NodeName, TaskCall, TaskFilter, VmId};
use tf_provider::{Context, Diagnostic, Resource, Result};

use super::Proxmox;
use super::claim::{Claim, Found};
use super::fingerprint::UUID;

/// How often another free number is tried when somebody takes the one that was found.
const ATTEMPTS: usize = 20;

/// A create on its way.
pub(crate) struct Creation<'a, R: Resource> {
    pub(crate) cx: &'a Context<R>,
    pub(crate) pve: &'a Proxmox,
    pub(crate) claim: Claim,
    /// The identity of the guest with a number.
    pub(crate) identity: fn(i64) -> R::Identity,
    /// The full type name, for the import command.
    pub(crate) type_name: &'static str,
}

impl<R: Resource> Creation<'_, R> {
    /// The number of a guest that an earlier apply began, once nothing works on it any more: a killed
    /// provider leaves tasks running, and one that fails leaves no guest.
    pub(crate) async fn resume(&mut self) -> Result<Option<VmId>> {
        let Found { begun, lost } = self.claim.find(self.pve).await?;
        let Self { cx, pve, .. } = &*self;
        for vm_id in lost {
            cx.warn(self.may_be_lost(vm_id));
        }
        let Some((vm_id, found)) = begun else { return Ok(None) };
        tracing::info!(%vm_id, node = %found.node, "going on with a guest that was begun before");
        self.remember()?;
        self.created(vm_id);
        let filter = TaskFilter { vmid: Some(vm_id), ..TaskFilter::default() };
        for task in pve.node(&found.node).tasks(&filter).await? {
            if task.endtime.is_none() {
                // How it ended shows in what there is afterwards.
                let _ = pve.wait(&task.upid, pve.deadline()).await;
            }
        }
        pve.cluster().invalidate();
        if pve.locate_made(vm_id).await?.is_none() {
            cx.abandoned();
            return Ok(None);
        }
        Ok(Some(vm_id))
    }

    /// Makes the guest with the request that `post` gives for a number.
    pub(crate) async fn make(&self, post: impl Fn(VmId) -> TaskCall) -> Result<VmId> {
        let Self { cx, pve, .. } = self;
        let wanted = self.claim.vm_id();
        self.remember()?;
        let mut attempt = 1;
        loop {
            let vm_id = match wanted {
                Some(vm_id) => vm_id,
                None => pve.cluster().next_id(pve.vm_id_range.clone()).await?,
            };
            let mut section = Some(cx.critical());
            let made = post(vm_id)
                .on_start(|_| {
                    self.created(vm_id);
                    section = None;
                })
                .await;
            drop(section);
            let Err(error) = made else {
                self.created(vm_id);
                return Ok(vm_id);
            };
            let taken = matches!(error.kind(), ErrorKind::AlreadyExists);
            if taken || self.is_absent(vm_id).await {
                // Another's guest, or nothing at all: neither is for the state to keep.
                cx.abandoned();
            }
            if taken && wanted.is_some() {
                return Err(self.occupied(vm_id, &error));
            }
            if !taken || attempt == ATTEMPTS {
                return Err(error.into());
            }
            attempt += 1;
        }
    }

    /// The fingerprint is ours from the first request on: it is in the mark until the guest has it.
    fn remember(&self) -> Result<()> {
        let uuid = self.claim.uuid().to_owned();
        self.cx.remember(UUID, &uuid)?;
        self.cx.reached(UUID, &uuid);
        Ok(())
    }

    fn created(&self, vm_id: VmId) {
        self.pve.begin(vm_id);
        self.cx.created(&(self.identity)(vm_id.number().into()));
    }

    async fn is_absent(&self, vm_id: VmId) -> bool {
        self.pve.cluster().invalidate();
        matches!(self.pve.locate(vm_id).await, Ok(None))
    }

    fn may_be_lost(&self, vm_id: VmId) -> Diagnostic {
        Diagnostic::warning(format!("Guest {vm_id} may be left over"))
            .detail(
                "It was made by this configuration a short while ago, of the same inputs. If no other \
                 resource has it, the apply that made it was killed before it could say so, and there \
                 are two now.",
            )
            .hint(format!(
                "to keep that one: terraform import {}.NAME {vm_id}, after a `terraform state rm` of \
                 this one; with a `vm_id` of its own a guest is never made twice",
                self.type_name
            ))
    }

    fn occupied(&self, vm_id: VmId, error: &onprem_proxmox::Error) -> Diagnostic {
        Diagnostic::error(format!("Number {vm_id} is taken"))
            .detail(error.to_string())
            .detail("The guest that has it was not made by this resource, so it is left alone.")
            .hint(format!(
                "to manage it: terraform import {}.NAME {vm_id}; else choose another `vm_id`",
                self.type_name
            ))
            .at("vm_id")
    }
}

/// Whether a request that should have made something surely did not: what is there already is another's,
/// and must not come into the state.
pub(crate) fn made_nothing(error: &onprem_proxmox::Error) -> bool {
    *error.kind() == ErrorKind::AlreadyExists || !error.maybe_executed()
}

/// The VM right after it was made, when the cluster's list may not have it yet.
pub(crate) async fn located(pve: &Proxmox, node: &NodeName, vm_id: VmId) -> Result<GuestLocation> {
    match pve.qemu(node, vm_id).config().await {
        Ok(config) => Ok(GuestLocation { node: node.clone(), kind: GuestKind::Qemu, config }),
        Err(error) if error.is_not_found() => pve.locate(vm_id).await?.ok_or_else(|| {
            Diagnostic::error(format!("Guest {vm_id} is not there after it was made"))
                .hint("did somebody destroy it? apply again to make another")
        }),
        Err(error) => Err(error.into()),
    }
}

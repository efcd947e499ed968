//! Firewalls. API: `/cluster/firewall`, `/nodes/{node}/firewall`,
//! `/nodes/{node}/{qemu|lxc}/{vmid}/firewall`.
//!
//! The server answers for a number without a guest as for a guest without rules, and a number is given
//! away again after its guest is destroyed. So the guest is looked for first, and recognised.

mod alias;
mod group;
mod ipset;
mod options;
mod rule;
mod rules;
mod scope;
mod single;

use onprem_proxmox::{Firewall, GuestKind, VmId};
use tf_provider::{Context, Diagnostic, Resource, Result};

use super::Proxmox;
use super::fingerprint::Trace;

pub(crate) use alias::FirewallAlias;
pub(crate) use group::FirewallGroup;
pub(crate) use ipset::FirewallIpset;
pub(crate) use options::FirewallOptions;
pub(crate) use rules::FirewallRules;
pub(crate) use single::FirewallRule;

/// Key of the guest's fingerprint in private state.
const GUEST: &str = "trace";

/// The firewall of the guest that the state is about; nothing when the guest has gone, or its number is
/// another one's, of which it warns. A create and the read after an import take whatever is there.
async fn find<R: Resource>(
    cx: &Context<R>,
    pve: &Proxmox,
    vm_id: VmId,
) -> Result<Option<Firewall>> {
    let Some(found) = pve.locate(vm_id).await? else { return Ok(None) };
    let now = Trace::of(&found);
    match cx.recall(GUEST)?.map(Trace::from_parts) {
        Some(known) if !known.leads_to(&now) => {
            cx.warn(
                Diagnostic::warning(format!("Guest {vm_id} is another one now"))
                    .detail(
                        "The guest with this number is not the one whose firewall this was: that was \
                         destroyed, and its firewall with it. The firewall of the other guest is left \
                         alone.",
                    )
                    .hint("`replace_triggered_by` makes a firewall anew together with its guest")
                    .at("vm_id"),
            );
            return Ok(None);
        }
        _ => cx.remember(GUEST, &now.parts())?,
    }
    Ok(Some(match found.kind {
        GuestKind::Lxc => pve.lxc(&found.node, vm_id).firewall(),
        _ => pve.qemu(&found.node, vm_id).firewall(),
    }))
}

/// The firewall of a guest that has to be there.
async fn expect<R: Resource>(cx: &Context<R>, pve: &Proxmox, vm_id: VmId) -> Result<Firewall> {
    find(cx, pve, vm_id).await?.ok_or_else(|| {
        Diagnostic::error(format!("There is no guest {vm_id} whose firewall could be set"))
            .detail("Every node was asked for it; or it is another guest than it was.")
            .hint("refer to `vm_id` of the VM or container, so that it is made first")
            .at("vm_id")
    })
}

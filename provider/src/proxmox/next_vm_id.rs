//! A free guest number. API: `GET /cluster/nextid`.

use onprem_proxmox::VmId;
use tf_provider::{Attempt, DataSource, Diagnostic, Result};

use super::Proxmox;

/// A guest number that is free now. Nothing is reserved: two plans may get the same. Where a guest just
/// needs any number, leave its `vm_id` out instead; then the apply finds one, and another if that is
/// taken meanwhile.
#[derive(Clone, DataSource)]
#[data_source(name = "proxmox_next_vm_id", group = "Proxmox VE", required_together(first, last))]
pub(crate) struct NextVmId {
    /// The smallest number to take; that of the provider's `vm_id_range`, or the cluster's, unless set.
    #[attr(optional, range(100, 999_999_999))]
    first: Option<i64>,
    /// The largest number to take.
    #[attr(optional, range(100, 999_999_999))]
    last: Option<i64>,
    /// The number.
    #[attr(computed)]
    vm_id: i64,
}

impl DataSource for NextVmId {
    type Client = Proxmox;

    async fn read(pve: &Proxmox, arguments: NextVmIdPlan) -> Result<Self> {
        let NextVmIdPlan { first, last } = arguments;
        let range = match first.zip(last) {
            Some((first, last)) if first <= last => {
                Some(VmId::new(first).at("first")?..=VmId::new(last).at("last")?)
            }
            Some(_) => return Err(Diagnostic::error("`last` is smaller than `first`").at("last")),
            None => pve.vm_id_range.clone(),
        };
        let cluster = pve.cluster();
        let vm_id = cluster.next_id(range).await?;
        cluster.release_id(vm_id);
        Ok(Self { first, last, vm_id: vm_id.number().into() })
    }
}

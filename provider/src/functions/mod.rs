//! Functions: what configurations compute without asking anybody. One file a function, in the list below.

mod mac_address;
mod version_compare;
mod vm_id;

use tf_provider::Registry;

use crate::Clients;

/// The functions that the provider offers.
pub(crate) fn register(registry: &mut Registry<Clients>) {
    registry
        .function::<mac_address::MacAddress>()
        .function::<version_compare::VersionCompare>()
        .function::<vm_id::VmId>();
}

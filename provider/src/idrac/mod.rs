//! Dell iDRAC: the firmware of servers, and their power.
//!
//! `system` is the provider block's part and the clients that it makes; `explain` says what errors mean.
//! Every other file is one resource, data source, action or ephemeral
//! resource, in the list below.

mod explain;
mod firmware;
mod inventory;
mod job_cancel;
mod jobs;
mod server;
mod server_power;
mod session;
mod system;

use tf_provider::Registry;

use crate::Clients;

pub(crate) use explain::explain;
pub(crate) use system::{Host, Idrac, IdracSystem, validate};
pub use system::{IdracConfig, IdracServer};

/// What the provider offers for Dell iDRAC.
pub(crate) fn register(registry: &mut Registry<Clients>) {
    registry
        .resource::<firmware::ServerFirmware>()
        .ephemeral_resource::<session::Session>()
        .action::<job_cancel::JobCancel>()
        .action::<server_power::ServerPower>()
        .data_source::<inventory::FirmwareInventory>()
        .data_source::<jobs::Jobs>()
        .data_source::<server::Server>();
}

//! A stand-in data centre on loopback: a Proxmox VE cluster of three nodes, a NetBox, and two servers
//! with an iDRAC, which answer like real ones, with a clock that tests can advance and faults that
//! they can arm.
//!
//! ```no_run
//! # #[tokio::main]
//! # async fn main() -> Result<(), onprem_lab::StartError> {
//! use onprem_lab::{Lab, LabOptions};
//!
//! let lab = Lab::start(LabOptions::new()).await?;
//! println!("{:?} {}", lab.proxmox_endpoints(), lab.api_token());
//! # Ok(())
//! # }
//! ```
//!
//! The lab knows nothing of its clients: it is written from the API's facts alone and checks every
//! request against the server's own schema. It needs a running tokio runtime, listens on 127.0.0.1
//! only, keeps everything in memory, and ends when [`Lab`] is dropped.

mod admin;
mod certificates;
mod clock;
mod downloads;
mod faults;
mod idrac;
mod lab;
mod netbox;
mod options;
mod proxmox;
mod requests;
mod web;

pub use clock::Clock;
pub use faults::{Effect, Fault, Faults, Stall, When};
pub use lab::{Lab, StartError};
pub use options::LabOptions;
pub use requests::{Request, Requests};
pub use web::{Image, images};

//! A client for the Proxmox VE API.
pub mod codec;
mod names;
mod params;
pub mod property_string;
pub use names::*;
pub use params::*;

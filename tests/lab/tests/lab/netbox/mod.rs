//! NetBox as its clients see it.

mod allocation;
mod client;
mod differential;
mod openapi;
mod pynetbox;
mod releases;
mod writes;

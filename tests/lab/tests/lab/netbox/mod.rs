//! NetBox as its clients see it.

mod allocation;
mod client;

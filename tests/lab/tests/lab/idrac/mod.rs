//! The iDRACs: what a client meets on the way of a firmware update.

mod client;
mod doors;
mod failures;
mod shapes;
mod updates;

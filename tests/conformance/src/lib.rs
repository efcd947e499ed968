//! Plays Terraform core against a provider, in the same process and without a binary.
//!
//! [`Core`] calls a provider as Terraform does and judges every answer by Terraform's own rules. The rules
//! stand here a second time on purpose: the framework checks itself with code of its own, and whoever is
//! wrong of the two is found by the other. What a provider breaks is data, a [`Violation`]; what it reports
//! is data, too, a [`Message`]; an [`Outcome`] holds both beside the value.
//!
//! - `schema` and `internal_validate`: what core reads of a schema, and what it refuses in one;
//! - `proposed` and `objects`: the merge of configuration and state, and the comparison of objects;
//! - `core`, `plan`, `apply`, `read`: the operations;
//! - `functions`, `ephemeral`, `actions`, `lists`, `moves`: what a provider has beside resources;
//! - `lifecycle`: the whole life of an object in one call;
//! - `wire` and `forms`: the forms in which one value may come, all of which a provider must read;
//! - `tolerance`: what no provider may refuse, and the one thing that each must;
//! - `generate`: configurations to throw at a validator.

mod actions;
mod apply;
mod client;
mod core;
mod ephemeral;
mod forms;
mod functions;
mod generate;
mod internal_validate;
mod lifecycle;
mod lists;
mod moves;
mod objects;
mod outcome;
mod plan;
mod proposed;
mod read;
mod rule;
mod schema;
mod tolerance;
mod wire;

pub use self::core::{Core, ImportBy, State};
pub use ephemeral::Opened;
pub use functions::{CallError, Function, Parameter};
pub use generate::configurations;
pub use lists::Listed;
pub use outcome::{Message, Outcome, Severity};
pub use plan::{Action, Plan};
pub use rule::{Rule, Violation};
pub use schema::{Attribute, Block, Kind, NestedBlock, Nesting, Schema};

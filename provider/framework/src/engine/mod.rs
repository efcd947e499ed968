//! What the framework does between the protocol and the author's functions.
//!
//! It works on values and schemas alone, so one implementation serves every resource: planning, running
//! an operation within its time, carrying what only the configuration knows, import and upgrade, and the
//! rules by which Terraform judges the answers.

pub(crate) mod block;
pub(crate) mod carry;
pub(crate) mod check;
pub(crate) mod elements;
pub(crate) mod import;
pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod upgrade;
pub(crate) mod validate;

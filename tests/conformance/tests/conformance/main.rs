//! The harness against a sample provider, against broken ones, and against the real one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod action;
mod blocks;
mod broken;
mod catalogue;
mod checklist;
mod contributing;
mod creation;
mod data_source;
mod deferred;
mod ephemeral;
mod failures;
mod forms;
mod function;
mod generator;
mod identity;
mod import;
mod lifecycle;
mod list;
mod moved;
mod onprem;
mod onprem_taking_over;
mod plan;
mod planned_private;
mod racks;
mod random;
mod robust;
mod rules;
mod sample;
mod schema;
mod settings;
mod upgrade;
mod volumes;
mod wire;
mod write_only;

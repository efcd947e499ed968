//! The provider through the real `terraform`, against the lab.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod actions;
mod attributes;
mod cloud_init;
mod cores;
mod ephemeral;
mod examples;
mod firewall;
mod functions;
mod guests;
mod guests_addresses;
mod guests_between;
mod guests_recognised;
mod guests_settings;
mod guests_strangers;
mod hcl;
mod idrac;
mod idrac_actions;
mod idrac_errors;
mod idrac_jobs;
mod idrac_killed;
mod image;
mod image_errors;
mod killed;
mod killed_guests;
mod literal_secrets;
mod log;
mod modules;
mod moved_provider;
mod netbox;
mod netbox_allocation;
mod netbox_errors;
mod pools_and_sets;
mod provider;
mod query;
mod query_netbox;
mod remote_state;
mod scale;
mod template;
mod template_errors;
mod template_settings;
mod template_slots;

//! The provider through the real `terraform`, against the lab.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cloud_init;
mod firewall;
mod guests;
mod guests_settings;
mod guests_strangers;
mod hcl;
mod idrac;
mod idrac_errors;
mod idrac_jobs;
mod idrac_killed;
mod image;
mod image_errors;
mod killed;
mod killed_guests;
mod modules;
mod provider;
mod remote_state;
mod scale;
mod template;
mod template_errors;
mod template_settings;
mod template_slots;

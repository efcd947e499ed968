//! The provider through the real `terraform`, against the lab.

mod hcl;
mod image;
mod image_errors;
mod provider;

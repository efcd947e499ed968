//! Terraform provider for the machines that people run themselves.

//! The Terraform plugin protocol.

//! The Terraform plugin protocol 6, for programs that answer Terraform: values and their wire forms,
//! the handshake, mutual TLS and serving. It knows no resource.

pub mod cty;

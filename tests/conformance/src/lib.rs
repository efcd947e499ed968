//! Plays Terraform core against a provider.

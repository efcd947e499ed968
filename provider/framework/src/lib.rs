//! A framework to write Terraform providers in Rust.

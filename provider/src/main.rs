//! The plugin binary: serves Terraform, or answers a person who ran it by hand.

use std::process::ExitCode;

fn main() -> ExitCode {
    tf_provider::run::<onprem_provider::OnPrem>()
}

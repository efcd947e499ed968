//! A `version` that names no field.

use tf_provider::Attributes;

#[derive(Clone, Attributes)]
struct Disk {
    /// Password.
    #[attr(write_only(version = password_versoin))]
    password: Option<String>,
    /// Counts the passwords.
    #[attr(optional)]
    password_version: Option<i64>,
}

fn main() {}

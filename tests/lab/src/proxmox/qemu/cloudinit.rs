//! Cloud-init options. API: `/nodes/{node}/qemu/{vmid}/cloudinit`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Config, drive, lock};
use crate::proxmox::Call;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::decode;

const KEY_TYPES: &[&str] = &[
    "ssh-rsa",
    "ssh-dss",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// Looks at public keys the way the server does: every line names a type and carries base64.
///
/// # Errors
/// The server's text.
pub(in crate::proxmox) fn check_keys(encoded: &str) -> Result<(), ApiError> {
    use base64::Engine;
    let text = decode(encoded.as_bytes(), false);
    let good = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .all(|line| {
            let mut words = line.split_whitespace().skip_while(|word| !KEY_TYPES.contains(word));
            let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
            words.next().is_some()
                && words
                    .next()
                    .is_some_and(|data| engine.decode(data.trim_end_matches('=')).is_ok())
        });
    if good { Ok(()) } else { Err(ApiError::internal("SSH public key validation error")) }
}

/// Cloud-init options of a configuration, with those that come from elsewhere in it.
fn options(config: &Config) -> BTreeMap<String, String> {
    config
        .values
        .iter()
        .filter(|(name, _)| {
            let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
            matches!(
                name.as_str(),
                "ciuser"
                    | "cipassword"
                    | "citype"
                    | "cicustom"
                    | "ciupgrade"
                    | "nameserver"
                    | "searchdomain"
                    | "sshkeys"
                    | "name"
            ) || stem == "ipconfig"
                || drive::is_net(name)
        })
        .map(|(name, value)| {
            let value = if drive::is_net(name) {
                value.split([',', '=']).nth(1).unwrap_or_default().to_owned()
            } else {
                value.clone()
            };
            (name.clone(), value)
        })
        .collect()
}

/// `GET …/cloudinit`.
pub(super) fn list(call: &Call) -> Answer {
    let state = call.shared.state();
    let vm = state.vm(&call.node, call.params.vmid())?;
    if !drive::drives(&vm.config.values).iter().any(|(_, drive)| drive.is_cloudinit()) {
        return Ok(json!([]).into());
    }
    let now = options(&vm.config);
    let shown = |name: &str, text: &str| -> Value {
        if name == "cipassword" { "**********".into() } else { text.into() }
    };
    let names: BTreeSet<&String> = now.keys().chain(vm.cloudinit.keys()).collect();
    let generated = vm.running.is_some() || !vm.cloudinit.is_empty();
    let rows: Vec<Value> = names
        .into_iter()
        .map(|name| {
            let mut row = json!({ "key": name });
            match (vm.cloudinit.get(name), now.get(name)) {
                (Some(old), Some(new)) if old != new => {
                    row["value"] = shown(name, old);
                    row["pending"] = shown(name, new);
                }
                (None, Some(new)) if generated => row["pending"] = shown(name, new),
                (Some(old), None) => {
                    row["value"] = shown(name, old);
                    row["delete"] = 1.into();
                }
                (_, Some(new)) => row["value"] = shown(name, new),
                (None, None) => {}
            }
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

/// `PUT …/cloudinit`.
pub(super) async fn regenerate(call: &Call) -> Answer {
    let vmid = call.params.vmid();
    call.shared.state().vm(&call.node, vmid)?;
    let _held = lock(call, vmid).await?;
    let mut state = call.shared.state();
    generated(state.vm_mut(&call.node, vmid)?);
    Ok(Value::Null.into())
}

/// Notes that an image with the present options was made.
pub(super) fn generated(vm: &mut super::Vm) {
    let drives = drive::drives(&vm.config.values);
    if drives.iter().any(|(_, drive)| drive.is_cloudinit()) {
        vm.cloudinit = options(&vm.config);
    }
}

//! `proxmox_virtual_environment_container` of bpg/proxmox.

use tf_provider::{Diagnostic, Result, Source};

use super::bpg_vm::clone;
use super::{Attributes, Taken, guest, put, timeouts};

/// A container.
pub(crate) fn container(source: &Source) -> Result<Option<Taken>> {
    if !source.is("bpg/proxmox", "proxmox_virtual_environment_container") {
        return Ok(None);
    }
    let state = Attributes::of(source);
    if state.flag("template") == Some(true) {
        return Err(Diagnostic::error("The state is of a container template")
            .hint("no resource of this provider manages those; remove it with a `removed` block"));
    }
    let mut taken = guest(state.guest("vm_id")?, state.text("node_name"));
    put(&mut taken, "clone", clone(&state.block("clone")));
    let system = state.block("operating_system");
    put(&mut taken, "template", system.text("template_file_id"));
    let account = state.block("initialization").block("user_account");
    put(&mut taken, "ssh_keys", account.texts("keys"));
    put(&mut taken, "shutdown_timeout", Some("60s"));
    put(&mut taken, "purge", Some(true));
    put(&mut taken, "reboot", Some("never"));
    put(&mut taken, "allow_data_loss", Some(false));
    put(&mut taken, "wait_for_ip", Some(false));
    let limits = [("create", "timeout_create", 1800), ("update", "timeout_update", 1800)];
    put(&mut taken, "timeouts", timeouts(&state, &limits));
    Ok(Some(taken))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::source;
    use super::*;

    #[test]
    fn what_no_server_tells_is_taken_over() {
        let state = json!({
            "id": "9200", "vm_id": null, "node_name": "pve1", "template": false, "clone": [],
            "operating_system": [{"template_file_id": "local:vztmpl/a.tar.zst", "type": "alpine"}],
            "initialization": [{"user_account": [{"keys": ["ssh-ed25519 AAAA"], "password": "s3cret"}]}],
            "timeout_create": 60, "timeout_update": 1800,
        });
        let source = source("bpg/proxmox", "proxmox_virtual_environment_container", &state);
        let taken = Value::from(container(&source).unwrap().unwrap());
        let expected = json!({
            "vm_id": 9200, "id": "9200", "node": "pve1", "template": "local:vztmpl/a.tar.zst",
            "ssh_keys": ["ssh-ed25519 AAAA"], "shutdown_timeout": "60s", "purge": true,
            "reboot": "never", "allow_data_loss": false, "wait_for_ip": false,
            "timeouts": {"create": "60s"},
        });
        assert_eq!(taken, expected);
        assert!(!taken.to_string().contains("s3cret"));
    }
}

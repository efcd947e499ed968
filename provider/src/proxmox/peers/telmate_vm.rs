//! `proxmox_vm_qemu` of Telmate/proxmox.

use serde_json::Map;
use tf_provider::{Result, Source};

use super::{Attributes, Taken, guest, put};

/// A VM. Its id is `node/qemu/number`.
pub(crate) fn vm(source: &Source) -> Result<Option<Taken>> {
    if !source.is("telmate/proxmox", "proxmox_vm_qemu") {
        return Ok(None);
    }
    let state = Attributes::of(source);
    let of_id = state.text("id").and_then(|id| id.split_once('/')).map(|(node, _)| node);
    let node = state.text("current_node").or_else(|| state.text("target_node")).or(of_id);
    let mut taken = guest(state.guest("vmid")?, node);
    put(&mut taken, "allowed_nodes", state.texts("target_nodes"));
    // A clone by name leaves no number.
    let mut clone = Map::new();
    if let Some(number) = state.number("clone_id").filter(|number| *number > 0) {
        put(&mut clone, "vm_id", Some(number));
        put(&mut clone, "full", state.flag("full_clone"));
        put(&mut clone, "storage", state.text("storage"));
        put(&mut taken, "clone", Some(clone));
    }
    let restarts = match state.flag("automatic_reboot") {
        Some(false) => "never",
        _ => "if_needed",
    };
    put(&mut taken, "reboot", Some(restarts));
    put(&mut taken, "shutdown_timeout", Some("60s"));
    put(&mut taken, "purge", Some(true));
    put(&mut taken, "wait_for_ip", Some(false));
    put(&mut taken, "allow_data_loss", Some(false));
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
            "id": "pve2/qemu/9100", "vmid": 0, "target_node": "", "target_nodes": ["pve1", "pve2"],
            "clone": "ubuntu", "clone_id": 9000, "full_clone": false, "automatic_reboot": false,
            "cipassword": "s3cret",
        });
        let taken = vm(&source("telmate/proxmox", "proxmox_vm_qemu", &state)).unwrap().unwrap();
        let expected = json!({
            "vm_id": 9100, "id": "9100", "node": "pve2", "allowed_nodes": ["pve1", "pve2"],
            "clone": {"vm_id": 9000, "full": false}, "reboot": "never", "shutdown_timeout": "60s",
            "purge": true, "wait_for_ip": false, "allow_data_loss": false,
        });
        assert_eq!(Value::from(taken), expected);
    }
}

//! `proxmox_virtual_environment_vm` of bpg/proxmox.

use serde_json::Map;
use tf_provider::{Diagnostic, Result, Source};

use super::{Attributes, Taken, guest, put, timeouts};

/// A VM.
pub(crate) fn vm(source: &Source) -> Result<Option<Taken>> {
    let Some((state, mut taken)) = either(source)? else { return Ok(None) };
    if state.flag("template") == Some(true) {
        return Err(Diagnostic::error("The state is of a template")
            .hint("move it to an onprem_proxmox_template"));
    }
    put(&mut taken, "clone", clone(&state.block("clone")));
    let restarts = match state.flag("reboot_after_update") {
        Some(false) => "never",
        _ => "if_needed",
    };
    put(&mut taken, "reboot", Some(restarts));
    let shutdown = state.number("timeout_shutdown_vm").filter(|seconds| *seconds != HALF_AN_HOUR);
    let shutdown = shutdown.map_or_else(|| "60s".to_owned(), |seconds| format!("{seconds}s"));
    put(&mut taken, "shutdown_timeout", Some(shutdown));
    put(&mut taken, "purge", Some(state.flag("purge_on_destroy").unwrap_or(true)));
    let waits = state.block("agent").block("wait_for_ip");
    let waits = ["ipv4", "ipv6"].iter().any(|family| waits.flag(family) == Some(true));
    put(&mut taken, "wait_for_ip", Some(waits));
    put(&mut taken, "allow_data_loss", Some(false));
    let limits = [("create", "timeout_create", HALF_AN_HOUR), ("delete", "timeout_stop_vm", 300)];
    put(&mut taken, "timeouts", timeouts(&state, &limits));
    Ok(Some(taken))
}

/// A template, which is a VM there.
pub(crate) fn template(source: &Source) -> Result<Option<Taken>> {
    let Some((state, mut taken)) = either(source)? else { return Ok(None) };
    if state.flag("template") != Some(true) {
        return Err(Diagnostic::error("The state is of a VM that is no template")
            .hint("move it to an onprem_proxmox_vm"));
    }
    let id = taken.get("id").cloned();
    put(&mut taken, "template_id", id);
    put(&mut taken, "rebuild_on_image_change", Some(false));
    Ok(Some(taken))
}

const HALF_AN_HOUR: i64 = 1800;

fn either(source: &Source) -> Result<Option<(Attributes<'_>, Taken)>> {
    if !source.is("bpg/proxmox", "proxmox_virtual_environment_vm") {
        return Ok(None);
    }
    let state = Attributes::of(source);
    let mut taken = guest(state.guest("vm_id")?, state.text("node_name"));
    // The first disk is the one that an image went into.
    let disks = state.blocks("disk");
    let image =
        disks.iter().find_map(|disk| disk.text("import_from").or_else(|| disk.text("file_id")));
    put(&mut taken, "image", image);
    Ok(Some((state, taken)))
}

pub(super) fn clone(block: &Attributes<'_>) -> Option<Taken> {
    let mut clone = Map::new();
    put(&mut clone, "vm_id", Some(block.number("vm_id")?));
    put(&mut clone, "full", block.flag("full"));
    put(&mut clone, "storage", block.text("datastore_id"));
    Some(clone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::source;
    use super::*;

    fn state(more: &serde_json::Value) -> Source {
        let mut state = json!({
            "id": "9100", "vm_id": 9100, "node_name": "pve1", "template": false,
            "clone": [{"vm_id": 9000, "full": true, "datastore_id": "", "retries": 1}],
            "disk": [{"interface": "scsi0", "file_id": ""}], "reboot_after_update": true,
            "agent": [{"enabled": true, "wait_for_ip": []}], "purge_on_destroy": true,
            "timeout_create": 1800, "timeout_shutdown_vm": 1800, "timeout_stop_vm": 120,
        });
        let more = more.as_object().unwrap().clone();
        state.as_object_mut().unwrap().extend(more);
        source("bpg/proxmox", "proxmox_virtual_environment_vm", &state)
    }

    #[test]
    fn what_no_server_tells_is_taken_over() {
        let taken = vm(&state(&json!({}))).unwrap().unwrap();
        let expected = json!({
            "vm_id": 9100, "id": "9100", "node": "pve1", "clone": {"vm_id": 9000, "full": true},
            "reboot": "if_needed", "shutdown_timeout": "60s", "purge": true, "wait_for_ip": false,
            "allow_data_loss": false, "timeouts": {"delete": "120s"},
        });
        assert_eq!(serde_json::Value::from(taken), expected);
    }

    #[test]
    fn a_template_is_no_vm_and_a_vm_no_template() {
        let of_template =
            state(&json!({"template": true, "disk": [{"file_id": "local:import/a.qcow2"}]}));
        assert!(vm(&of_template).is_err());
        let taken = template(&of_template).unwrap().unwrap();
        assert_eq!(
            (&taken["template_id"], &taken["image"]),
            (&json!("9100"), &json!("local:import/a.qcow2"))
        );
        assert!(template(&state(&json!({}))).is_err());
    }

    #[test]
    fn a_stranger_is_not_taken_over() {
        let other = source("telmate/proxmox", "proxmox_virtual_environment_vm", &json!({}));
        assert_eq!(vm(&other).unwrap(), None);
    }

    #[test]
    fn an_id_tells_the_number_where_nothing_else_does() {
        let taken = vm(&state(&json!({"vm_id": null, "id": "9107"}))).unwrap().unwrap();
        assert_eq!(taken["vm_id"], 9107);
        assert!(vm(&state(&json!({"vm_id": null, "id": ""}))).is_err());
    }
}

//! Guests that stay ours although what they are known by has been touched, and those that nothing tells.

use acceptance::Stage;
use onprem_lab::{Effect, Fault};
use serde_json::{Value, json};

use crate::hcl::file;

const VM: &str = "onprem_proxmox_vm.this";
const CONTAINER: &str = "onprem_proxmox_container.this";
const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A lab with a template of containers.
fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::new(name)?;
    let url = format!("http://images.example.com/{ALPINE}");
    let download = json!({
        "content": "vztmpl", "filename": ALPINE, "url": url, "checksum": file(ALPINE).sha256,
        "checksum-algorithm": "sha256",
    });
    stage.cluster().post("/nodes/pve1/storage/local/download-url", download);
    Some(stage)
}

fn vm(arguments: &str) -> String {
    format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  vm_id = 9100\n  node = \"pve1\"\n  name = \
         \"vm\"\n{arguments}}}\n"
    )
}

fn container(arguments: &str) -> String {
    format!(
        "resource \"onprem_proxmox_container\" \"this\" {{\n  vm_id = 9200\n  node = \"pve1\"\n  hostname \
         = \"ct\"\n  template = \"local:vztmpl/{ALPINE}\"\n  rootfs = {{ storage = \"local-lvm\", size = \
         1 }}\n  started = false\n{arguments}}}\n"
    )
}

fn network(address: &str) -> String {
    format!(
        "  network = {{ net0 = {{ name = \"eth0\", bridge = \"vmbr0\", mac_address = \"{address}\" }} }}\n"
    )
}

/// Somebody else's container.
fn strangers(stage: &Stage, number: u32, address: &str) {
    let guest = json!({
        "vmid": number, "hostname": "ct", "ostemplate": format!("local:vztmpl/{ALPINE}"),
        "rootfs": "local-lvm:1", "unprivileged": 1,
        "net0": format!("name=eth0,bridge=vmbr0,hwaddr={address}"),
    });
    stage.cluster().post("/nodes/pve1/lxc", guest);
}

fn guests(stage: &Stage) -> Value {
    stage.lab().inventory()["guests"].clone()
}

const FIRST: &str = "BC:24:11:00:00:01";
const SECOND: &str = "BC:24:11:00:00:02";

/// Somebody wrote notes of his own over or under the comment that tells a container: it was given up for
/// another one, and the apply failed since its number was taken.
#[test]
fn a_container_whose_notes_somebody_edited() {
    let Some(stage) = stage("recognised_notes") else { return };
    for (notes, keeps) in [("ask Ann", false), ("below", true), ("", false)] {
        stage.write(container(&network(FIRST)));
        stage.apply();
        let uuid = stage.state().attributes(CONTAINER)["uuid"].clone();
        let mut text = notes.to_owned();
        if keeps {
            let now = stage.cluster().get("/nodes/pve1/lxc/9200/config");
            text = format!("{}\n{notes}", now["description"].as_str().unwrap());
        }
        let change = match text.as_str() {
            "" => json!({ "delete": "description" }),
            text => json!({ "description": text }),
        };
        stage.cluster().put("/nodes/pve1/lxc/9200/config", change);
        stage.plan().does(&[]);
        stage
            .changes_in_place(CONTAINER, container(&format!("{}  memory = 256\n", network(FIRST))));
        assert_eq!(stage.state().attributes(CONTAINER)["uuid"], uuid, "{notes}");
        // The id is there again, and the address is free to change.
        stage.changes_in_place(CONTAINER, container(&network(SECOND)));
        stage.destroy();
        assert_eq!(guests(&stage), json!({}), "{notes}");
    }
}

/// An imported container was given up for another one once its address had changed.
#[test]
fn an_imported_container_whose_address_changes() {
    let Some(stage) = stage("recognised_address") else { return };
    strangers(&stage, 9200, FIRST);
    stage.write(container(&network(FIRST)));
    stage.import(CONTAINER, "9200");
    stage.apply();
    stage.changes_in_place(CONTAINER, container(&network(SECOND)));
    stage.changes_in_place(CONTAINER, container(&network(FIRST)));
    stage.destroy();
    assert_eq!(guests(&stage), json!({}));
}

/// A VM that has no UUID was given up for another one at the first refresh after its import.
#[test]
fn a_vm_that_nothing_tells_is_kept_and_not_destroyed() {
    let Some(stage) = stage("recognised_nothing") else { return };
    stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 9100, "name": "vm" }));
    stage.cluster().put("/nodes/pve1/qemu/9100/config", json!({ "delete": "smbios1" }));
    stage.write(vm(""));
    stage.import(VM, "9100");
    let before = guests(&stage);
    let plan = stage.plan();
    assert_ne!(plan.action(VM), "create");
    plan.run().warning().says("Nothing tells").hints("SMBIOS");
    stage.write("");
    stage.apply_fails().error().says("was not destroyed").hints("SMBIOS");
    assert_eq!(guests(&stage), before);
}

/// The firewall of a container was taken for that of the next one with its number.
#[test]
fn a_firewall_knows_its_container() {
    let Some(stage) = stage("recognised_firewall") else { return };
    strangers(&stage, 9200, FIRST);
    let rules = "resource \"onprem_proxmox_firewall_rules\" \"this\" {\n  vm_id = 9200\n  rules = [{ type = \
                 \"in\", action = \"ACCEPT\" }]\n}\n";
    stage.write(rules);
    stage.apply();
    stage.cluster().delete("/nodes/pve1/lxc/9200");
    strangers(&stage, 9200, SECOND);
    let theirs = json!({ "type": "in", "action": "DROP", "enable": 1 });
    stage.cluster().post("/nodes/pve1/lxc/9200/firewall/rules", theirs);
    let before = stage.lab().inventory();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// High availability takes its time to stop a VM: the destroy came too early and failed.
#[test]
fn a_vm_under_high_availability_is_destroyed() {
    let Some(stage) = stage("recognised_ha") else { return };
    stage.write(vm(""));
    stage.apply();
    stage.cluster().post("/cluster/ha/resources", json!({ "sid": "vm:9100", "state": "started" }));
    // Slow enough that the task ends well before the manager has done what it was told.
    stage.lab().clock().set_factor(5.0);
    stage.destroy();
    assert_eq!(guests(&stage), json!({}));
}

/// A token that may not ask the guest agent had every VM made anew at every apply.
#[test]
fn a_vm_whose_agent_nobody_may_ask_is_made() {
    let Some(stage) = stage("recognised_agent") else { return };
    let message = "Permission check failed (/vms/9100, VM.GuestAgent.Audit)".to_owned();
    let refused = Effect::Status { status: 403, message: Some(message) };
    stage.fault(Fault::new(refused).path("/agent/network-get-interfaces$"));
    stage.write(vm("  agent = { enabled = true }\n"));
    stage.apply();
    stage.assert_settled();
    assert!(!stage.state().tainted(VM));
}

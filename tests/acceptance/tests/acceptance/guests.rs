//! VMs and containers through the real Terraform: their lives, strangers, and what others change.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::{file, image, ubuntu_template};

const VM: &str = "onprem_proxmox_vm.this";
const CONTAINER: &str = "onprem_proxmox_container.this";
const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A clone of Ubuntu's template, with these arguments.
fn clone(arguments: &str) -> String {
    format!(
        "{}\nresource \"onprem_proxmox_vm\" \"this\" {{\n  vm_id = 9100\n  node = \"pve1\"\n  name = \
         \"web-01\"\n  clone = {{ vm_id = onprem_proxmox_template.this.vm_id }}\n{arguments}\n}}\n",
        ubuntu_template("")
    )
}

/// A container of Alpine, with these arguments.
fn container(arguments: &str) -> String {
    let image = image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ));
    format!(
        "{image}\nresource \"onprem_proxmox_container\" \"this\" {{\n  vm_id = 9200\n  node = \
         \"pve1\"\n  hostname = \"dns-01\"\n  template = onprem_proxmox_image.this.volume_id\n  rootfs = \
         {{ storage = \"local-lvm\", size = 2 }}\n{arguments}\n}}\n"
    )
}

fn guest(stage: &Stage, vm_id: &str) -> Value {
    stage.lab().inventory()["guests"][vm_id].clone()
}

/// Imports in both forms; what is left to say is known to the configuration alone.
fn assert_imports(stage: &Stage, address: &str, vm_id: &str) {
    let made = guest(stage, vm_id);
    for id in [vm_id.to_owned(), format!("pve1/{vm_id}")] {
        stage.forget(address);
        stage.import(address, &id);
        let requests = stage.requests(|| {
            stage.apply();
        });
        assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
        stage.assert_settled();
    }
    assert_eq!(guest(stage, vm_id), made, "no import touches it");
}

#[test]
fn a_vm_lives() {
    let Some(stage) = Stage::new("vm_lifecycle") else { return };
    let before = stage.lab().inventory();
    let least = "  network = { net0 = { bridge = \"vmbr0\" } }\n";
    stage.write(clone(least));
    stage.apply();
    stage.assert_settled();
    assert_eq!(guest(&stage, "9100")["running"], true);
    let uuid = stage.state().attributes(VM)["uuid"].clone();

    for more in [
        "  memory = 1024\n  reboot = \"if_needed\"",
        "  cpu = { cores = 2 }\n  memory = 1024\n  reboot = \"if_needed\"",
        "  tags = [\"web\"]\n  description = \"Web\"\n  on_boot = true\n  startup = { order = 2 }",
        "  disks = { scsi0 = { storage = \"local-lvm\", size = 6 } }",
        "  disks = { scsi0 = { storage = \"local-lvm\", size = 6 }, scsi1 = { storage = \"local-lvm\", \
         size = 1 } }",
        "  cloud_init = { storage = \"local-lvm\", user = \"ops\" }",
        "  cdrom = { ide3 = {} }",
        "  started = false",
        "  started = true",
    ] {
        stage.changes_in_place(VM, clone(&format!("{least}{more}")));
    }
    assert_eq!(stage.state().attributes(VM)["uuid"], uuid, "it is still the same");
    assert_imports(&stage, VM, "9100");

    let moved = clone(least).replace("node = \"pve1\"\n  name", "node = \"pve2\"\n  name");
    stage.changes_in_place(VM, moved);
    assert_eq!(guest(&stage, "9100")["node"], "pve2");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_container_lives() {
    let Some(stage) = Stage::new("container_lifecycle") else { return };
    let before = stage.lab().inventory();
    let least = "  network = { net0 = { name = \"eth0\", bridge = \"vmbr0\" } }\n  password = var.password\n";
    let variable = "variable \"password\" {\n  ephemeral = true\n}\n";
    let container = |arguments: &str| format!("{variable}{}", container(arguments));
    stage.set("TF_VAR_password", "tops3cret");
    stage.write(container(least));
    stage.trace();
    stage.apply();
    stage.assert_settled();
    stage.assert_no_secret(&["tops3cret"]);
    assert_eq!(guest(&stage, "9200")["config"]["unprivileged"], "1");

    for more in [
        "  memory = 256\n  swap = 0\n  cores = 1",
        "  tags = [\"dns\"]\n  description = \"Names\"\n  on_boot = true",
        "  features = { nesting = true }\n  dns_servers = [\"10.0.0.2\", \"10.0.0.3\"]",
        "  mount_points = { mp0 = { path = \"/srv\", storage = \"local-lvm\", size = 1 } }",
        "  mount_points = { mp0 = { path = \"/srv\", storage = \"local-lvm\", size = 2 } }",
        "  started = false",
        "  started = true",
    ] {
        stage.changes_in_place(CONTAINER, container(&format!("{least}{more}")));
    }
    let grown = container(least).replace("size = 2 }", "size = 3 }");
    stage.changes_in_place(CONTAINER, &grown);
    assert_imports(&stage, CONTAINER, "9200");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn what_others_change_is_put_right() {
    let Some(stage) = Stage::new("guest_drift") else { return };
    stage.write(format!(
        "{}{}",
        clone("  memory = 1024\n"),
        container("  memory = 256\n")
            .replace("\"onprem_proxmox_image\" \"this\"", "\"onprem_proxmox_image\" \"alpine\"",)
            .replace(
                "onprem_proxmox_image.this.volume_id\n  rootfs",
                "onprem_proxmox_image.alpine.volume_id\n  rootfs"
            )
    ));
    stage.apply();
    stage.cluster().put("/nodes/pve1/qemu/9100/config", json!({ "memory": "512" }));
    stage.cluster().put("/nodes/pve1/lxc/9200/config", json!({ "memory": "512" }));
    stage.plan().does(&[(VM, "update"), (CONTAINER, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(guest(&stage, "9200")["config"]["memory"], "256");
}

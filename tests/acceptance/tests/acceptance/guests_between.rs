//! Guests that somebody else touches between plan and apply, what of them no configuration has named, and
//! restarts that no plan announces.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::{file, image};

const VM: &str = "onprem_proxmox_vm.this";
const CONTAINER: &str = "onprem_proxmox_container.this";
const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";
const DISKS: &str = "  disks = { scsi0 = { storage = \"local-lvm\", size = 1 } }\n";
const TAGS: &str = "  tags = [\"web\"]\n";

fn vm(arguments: &str) -> String {
    format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  vm_id = 9100\n  node = \"pve1\"\n  name = \
         \"vm\"\n{arguments}}}\n"
    )
}

fn container(arguments: &str) -> String {
    let image = image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ));
    format!(
        "{image}\nresource \"onprem_proxmox_container\" \"this\" {{\n  vm_id = 9200\n  node = \
         \"pve1\"\n  hostname = \"ct\"\n  template = onprem_proxmox_image.this.volume_id\n  rootfs = {{ \
         storage = \"local-lvm\", size = 1 }}\n{arguments}}}\n"
    )
}

fn config(stage: &Stage, path: &str) -> Value {
    stage.cluster().get(&format!("/nodes/pve1/{path}/config"))
}

/// The power of guests that requests changed, and where they moved them.
fn moves(requests: &[String]) -> Vec<&str> {
    let posts = requests.iter().filter_map(|request| request.strip_prefix("POST "));
    posts.filter(|path| path.contains("/status/") || path.ends_with("/migrate")).collect()
}

/// An imported VM lost all disks but those that its first configuration named.
#[test]
fn a_disk_that_no_configuration_named_stays() {
    let Some(stage) = Stage::new("between_unnamed_disk") else { return };
    let guest = json!({
        "vmid": 9100, "name": "vm", "scsi0": "local-lvm:1", "scsi1": "local-lvm:2",
    });
    stage.cluster().post("/nodes/pve1/qemu", guest);
    let before = config(&stage, "qemu/9100");
    stage.write(vm(DISKS));
    stage.import(VM, "9100");
    assert!(stage.plan().run().warnings().is_empty(), "nothing is detached");
    stage.apply();
    stage.assert_settled();
    assert_eq!(config(&stage, "qemu/9100"), before);

    // Nor where it may erase what leaves the configuration.
    let allow = "  allow_data_loss = true\n";
    stage.forget(VM);
    stage.write(vm(allow));
    stage.import(VM, "9100");
    stage.apply();
    stage.write(vm(&format!("{DISKS}{allow}")));
    stage.apply();
    stage.assert_settled();
    assert_eq!(config(&stage, "qemu/9100"), before);
}

/// The same for the mount points of a container.
#[test]
fn a_mount_point_that_no_configuration_named_stays() {
    let Some(stage) = Stage::new("between_unnamed_mount") else { return };
    let named = "  mount_points = { mp0 = { path = \"/a\", storage = \"local-lvm\", size = 1 } }\n";
    let allow = "  started = false\n  allow_data_loss = true\n";
    stage.write(container(allow));
    stage.apply();
    let volumes = json!({ "mp0": "local-lvm:1,mp=/a", "mp1": "local-lvm:2,mp=/b" });
    stage.cluster().put("/nodes/pve1/lxc/9200/config", volumes);
    let before = config(&stage, "lxc/9200");
    stage.write(container(&format!("{named}{allow}")));
    stage.apply();
    stage.assert_settled();
    assert_eq!(config(&stage, "lxc/9200"), before);
}

/// A change of tags switched a guest back on, or off, that somebody had switched since the plan.
#[test]
fn a_change_of_tags_leaves_the_power_alone() {
    let Some(stage) = Stage::new("between_power") else { return };
    for (running, verb) in [(true, "stop"), (false, "start")] {
        let mut kinds = vec![(vm(DISKS), vm(&format!("{DISKS}{TAGS}")), VM, "qemu/9100")];
        kinds.push((container(""), container(TAGS), CONTAINER, "lxc/9200"));
        for (plain, tagged, address, path) in kinds {
            stage.write(&plain);
            stage.apply();
            let post = |verb: &str| {
                stage.cluster().post(&format!("/nodes/pve1/{path}/status/{verb}"), json!({}));
            };
            if !running {
                post("stop");
                stage.apply();
            }
            stage.write(&tagged);
            stage.plan().does(&[(address, "update")]);
            post(verb);
            let requests = stage.requests(|| {
                stage.apply_plan();
            });
            assert_eq!(moves(&requests), Vec::<&str>::new(), "{address} {verb}");
            let status = stage.cluster().get(&format!("/nodes/pve1/{path}/status/current"));
            assert_eq!(status["status"] == "running", !running, "{address}");
            stage.apply();
            stage.assert_settled();
            stage.destroy();
        }
    }
}

/// Somebody left a change waiting since the plan, and a change of tags restarted the VM for it.
#[test]
fn a_restart_that_no_plan_announced_waits() {
    let Some(stage) = Stage::new("between_restart") else { return };
    let reboot = "  reboot = \"if_needed\"\n";
    stage.write(vm(&format!("{DISKS}{reboot}")));
    stage.apply();
    stage.write(vm(&format!("{DISKS}{reboot}{TAGS}")));
    stage.plan().does(&[(VM, "update")]);
    stage.cluster().put("/nodes/pve1/qemu/9100/config", json!({ "kvm": 0 }));
    let requests = stage.requests(|| {
        stage.apply_plan();
    });
    assert_eq!(moves(&requests), Vec::<&str>::new());
    // The next plan says so.
    stage.write(vm(&format!("{DISKS}{reboot}{TAGS}  kvm = false\n")));
    stage.plan().run().warning().says("will be restarted");
    stage.apply();
    stage.assert_settled();
}

/// A guest that was moved since the plan was moved back by a change of tags: a container with a restart.
#[test]
fn a_guest_that_was_moved_since_the_plan_is_not_moved_back() {
    let Some(stage) = Stage::new("between_moved") else { return };
    stage.cluster().put("/storage/nfs", json!({ "content": "images,rootdir" }));
    let shared = |text: String| text.replace("local-lvm", "nfs");
    let mut kinds = vec![(vm(DISKS), vm(&format!("{DISKS}{TAGS}")), VM, "qemu/9100", "online")];
    kinds.push((container(""), container(TAGS), CONTAINER, "lxc/9200", "restart"));
    for (plain, tagged, address, path, how) in kinds {
        stage.write(shared(plain));
        stage.apply();
        stage.write(shared(tagged));
        stage.plan().does(&[(address, "update")]);
        let target = json!({ "target": "pve2", how: 1 });
        stage.cluster().post(&format!("/nodes/pve1/{path}/migrate"), target);
        let requests = stage.requests(|| {
            stage
                .apply_plan_fails()
                .error()
                .says("was moved to pve2")
                .hints("plan again")
                .at("node");
        });
        assert_eq!(moves(&requests), Vec::<&str>::new());
        stage.destroy();
    }
}

/// A guest that was moved to another of its homes since the plan made the apply's answer another one than
/// was planned.
#[test]
fn a_guest_may_move_among_its_homes_at_any_time() {
    let Some(stage) = Stage::new("between_homes") else { return };
    let homes = "  allowed_nodes = [\"pve2\"]\n";
    let shared = DISKS.replace("local-lvm", "nfs");
    stage.write(vm(&format!("{shared}{homes}")));
    stage.apply();
    stage.write(vm(&format!("{shared}{homes}{TAGS}")));
    stage.plan().does(&[(VM, "update")]);
    let target = json!({ "target": "pve2", "online": 1 });
    stage.cluster().post("/nodes/pve1/qemu/9100/migrate", target);
    stage.apply_plan();
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(VM)["current_node"], "pve2");
}

/// A plan said nothing of the restart that a policy or a migration brings.
#[test]
fn a_plan_announces_every_restart() {
    let Some(stage) = Stage::new("between_announced") else { return };
    stage.cluster().put("/storage/nfs", json!({ "content": "images,rootdir" }));
    let always = "  reboot = \"always\"\n";
    let network = "  network = { net0 = { bridge = \"vmbr0\" } }\n";
    let on_nfs = |more: &str| container(more).replace("local-lvm", "nfs");
    stage.write(format!("{}{}", vm(&format!("{DISKS}{always}")), on_nfs(always)));
    stage.apply();
    stage.write(format!("{}{}", vm(&format!("{DISKS}{always}{network}")), on_nfs(always)));
    stage.plan().run().warning().says("will be restarted").says("`network`");
    stage.write(format!(
        "{}{}",
        vm(&format!("{DISKS}{always}")),
        on_nfs(&format!("{always}  memory = 256\n"))
    ));
    stage.plan().run().warning().says("will be restarted").says("`memory`");
    let moved = |reboot: &str| {
        let there =
            on_nfs(reboot).replace("node = \"pve1\"\n  hostname", "node = \"pve2\"\n  hostname");
        stage.write(format!("{}{there}", vm(&format!("{DISKS}{always}"))));
    };
    moved(always);
    stage.plan().run().warning().says("will be restarted").says("pve2").at("node");
    moved("  reboot = \"error\"\n");
    stage.plan_fails().error().says("restart").at("node");
}

/// The server may rename the volumes of a guest that it moves, and the plan had promised the names.
#[test]
fn a_move_leaves_the_names_of_volumes_open() {
    let Some(stage) = Stage::new("between_volumes") else { return };
    let both = || format!("{}{}", vm(DISKS), container(""));
    stage.write(both());
    stage.apply();
    stage.write(
        both()
            .replace("\"pve1\"\n  name", "\"pve2\"\n  name")
            .replace("\"pve1\"\n  hostname", "\"pve2\"\n  hostname"),
    );
    let plan = stage.plan();
    assert_eq!(plan.unknown(VM)["disks"]["scsi0"]["volume"], true, "{}", plan.unknown(VM));
    assert_eq!(plan.unknown(CONTAINER)["rootfs"]["volume"], true);
    stage.apply_plan();
    stage.assert_settled();
}

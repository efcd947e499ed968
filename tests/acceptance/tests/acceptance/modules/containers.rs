//! The module `lxc`, and what Terraform's own words do to its containers and their firewalls.

use acceptance::Stage;
use serde_json::{Value, json};

use super::{guest, output, stage};
use crate::hcl::{file, image};

const DNS_01: &str = r#"module.lxc.onprem_proxmox_container.this["dns-01"]"#;
const DNS_02: &str = r#"module.lxc.onprem_proxmox_container.this["dns-02"]"#;
const OPTIONS: &str = r#"module.lxc.onprem_proxmox_firewall_options.this["dns-01"]"#;
const RULES: &str = r#"module.lxc.onprem_proxmox_firewall_rules.this["dns-01"]"#;
const IMAGE: &str = "onprem_proxmox_image.this";
const CONTAINER: &str = "onprem_proxmox_container.this";
const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// Entries of `lxc_configs`.
const FIRST: &str = r#"{ hostname = "dns-01", template = "alpine", vm_id = 9200, memory = 256, ip_address = "10.20.0.53/24", gateway = "10.20.0.1", firewall = { rules = [{ macro = "DNS", source = "10.20.0.0/24" }] } }"#;
const SECOND: &str = r#"{ hostname = "dns-02", template = "alpine", vm_id = 9201, swap = 0, mount_points = { mp0 = { path = "/srv", storage = "local-lvm", size = 1 } } }"#;

#[test]
fn containers_live_by_their_host_names() {
    let Some(stage) = stage("modules_lxc_lifecycle") else { return };
    let before = stage.lab().inventory();
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    let all = [IMAGE, DNS_01, DNS_02, OPTIONS, RULES];
    stage.plan().does(&all.map(|address| (address, "create")));
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(output(&stage, "container_id"), json!({ "dns-01": 9200, "dns-02": 9201 }));
    assert_eq!(output(&stage, "ip_address")["dns-01"], "10.20.0.53");
    let network = config(&stage, 9200)["net0"].as_str().unwrap().to_owned();
    for part in ["tag=20", "ip=10.20.0.53/24", "gw=10.20.0.1", "firewall=1"] {
        assert!(network.contains(part), "{network}");
    }
    assert!(config(&stage, 9201)["mp0"].as_str().unwrap().contains("mp=/srv"));
    assert_eq!(firewall(&stage, 9200)["options"]["enable"], "1");
    assert_eq!(firewall(&stage, 9200)["rules"].as_array().map(Vec::len), Some(1));
    assert!(firewall(&stage, 9201).is_null());

    stage.write(configuration(&[SECOND, FIRST]));
    stage.assert_settled();

    let larger = FIRST.replace("256", "512").replace("\"DNS\"", "\"HTTPS\"");
    stage.write(configuration(&[&larger, SECOND]));
    stage.plan().does(&[(DNS_01, "update"), (RULES, "update")]);
    stage.apply_plan();
    stage.assert_settled();

    let kept = guest(&stage, 9201);
    stage.write(configuration(&[SECOND]));
    stage.plan().does(&[DNS_01, OPTIONS, RULES].map(|address| (address, "delete")));
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(guest(&stage, 9201), kept);

    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn the_password_of_containers_is_written_nowhere() {
    let Some(stage) = stage("modules_lxc_password") else { return };
    let variable = "variable \"password\" {\n  ephemeral = true\n}\n";
    let with = "  password    = var.password\n  vlan_id ";
    stage.write(format!("{variable}{}", configuration(&[SECOND]).replace("  vlan_id ", with)));
    stage.set("TF_VAR_password", "tops3cret");
    stage.trace();
    stage.init();
    let _ = stage.plan();
    stage.apply_plan();
    stage.assert_settled();
    stage.assert_no_secret(&["tops3cret"]);
}

/// Another host name is another container, unless `moved` says that it is the same.
#[test]
fn a_container_that_is_moved_is_renamed_in_place() {
    let Some(stage) = stage("modules_lxc_moved") else { return };
    stage.write(configuration(&[FIRST]));
    stage.init();
    stage.apply();
    let (made, rules) = (guest(&stage, 9200), firewall(&stage, 9200));
    let renamed = configuration(&[&FIRST.replace("dns-01", "ns-01")]);
    let new = |address: &str| address.replace("dns-01", "ns-01");
    stage.write(&renamed);
    let mut changes = vec![];
    for address in [DNS_01, OPTIONS, RULES] {
        changes.extend([(address.to_owned(), "delete"), (new(address), "create")]);
    }
    let changes: Vec<_> =
        changes.iter().map(|(address, action)| (address.as_str(), *action)).collect();
    stage.plan().does(&changes);

    let moved = [DNS_01, OPTIONS, RULES]
        .map(|address| format!("moved {{\n  from = {address}\n  to   = {}\n}}\n", new(address)));
    stage.write(format!("{renamed}{}", moved.concat()));
    stage.plan().does(&[(&new(DNS_01), "update")]);
    stage.apply_plan();
    stage.assert_settled();
    let now = guest(&stage, 9200);
    assert_eq!(now["config"]["hostname"], "ns-01");
    assert_eq!(now["config"]["rootfs"], made["config"]["rootfs"], "it is the same guest");
    assert_eq!(firewall(&stage, 9200), rules);
}

/// The firewall goes with its container, so that it is made anew with it.
#[test]
fn a_container_is_replaced_with_its_firewall() {
    let Some(stage) = stage("modules_lxc_replace") else { return };
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    stage.apply();
    let (made, other, rules) = (guest(&stage, 9200), guest(&stage, 9201), firewall(&stage, 9200));
    stage.set("TF_CLI_ARGS_plan", format!("-replace='{DNS_01}'"));
    stage.plan().does(&[DNS_01, OPTIONS, RULES].map(|address| (address, "delete+create")));
    stage.set("TF_CLI_ARGS_plan", "");
    stage.apply_plan();
    stage.assert_settled();
    let now = guest(&stage, 9200);
    assert_ne!(now["config"]["description"], made["config"]["description"], "it was made anew");
    assert_eq!(firewall(&stage, 9200), rules);
    assert_eq!(guest(&stage, 9201), other);
}

/// A target brings what it is made from along, and nothing else.
#[test]
fn a_target_leaves_the_other_container_alone() {
    let Some(stage) = stage("modules_lxc_target") else { return };
    stage.write(configuration(&[FIRST, SECOND]));
    stage.init();
    stage.set("TF_CLI_ARGS_plan", format!("-target='{DNS_02}'"));
    stage.plan().does(&[IMAGE, DNS_02].map(|address| (address, "create")));
    stage.set("TF_CLI_ARGS_plan", "");
    stage.apply_plan();
    assert!(guest(&stage, 9200).is_null());
    stage.plan().does(&[DNS_01, OPTIONS, RULES].map(|address| (address, "create")));
    stage.apply_plan();
    stage.assert_settled();
}

/// What a configuration ignores is as others have it.
#[test]
fn ignored_changes_of_a_container_are_left_alone() {
    let Some(stage) = Stage::new("lxc_ignore_changes") else { return };
    let ignoring = |memory: u32, more: &str| {
        let arguments = format!("  vm_id = 9200\n  memory = {memory}\n  tags = [\"dns\"]\n{more}");
        container(&arguments, "ignore_changes = [memory, tags]")
    };
    stage.write(ignoring(256, ""));
    stage.apply();
    stage.assert_settled();
    let path = "/nodes/pve1/lxc/9200/config";
    stage.cluster().put(path, json!({ "memory": "1024", "tags": "mine" }));
    let theirs = config(&stage, 9200);
    stage.plan().does(&[]);
    stage.write(ignoring(2048, ""));
    stage.plan().does(&[]);
    stage.apply();
    assert_eq!(config(&stage, 9200), theirs);

    // What is not ignored is changed, and takes nothing else along.
    stage.write(ignoring(2048, "  on_boot = true\n"));
    stage.plan().does(&[(CONTAINER, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    let now = config(&stage, 9200);
    assert_eq!(now["onboot"], 1, "{now:#}");
    assert_eq!(now["memory"], theirs["memory"], "{now:#}");
    assert_eq!(now["tags"], theirs["tags"], "{now:#}");
}

/// An update that had nothing to do with addresses answered with others than planned.
#[test]
fn an_address_that_others_changed_waits_for_its_own_change() {
    let Some(stage) = Stage::new("lxc_address") else { return };
    let network = |address: &str| format!("name=eth0,bridge=vmbr0,ip={address}/24");
    let arguments = "  vm_id = 9200\n  network = { net0 = { name = \"eth0\", bridge = \"vmbr0\", \
                     ipv4_address = \"10.20.0.53/24\" } }\n";
    let ignoring =
        |more: &str| container(&format!("{arguments}{more}"), "ignore_changes = [network]");
    stage.write(ignoring(""));
    stage.apply();
    stage.assert_settled();
    let addresses = || stage.state().attributes(CONTAINER)["ip_addresses"].clone();
    let told = addresses();
    let path = "/nodes/pve1/lxc/9200";
    stage.cluster().put(&format!("{path}/config"), json!({ "net0": network("10.20.0.54") }));
    stage.cluster().post(&format!("{path}/status/reboot"), json!({}));
    stage.changes_in_place(CONTAINER, ignoring("  tags = [\"dns\"]\n"));
    assert_eq!(addresses(), told);
    stage.changes_in_place(CONTAINER, ignoring("  started = false\n"));
    assert_eq!(addresses(), json!([]), "who is stopped has none");
}

#[test]
fn the_next_container_is_there_before_the_old_one_goes() {
    let Some(stage) = Stage::new("lxc_create_before_destroy") else { return };
    stage.write(container("", "create_before_destroy = true"));
    stage.apply();
    let old = stage.state().attributes(CONTAINER)["vm_id"].as_u64().unwrap();
    stage.set("TF_CLI_ARGS_plan", format!("-replace={CONTAINER}"));
    let plan = stage.plan();
    plan.does(&[(CONTAINER, "create+delete")]);
    assert_eq!(plan.unknown(CONTAINER)["vm_id"], true, "the number is not known before");
    stage.set("TF_CLI_ARGS_plan", "");
    let requests = stage.requests(|| {
        stage.apply_plan();
    });
    stage.assert_settled();
    let new = stage.state().attributes(CONTAINER)["vm_id"].as_u64().unwrap();
    assert_ne!(new, old);
    assert!(guest(&stage, old).is_null() && !guest(&stage, new).is_null());
    let place = |wanted: &str| requests.iter().position(|request| request == wanted);
    let made = place("POST /nodes/pve1/lxc").expect("it is made");
    let removed = place(&format!("DELETE /nodes/pve1/lxc/{old}")).expect("the old one goes");
    assert!(made < removed, "{requests:#?}");
}

#[test]
fn a_container_keeps_its_number_from_its_successor() {
    let Some(stage) = Stage::new("lxc_one_number_twice") else { return };
    stage.write(container("  vm_id = 9200\n", "create_before_destroy = true"));
    stage.apply();
    let made = guest(&stage, 9200);
    stage.set("TF_CLI_ARGS_plan", format!("-replace={CONTAINER}"));
    let _ = stage.plan();
    stage.apply_plan_fails().error().says("Number 9200 is taken").at("vm_id");
    assert_eq!(guest(&stage, 9200), made);
}

#[test]
fn a_container_that_must_not_be_destroyed_is_not() {
    let Some(stage) = Stage::new("lxc_prevent_destroy") else { return };
    let prevent = |arguments: &str| container(arguments, "prevent_destroy = true");
    stage.write(prevent("  vm_id = 9200\n"));
    stage.apply();
    let made = guest(&stage, 9200);
    stage.set("TF_CLI_ARGS_plan", "-destroy");
    stage.plan_fails().error().says("Instance cannot be destroyed");
    stage.set("TF_CLI_ARGS_plan", "");
    // Other rights of its root would replace it.
    stage.write(prevent("  vm_id = 9200\n  unprivileged = false\n"));
    stage.apply_fails().error().says("Instance cannot be destroyed");
    assert_eq!(guest(&stage, 9200), made);

    stage.changes_in_place(CONTAINER, prevent("  vm_id = 9200\n  on_boot = true\n"));
}

/// The server refuses to remove it, so it must not be shut down for that either.
#[test]
fn a_protected_container_goes_on_running() {
    let Some(stage) = Stage::new("lxc_protected") else { return };
    let protected = "  vm_id = 9200\n  protection = true\n";
    stage.write(container(protected, "create_before_destroy = false"));
    stage.apply();
    let made = guest(&stage, 9200);
    assert_eq!(made["running"], true);
    stage.write(alpine());
    stage.apply_fails().error().says("protect");
    assert_eq!(guest(&stage, 9200), made);
}

/// Alpine's template on `pve1`.
pub(super) fn alpine() -> String {
    image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ))
}

/// The template and containers by their module.
fn configuration(lxc_configs: &[&str]) -> String {
    format!(
        r#"{}
module "lxc" {{
  source      = "./modules/lxc"
  node        = "pve1"
  vlan_id     = 20
  templates   = {{ alpine = {IMAGE}.volume_id }}
  lxc_configs = [{}]
}}

output "container_id" {{
  value = module.lxc.container_id
}}

output "ip_address" {{
  value = module.lxc.ip_address
}}
"#,
        alpine(),
        lxc_configs.join(", ")
    )
}

/// A container without a module, with further arguments and one for its `lifecycle`.
fn container(arguments: &str, lifecycle: &str) -> String {
    format!(
        "{}resource \"onprem_proxmox_container\" \"this\" {{\n  node = \"pve1\"\n  hostname = \
         \"dns\"\n  template = {IMAGE}.volume_id\n  rootfs = {{ storage = \"local-lvm\", size = 1 \
         }}\n{arguments}\n  lifecycle {{\n    {lifecycle}\n  }}\n}}\n",
        alpine()
    )
}

fn config(stage: &Stage, vm_id: u64) -> Value {
    stage.cluster().get(&format!("/nodes/pve1/lxc/{vm_id}/config"))
}

/// The firewall of a guest as the lab keeps it; null when there is none.
fn firewall(stage: &Stage, vm_id: u64) -> Value {
    stage.lab().inventory()["firewall"]["guests"][vm_id.to_string()].clone()
}

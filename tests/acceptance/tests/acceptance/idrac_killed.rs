//! A provider that is killed while a job runs: the next apply follows that job and starts no second one.

use acceptance::Stage;
use onprem_lab::{Effect, Fault, When};

use crate::idrac::{
    DIAGNOSTICS, FIRMWARE, assert_no_restart, bios, diagnostics, eventually, firmware, firmware_of,
    jobs, server, stage, version,
};

#[test]
fn while_a_job_downloads_or_installs() {
    for state in ["Downloading", "Running"] {
        let Some(stage) = stage(&format!("idrac_killed_{state}")) else { return };
        stage.write(firmware(&diagnostics("4301A79")));
        kill_when(&stage, state);
        assert!(!stage.state().has(FIRMWARE));
        stage.lab().clock().set_factor(20.0);
        stage.apply();
        assert_eq!(jobs(&stage).len(), 1, "no second job: {:?}", jobs(&stage));
        assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
        stage.assert_settled();
        assert_no_restart(&stage);
    }
}

#[test]
fn while_a_job_waits_for_the_restart() {
    let Some(stage) = stage("idrac_killed_staged") else { return };
    stage.write(firmware(&bios("1.14.1")));
    kill_when(&stage, "Downloading");
    stage.lab().clock().set_factor(1000.0);
    eventually("the staging", || jobs(&stage)[0]["state"] == "Scheduled");
    let run = stage.apply();
    let told = run.warnings().iter().any(|one| one.summary.contains("is staged already"));
    assert!(told, "{run}");
    assert_eq!(jobs(&stage).len(), 1);
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "staged");
    stage.assert_settled();
    assert_no_restart(&stage);
    stage.reset_host("r750-01");
    eventually("the update in POST", || version(&stage, crate::idrac::BIOS) == "1.14.1");
    stage.refresh();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "done");
}

/// The request that starts the job: before and after it has its effect.
#[test]
fn at_the_request_that_starts_the_job() {
    for when in [When::Before, When::After] {
        let Some(stage) = stage(&format!("idrac_killed_start_{when:?}")) else { return };
        stage.write(firmware(&diagnostics("4301A79")));
        let fault = Fault::new(Effect::Stall { when }).method("POST").path("SimpleUpdate$");
        let (running, held) = stage.apply_until(fault);
        let (number, _) = held.expect("an update is started");
        running.kill_provider();
        let _ = running.finish();
        stage.lab().faults().abort(number);
        stage.lab().faults().disarm(number);
        stage.apply();
        assert_eq!(jobs(&stage).len(), 1, "{when:?}: {:?}", jobs(&stage));
        stage.assert_settled();
        assert_no_restart(&stage);
    }
}

/// The host shut down for the restart that the first apply had ordered, and got a second one.
#[test]
fn while_the_host_shuts_down() {
    let Some(stage) = stage("idrac_killed_shutdown") else { return };
    let config = firmware_of("r750-01", &bios("1.14.1"), "reboot = \"if_needed\"");
    stage.write(config);
    let (running, held) = stage.apply_until(
        Fault::new(Effect::Stall { when: When::After }).method("POST").path("SetupJobQueue$"),
    );
    let (number, _) = held.expect("the host is restarted");
    stage.lab().clock().freeze();
    running.kill_provider();
    let _ = running.finish();
    stage.lab().faults().abort(number);
    stage.lab().faults().disarm(number);
    assert_no_restart(&stage);
    let mark = stage.lab().requests().mark();
    let mut running = stage.start_apply();
    eventually("the look at the restart", || {
        let requests = stage.lab().requests().since(mark);
        running.ended()
            || requests
                .iter()
                .any(|one| one.path.contains("/RID_") || one.path.ends_with("SetupJobQueue"))
    });
    stage.lab().clock().resume();
    let _ = running.finish().succeeded();
    assert_eq!(version(&stage, crate::idrac::BIOS), "1.14.1");
    assert_eq!(
        server(&stage, "r750-01")["boots"],
        1,
        "{}",
        server(&stage, "r750-01")["power_events"]
    );
    assert_eq!(jobs(&stage).len(), 1);
    stage.assert_settled();
}

/// Ctrl-C while a job runs: Terraform ends in good order, the session is deleted, and the job goes on and
/// is followed by the next apply.
#[test]
fn a_stop_while_a_job_runs() {
    for made in [false, true] {
        let Some(stage) = stage(&format!("idrac_stopped_{made}")) else { return };
        if made {
            stage.write(firmware("\"25806\" = { version = \"4301A74\" }"));
            stage.apply();
        }
        stage.write(firmware(&diagnostics("4301A79")));
        stage.lab().clock().set_factor(20.0);
        let mut running = stage.start_apply();
        eventually("the job", || {
            assert!(!running.ended(), "the apply ended before its job ran");
            jobs(&stage).iter().any(|job| job["state"] == "Running")
        });
        stage.lab().clock().freeze();
        running.interrupt();
        let run = running.finish().failed();
        assert!(run.errors().iter().any(|one| one.detail.contains("asked to stop")), "{run}");
        assert_eq!(stage.state().has(FIRMWARE), made);
        assert_eq!(server(&stage, "r750-01")["sessions"], 0, "sessions are deleted");
        stage.lab().clock().resume();
        stage.lab().clock().set_factor(1000.0);
        stage.apply();
        assert_eq!(jobs(&stage).len(), 1, "no second job: {:?}", jobs(&stage));
        assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
        stage.assert_settled();
        assert_no_restart(&stage);
    }
}

/// Start an apply and kill the provider when its job is in a state.
fn kill_when(stage: &Stage, state: &str) {
    stage.lab().clock().set_factor(5.0);
    let mut running = stage.start_apply();
    eventually("the job", || {
        assert!(!running.ended(), "the apply ended before its job was {state}");
        jobs(stage).iter().any(|job| job["state"] == state)
    });
    running.kill_provider();
    let _ = running.finish();
}

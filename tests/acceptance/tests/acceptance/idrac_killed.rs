//! A provider that is killed while a job runs: the next apply follows that job and starts no second one.

use acceptance::Stage;
use onprem_lab::{Effect, Fault, When};

use crate::idrac::{
    DIAGNOSTICS, FIRMWARE, assert_no_restart, bios, diagnostics, eventually, firmware, jobs, stage,
    version,
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

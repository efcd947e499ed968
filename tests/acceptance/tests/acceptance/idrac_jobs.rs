//! The iDRAC restarts while a job runs: unasked, and for its own update.

use onprem_lab::{Effect, Fault};

use crate::idrac::{
    DIAGNOSTICS, FIRMWARE, assert_no_restart, bios, component, diagnostics, firmware, server,
    stage, version,
};

const IDRAC: &str = "iDRAC.Embedded.1-1";

#[test]
fn an_idrac_that_restarts_while_it_downloads() {
    let Some(stage) = stage("idrac_restart_downloading") else { return };
    // Slow enough that the restart lasts some seconds.
    stage.lab().clock().set_factor(50.0);
    let restart = Effect::IdracRestart { state: Some("Downloading".to_owned()) };
    stage.fault(Fault::new(restart).count(1));
    stage.write(firmware(&diagnostics("4301A79")));
    stage.apply();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
    assert_eq!(server(&stage, "r750-01")["idrac_restarts"], 1);
    stage.assert_settled();
    assert_no_restart(&stage);
}

#[test]
fn an_idrac_that_restarts_while_an_update_waits() {
    let Some(stage) = stage("idrac_restart_waiting") else { return };
    stage.lab().clock().set_factor(100.0);
    stage.write(firmware(&bios("1.14.1")));
    let restart = Effect::IdracRestart { state: Some("Scheduled".to_owned()) };
    stage.fault(Fault::new(restart).count(1));
    stage.apply();
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "staged");
    assert_eq!(server(&stage, "r750-01")["idrac_restarts"], 1);
    assert_no_restart(&stage);
}

#[test]
fn an_idrac_that_updates_itself_comes_last_and_comes_back() {
    let Some(stage) = stage("idrac_itself") else { return };
    stage.lab().clock().set_factor(100.0);
    let idrac =
        component("25227", "7.10.50.00", "iDRAC-with-Lifecycle-Controller_R750_WN64_7.10.50.00");
    stage.write(firmware(&format!("{idrac}\n    {}", diagnostics("4301A79"))));
    stage.plan().run().warning().says("the iDRAC restarts, the host does not");
    stage.apply();
    assert_eq!(version(&stage, IDRAC), "7.10.50.00");
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
    assert_eq!(server(&stage, "r750-01")["idrac_restarts"], 1);
    let updates = stage.lab().requests().all();
    let starts = updates.iter().filter(|one| one.path.ends_with("UpdateService.SimpleUpdate"));
    assert_eq!(starts.count(), 2);
    stage.assert_settled();
    assert_no_restart(&stage);
}

#[test]
fn a_plain_idrac_image_is_installed() {
    let Some(stage) = stage("idrac_d9") else { return };
    let image = "http://images.example.com/firmware/iDRAC_R750_7.10.50.00.d9";
    stage.write(firmware(&format!("iDRAC = {{ version = \"7.10.50.00\", image = \"{image}\" }}")));
    stage.apply();
    assert_eq!(version(&stage, IDRAC), "7.10.50.00");
    stage.assert_settled();
}

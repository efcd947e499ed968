//! What goes wrong with firmware, and what is said about it.

use onprem_lab::{Effect, Fault};

use crate::idrac::{
    DIAGNOSTICS, FIRMWARE, assert_no_restart, bios, component, diagnostics, eventually, firmware,
    firmware_of, jobs, package, server, stage, version,
};

#[test]
fn a_failed_download_says_what_the_idrac_said() {
    let Some(stage) = stage("idrac_download") else { return };
    stage.write(firmware(&diagnostics("4301A79")));
    let fault = stage.fault(Fault::new(Effect::DownloadFailure { message_id: None }));
    let run = stage.apply_fails();
    run.error()
        .says("Could not create onprem_idrac_firmware")
        .says("RED006")
        .hints("can it resolve and reach the web server");
    assert!(!stage.state().has(FIRMWARE), "nothing was made");
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A74");
    stage.lab().faults().disarm(fault);
    stage.apply();
    stage.assert_settled();
    assert_no_restart(&stage);
}

#[test]
fn a_failed_job_leaves_the_state_as_it_was() {
    let Some(stage) = stage("idrac_job_failed") else { return };
    stage.write(firmware(&diagnostics("4301A79")));
    stage.apply();
    let failure = Effect::JobFailure { component: None, message_id: None, state: None };
    let fault = stage.fault(Fault::new(failure));
    stage.write(firmware_of("r750-01", &diagnostics("4301A70"), ""));
    stage.apply_fails().error().says("ended as Failed").says("PR21");
    assert_eq!(
        stage.state().attributes(FIRMWARE)["components"]["25806"]["installed_version"],
        "4301A79"
    );
    stage.lab().faults().disarm(fault);
    stage.apply();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A70");
    stage.assert_settled();
    assert_no_restart(&stage);
}

#[test]
fn a_job_that_is_stuck_for_good_is_no_staged_one() {
    let Some(stage) = stage("idrac_stuck") else { return };
    stage.fault(Fault::new(Effect::JobStuck { message_id: None, state: None }));
    stage.write(firmware(&bios("1.14.1")));
    stage.apply_fails().error().says("is Scheduled").says("PR30").hints("out of the queue");
    assert!(!stage.state().has(FIRMWARE));
    assert_no_restart(&stage);
}

#[test]
fn a_component_that_is_there_twice_is_an_error() {
    let Some(stage) = stage("idrac_twice") else { return };
    let same = "\"159\" = { version = \"1.13.2\" }";
    stage.write(firmware(&format!(
        "{}
    {same}",
        bios("1.14.1")
    )));
    stage.plan_fails().error().says("`159` and `BIOS` are the same component");
}

#[test]
fn a_staged_job_that_fails_after_the_restart_is_told_and_tried_again() {
    let Some(stage) = stage("idrac_staged_failed") else { return };
    stage.write(firmware(&bios("1.14.1")));
    stage.apply();
    let failure = Effect::JobFailure { component: None, message_id: None, state: None };
    let fault = stage.fault(Fault::new(failure));
    stage.reset_host("r750-01");
    eventually("the failure in POST", || jobs(&stage)[0]["state"] == "Failed");
    stage.lab().faults().disarm(fault);
    let plan = stage.plan();
    plan.does(&[(FIRMWARE, "update")]);
    let warnings = plan.run().warnings();
    assert!(warnings.iter().any(|one| one.summary.contains("staged update of BIOS failed")));
    stage.apply();
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "staged");
    stage.assert_settled();
}

#[test]
fn a_job_that_claims_what_did_not_happen_is_no_success() {
    let Some(stage) = stage("idrac_claims") else { return };
    stage.write(firmware(&component("25806", "4301A70", "Diagnostics_R750_WN64_4301A79")));
    stage
        .apply_fails()
        .error()
        .says("The image does not bring .* 4301A70")
        .says("has version 4301A79 now");
    assert_no_restart(&stage);
}

#[test]
fn an_image_that_can_be_looked_into_is_checked_in_the_plan() {
    let Some(stage) = stage("idrac_looked_into") else { return };
    let before = stage.lab().inventory();
    let here = |url: String| url.replace("http://images.example.com", &stage.lab().web_url());
    let wrong = here(component("BIOS", "1.14.1", "BIOS_R750_WN64_1.12.1"));
    stage.write(firmware(&wrong));
    stage
        .plan_fails()
        .error()
        .says("The image does not bring BIOS 1.14.1")
        .says("It brings version 1.12.1");
    let other = here(component("BIOS", "1.14.1", "CPLD_R750_WN64_1.0.8"));
    stage.write(firmware(&other));
    stage.plan_fails().error().says("The image is not for BIOS").says("27763");
    stage.write(firmware(&here(bios("1.14.1"))));
    stage.apply();
    let mut after = stage.lab().inventory();
    assert_eq!(jobs(&stage).len(), 1);
    after["servers"]["r750-01"]["jobs"] = before["servers"]["r750-01"]["jobs"].clone();
    assert_eq!(after, before, "the plans that failed left nothing");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let Some(stage) = stage("idrac_missing") else { return };
    stage.write(firmware("raid = { version = \"1\" }"));
    stage
        .plan_fails()
        .error()
        .says("has no component `raid`")
        .says("PERC H755 Front \\(104298, RAID.SL.3-1\\)");
    stage.write(firmware_of("r999", "BIOS = { version = \"1\" }", ""));
    stage
        .plan_fails()
        .error()
        .says("no server `r999`")
        .says("It names `r750-01`, `r770-01`")
        .at("server");
    stage.write(firmware("BIOS = { version = \"1.14.1\" }"));
    stage.plan_fails().error().says("There is no image of BIOS 1.14.1").hints("set `image`");
}

#[test]
fn a_cpld_is_updated_alone() {
    let Some(stage) = stage("idrac_cpld") else { return };
    let cpld = component("CPLD", "1.0.8", "CPLD_R750_WN64_1.0.8");
    let both = format!("{}\n    {cpld}", bios("1.14.1"));
    stage.write(firmware(&both));
    stage.plan_fails().error().says("A CPLD is updated alone");
    stage.write(firmware_of("r750-01", &both, "reboot = \"if_needed\""));
    stage.apply();
    assert_eq!(version(&stage, "CPLD.Embedded.1"), "1.0.8");
    assert_eq!(server(&stage, "r750-01")["boots"], 2);
    stage.assert_settled();
}

/// A network adapter under a name that comes after `CPLD`.
fn nic() -> String {
    let image = package("Network-BCM_R750_WN64_22.71.3");
    format!("nic = {{ component = \"108255\", version = \"22.71.3\", image = \"{image}\" }}")
}

/// A CPLD's update was staged beside one that waited already, whoever had staged that.
#[test]
fn a_cpld_is_not_staged_beside_what_waits_already() {
    let cpld = component("CPLD", "1.0.8", "CPLD_R750_WN64_1.0.8");
    for (first, second) in [(nic(), cpld.clone()), (cpld, nic())] {
        let Some(stage) = stage("idrac_cpld_beside") else { return };
        stage.write(firmware(&first));
        stage.apply();
        stage.write(firmware(&format!("{first}\n    {second}")));
        stage.plan_fails().error().says("A CPLD is updated alone");
        // What somebody else has staged is seen in the queue.
        stage.forget(FIRMWARE);
        stage.write(firmware(&second));
        stage.apply_fails().error().says("A CPLD is updated alone").says("JID_");
        assert_eq!(jobs(&stage).len(), 1, "{:?}", jobs(&stage));
        assert_no_restart(&stage);
    }
}

/// A host that is off was said to be restarted by every plan, and a CPLD was staged with the others.
#[test]
fn a_host_that_is_off_stays_off() {
    let Some(stage) = stage("idrac_off") else { return };
    stage.controller("r750-01").reset("ForceOff");
    let cpld = component("CPLD", "1.0.8", "CPLD_R750_WN64_1.0.8");
    let restart = "reboot = \"if_needed\"";
    stage.write(firmware_of("r750-01", &format!("{}\n    {cpld}", nic()), restart));
    stage.apply_fails().error().says("A CPLD is updated alone");
    assert_eq!(jobs(&stage).len(), 0);
    stage.write(firmware_of("r750-01", &bios("1.14.1"), restart));
    let run = stage.apply();
    assert!(run.warnings().iter().any(|one| one.summary.contains("is off")), "{run}");
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "staged");
    stage.assert_settled();
    assert_eq!(server(&stage, "r750-01")["boots"], 0);
}

/// The apply failed for what the plan had let pass: nothing new was needed.
#[test]
fn what_waits_already_is_no_error_of_reboot() {
    let Some(stage) = stage("idrac_error_staged") else { return };
    stage.write(firmware(&bios("1.14.1")));
    stage.apply();
    stage.write(firmware_of("r750-01", &bios("1.14.1"), "reboot = \"error\""));
    stage.apply();
    stage.assert_settled();
    assert_eq!(jobs(&stage).len(), 1);
    assert_no_restart(&stage);
}

/// A component left the configuration, and its staged update happened unannounced.
#[test]
fn what_is_staged_and_not_managed_any_more_is_told() {
    let Some(stage) = stage("idrac_unmanaged") else { return };
    let diagnostics = "\"25806\" = { version = \"4301A74\" }";
    stage.write(firmware(&format!("{}\n    {diagnostics}", bios("1.14.1"))));
    stage.apply();
    stage.write(firmware(diagnostics));
    let run = stage.apply();
    let told = run.warnings().iter().any(|one| one.detail.contains("still happens"));
    assert!(told, "{run}");
    stage.assert_settled();
}

/// Another version was wanted while the staged one was being written: its job was to be deleted.
#[test]
fn an_update_that_runs_is_not_taken_out_of_the_queue() {
    let Some(stage) = stage("idrac_replaced_late") else { return };
    stage.write(firmware(&bios("1.14.1")));
    stage.apply();
    stage.lab().clock().set_factor(1000.0);
    stage.reset_host("r750-01");
    eventually("the writing", || jobs(&stage)[0]["state"] == "Running");
    stage.lab().clock().freeze();
    let older = "BIOS = { version = \"1.12.1\", image = \"http://images.example.com/firmware/\
                 BIOS_R750_WN64_1.12.1.EXE\" }";
    stage.write(firmware_of("r750-01", older, "allow_downgrade = true"));
    let mark = stage.lab().requests().mark();
    let mut running = stage.start_apply();
    // The refresh, the plan and the apply look at it, and then the apply waits.
    eventually("the wait", || {
        let requests = stage.lab().requests().since(mark);
        running.ended() || requests.iter().filter(|one| one.path.contains("/JID_")).count() > 5
    });
    stage.lab().clock().resume();
    let _ = running.finish().succeeded();
    let jobs = jobs(&stage);
    assert_eq!((&jobs[0]["state"], jobs.len()), (&"Completed".into(), 2), "{jobs:?}");
    assert_eq!(version(&stage, crate::idrac::BIOS), "1.14.1");
    stage.assert_settled();
}

#[test]
fn a_lifecycle_controller_that_is_not_ready_is_waited_for() {
    let Some(stage) = stage("idrac_not_ready") else { return };
    let fault = stage.fault(Fault::new(Effect::LcNotReady));
    stage.write(firmware_of("r750-01", &diagnostics("4301A79"), "timeouts = { create = \"3s\" }"));
    stage
        .apply_fails()
        .error()
        .says("waiting for the Lifecycle Controller to be ready")
        .hints("`timeouts`");
    assert_eq!(jobs(&stage).len(), 0);
    stage.write(firmware(&diagnostics("4301A79")));
    let mark = stage.lab().requests().mark();
    let running = stage.start_apply();
    eventually("the wait", || {
        let requests = stage.lab().requests().since(mark);
        requests.iter().filter(|one| one.path.contains("GetRemoteServicesAPIStatus")).count() > 1
    });
    assert_eq!(jobs(&stage).len(), 0);
    stage.lab().faults().disarm(fault);
    let _ = running.finish().succeeded();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
    stage.assert_settled();
}

/// An iDRAC that is busy was asked until the time was up, and the error did not say with what it is busy.
#[test]
fn a_busy_idrac_says_with_which_jobs() {
    let Some(stage) = stage("idrac_busy") else { return };
    let job = stage.controller("r750-01").start_update(&package("BIOS_R750_WN64_1.14.1"));
    let state = || server(&stage, "r750-01")["jobs"][&job]["state"].clone();
    eventually("the job waits", || state() == "Scheduled");
    let busy = Effect::Status { status: 400, message: Some("RAC0679".into()) };
    let fault = stage.fault(Fault::new(busy).method("POST").path("SimpleUpdate$"));
    stage.write(firmware_of("r750-01", &diagnostics("4301A79"), "timeouts = { create = \"12s\" }"));
    stage
        .apply_fails()
        .error()
        .says("RAC0679")
        .says(&format!("In its queue: {job} \\(Firmware Update: BIOS\\) is Scheduled"))
        .hints(&format!("onprem_idrac_job_cancel.*server = \"r750-01\", job_id = \"{job}\""))
        .at("components");
    assert!(!stage.state().has(FIRMWARE));
    stage.lab().faults().disarm(fault);
    stage.write(firmware(&diagnostics("4301A79")));
    stage.apply();
    assert_eq!((version(&stage, DIAGNOSTICS).as_str(), state()), ("4301A79", "Scheduled".into()));
    assert_no_restart(&stage);
}

#[test]
fn a_plan_that_needs_a_restart_fails_where_reboot_says_so() {
    let Some(stage) = stage("idrac_reboot_error") else { return };
    stage.write(firmware_of("r750-01", &bios("1.14.1"), "reboot = \"error\""));
    stage.plan_fails().error().says("needs a restart of the host").at("reboot");
    stage.write(firmware_of("r750-01", &diagnostics("4301A79"), "reboot = \"error\""));
    stage.apply();
    stage.assert_settled();
}

#[test]
fn errors_of_the_system_name_the_provider_block() {
    let Some(stage) = stage("idrac_access") else { return };
    stage.write(firmware("BIOS = { version = \"1.13.2\" }"));
    let block = stage.provider_block();
    let certificate = block.lines().find(|line| line.contains("ca_certificate")).unwrap();
    stage.provider(&block.replace(certificate, ""));
    stage
        .plan_fails()
        .error()
        .says("The iDRAC's certificate is not trusted")
        .hints("idrac.fingerprints");
    stage.provider(&block);
    stage.set("IDRAC_PASSWORD", "wrong-password-of-the-test");
    let run = stage.plan_fails();
    run.error().says("The iDRAC refused the credentials").hints("idrac.password");
    stage.assert_no_secret(&["wrong-password-of-the-test"]);
    stage.set("IDRAC_PASSWORD", "");
    stage.plan_fails().error().says("has no credentials").says("IDRAC_PASSWORD");
    stage.provider("provider \"onprem\" {}");
    stage.plan_fails().error().says("No iDRAC is configured").hints("idrac = \\{");
}

#[test]
fn without_room_for_a_session_it_works_all_the_same() {
    let Some(stage) = stage("idrac_sessions") else { return };
    stage.fault(Fault::new(Effect::SessionLimit));
    stage.write(firmware(&diagnostics("4301A79")));
    stage.apply();
    stage.assert_settled();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
}

#[test]
fn no_password_is_in_state_plan_or_log() {
    let Some(stage) = stage("idrac_secrets") else { return };
    stage.trace();
    stage.write(firmware(&format!("{}\n    {}", diagnostics("4301A79"), bios("1.14.1"))));
    let _ = stage.plan();
    stage.apply_plan();
    stage.write(firmware(&component("25806", "1", "Diagnostics_R750_WN64_4301A70")));
    let _ = stage.apply_fails();
    stage.assert_no_secret(&[stage.lab().idrac_password()]);
    assert!(package("BIOS_R750_WN64_1.14.1").starts_with("http://images"));
}

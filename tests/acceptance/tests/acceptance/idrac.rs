//! Firmware of the lab's servers: update, drift, nothing to do, staged and done, and that no host is
//! restarted unasked.

use std::fs;
use std::time::{Duration, Instant};

use acceptance::Stage;
use onprem_lab::images;
use serde_json::{Value, json};

pub(crate) const FIRMWARE: &str = "onprem_idrac_firmware.this";
pub(crate) const DIAGNOSTICS: &str = "Diagnostics.Embedded.1:LC.Embedded.1";
pub(crate) const BIOS: &str = "BIOS.Setup.1-1";

/// A stage whose provider knows the lab's servers.
pub(crate) fn stage(name: &str) -> Option<Stage> {
    Stage::new(name).inspect(know_servers)
}

/// Tell the provider of a stage of the lab's servers.
pub(crate) fn know_servers(stage: &Stage) {
    let server = |(name, endpoint)| format!("      \"{name}\" = {{ endpoint = \"{endpoint}\" }}\n");
    let servers: String = stage.lab().idracs().into_iter().map(server).collect();
    let username = stage.lab().idrac_username();
    stage.provider(&format!(
        "provider \"onprem\" {{\n  idrac = {{\n    username       = \"{username}\"\n    ca_certificate = \
         \"${{path.module}}/ca.pem\"\n    servers = {{\n{servers}    }}\n  }}\n}}\n"
    ));
    stage.set("IDRAC_PASSWORD", stage.lab().idrac_password());
}

/// Firmware of r750-01.
pub(crate) fn firmware(components: &str) -> String {
    firmware_of("r750-01", components, "")
}

pub(crate) fn firmware_of(server: &str, components: &str, more: &str) -> String {
    format!(
        "resource \"onprem_idrac_firmware\" \"this\" {{\n  server = \"{server}\"\n  components = {{\n    \
         {components}\n  }}\n  {more}\n}}\n"
    )
}

/// A package of the lab, under a name that only the servers can resolve.
pub(crate) fn package(name: &str) -> String {
    let file = format!("firmware/{name}.EXE");
    assert!(images().iter().any(|image| image.name == file), "the lab has no {file}");
    format!("http://images.example.com/{file}")
}

pub(crate) fn component(key: &str, version: &str, file: &str) -> String {
    format!("\"{key}\" = {{ version = \"{version}\", image = \"{}\" }}", package(file))
}

pub(crate) fn bios(version: &str) -> String {
    component("BIOS", version, &format!("BIOS_R750_WN64_{version}"))
}

pub(crate) fn diagnostics(version: &str) -> String {
    component("25806", version, &format!("Diagnostics_R750_WN64_{version}"))
}

/// What the lab says of a server.
pub(crate) fn server(stage: &Stage, name: &str) -> Value {
    stage.lab().inventory()["servers"][name].clone()
}

pub(crate) fn version(stage: &Stage, fqdd: &str) -> String {
    server(stage, "r750-01")["firmware"][fqdd]["version"].as_str().unwrap().to_owned()
}

/// The firmware jobs of r750-01.
pub(crate) fn jobs(stage: &Stage) -> Vec<Value> {
    let jobs = server(stage, "r750-01")["jobs"].as_object().unwrap().clone();
    let firmware = |job: &Value| job["type"].as_str().unwrap().starts_with("Firmware");
    jobs.into_iter().map(|(_, job)| job).filter(firmware).collect()
}

/// Check that nobody touched the power of any host.
pub(crate) fn assert_no_restart(stage: &Stage) {
    for name in ["r750-01", "r770-01"] {
        let server = server(stage, name);
        assert_eq!(server["boots"], 0, "{name} was restarted: {}", server["power_events"]);
        assert_eq!(server["power_events"], json!([]), "{name}");
    }
}

/// Wait for something that the lab does in the background.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what} does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Requests that may change something: everything but reading, logging in and asking for readiness.
pub(crate) fn changes(requests: &[String]) -> Vec<&String> {
    let harmless = |request: &&String| {
        request.starts_with("GET ")
            || request.contains("/SessionService/Sessions")
            || request.contains("GetRemoteServicesAPIStatus")
    };
    requests.iter().filter(|request| !harmless(request)).collect()
}

#[test]
fn what_needs_no_restart_is_updated_at_once() {
    let Some(stage) = stage("idrac_direct") else { return };
    stage.write(firmware(&diagnostics("4301A79")));
    let plan = stage.plan();
    plan.does(&[(FIRMWARE, "create")]);
    plan.run()
        .warning()
        .says("Firmware of r750-01 will be updated")
        .says("4301A74 -> 4301A79, at once")
        .says("No restart of the host is needed");
    stage.apply();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
    let state = stage.state();
    let state = state.attributes(FIRMWARE);
    assert_eq!((&state["state"], &state["pending_reboot"]), (&json!("done"), &json!(false)));
    assert_eq!(state["components"]["25806"]["installed_version"], "4301A79");
    assert_eq!(state["id"], "r750-01");
    stage.assert_settled();
    assert_no_restart(&stage);
    assert_eq!(server(&stage, "r750-01")["sessions"], 0, "sessions are deleted");
}

#[test]
fn what_is_there_already_changes_nothing() {
    let Some(stage) = stage("idrac_no_op") else { return };
    let before = stage.lab().inventory();
    stage.write(firmware(
        "BIOS = { version = \"1.13.2\" }\n    lc = { component = \"Lifecycle Controller\", version = \
         \"7.10.30.00\" }\n    nics = { component = \"108255\", version = \"22.31.6\" }",
    ));
    let requests = stage.requests(|| {
        stage.apply();
        stage.assert_settled();
        stage.destroy().warning().says("The firmware of r750-01 stays as it is");
    });
    assert_eq!(changes(&requests), Vec::<&String>::new());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn what_needs_a_restart_is_staged_and_done_after_it() {
    for (server_name, old, new, model) in
        [("r750-01", "1.13.2", "1.14.1", "R750"), ("r770-01", "1.2.6", "1.3.2", "R770")]
    {
        let Some(stage) = stage(&format!("idrac_staged_{model}")) else { return };
        let file = format!("BIOS_{model}_WN64_{new}");
        stage.write(firmware_of(server_name, &component("BIOS", new, &file), ""));
        stage
            .plan()
            .run()
            .warning()
            .says(&format!("BIOS: {old} -> {new}, at the next restart of the host"))
            .says("the host is not restarted");
        stage.apply();
        let state = stage.state();
        let state = state.attributes(FIRMWARE);
        assert_eq!((&state["state"], &state["pending_reboot"]), (&json!("staged"), &json!(true)));
        let component = &state["components"]["BIOS"];
        assert_eq!(component["state"], "staged");
        assert_eq!(
            (&component["version"], &component["installed_version"]),
            (&json!(new), &json!(old))
        );
        stage.assert_settled();
        assert_no_restart(&stage);

        stage.reset_host(server_name);
        let bios = || server(&stage, server_name)["firmware"][BIOS]["version"] == new;
        eventually("the update in POST", bios);
        stage.refresh();
        let state = stage.state();
        let component = &state.attributes(FIRMWARE)["components"]["BIOS"];
        assert_eq!(
            (&component["state"], &component["installed_version"]),
            (&json!("done"), &json!(new))
        );
        assert_eq!(state.attributes(FIRMWARE)["state"], "done");
        stage.assert_settled();
        let events = server(&stage, server_name)["power_events"].clone();
        assert_eq!(events, json!([{ "what": "ForceRestart", "by": "operator" }]));
    }
}

#[test]
fn the_host_is_restarted_where_reboot_says_so() {
    let Some(stage) = stage("idrac_reboot") else { return };
    let nic = component("108255", "22.71.3", "Network-BCM_R750_WN64_22.71.3");
    let components = format!("{}\n    {}\n    {nic}", bios("1.14.1"), diagnostics("4301A79"));
    stage.write(firmware_of("r750-01", &components, "reboot = \"if_needed\""));
    stage.plan().run().warning().says("The host will be restarted, as `reboot` says");
    stage.apply();
    assert_eq!(version(&stage, BIOS), "1.14.1");
    assert_eq!(version(&stage, "NIC.Embedded.2-1-1"), "22.71.3");
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "done");
    assert_eq!(server(&stage, "r750-01")["boots"], 1, "one restart for all of them");
    stage.assert_settled();
}

#[test]
fn always_restarts_the_host_after_every_update_and_after_nothing_else() {
    let Some(stage) = stage("idrac_always") else { return };
    let boots = || server(&stage, "r750-01")["boots"].clone();
    stage.write(firmware_of("r750-01", &diagnostics("4301A79"), "reboot = \"always\""));
    stage
        .plan()
        .run()
        .warning()
        .says("4301A74 -> 4301A79, at once")
        .says("will be restarted after");
    stage.apply();
    assert_eq!((boots(), version(&stage, DIAGNOSTICS).as_str()), (json!(1), "4301A79"));
    stage.assert_settled();
    let both = format!("{}\n    {}", diagnostics("4301A70"), bios("1.14.1"));
    stage.write(firmware_of("r750-01", &both, "reboot = \"always\""));
    stage.apply();
    assert_eq!((boots(), version(&stage, BIOS).as_str()), (json!(2), "1.14.1"));
    stage.assert_settled();
    stage.write(firmware_of("r750-01", &both, "reboot = \"always\"\n  allow_downgrade = true"));
    stage.apply();
    assert_eq!(boots(), 2, "nothing was updated");
}

#[test]
fn what_was_staged_before_is_done_once_reboot_allows_it() {
    let Some(stage) = stage("idrac_overdue") else { return };
    stage.write(firmware(&bios("1.14.1")));
    stage.apply();
    assert_no_restart(&stage);
    stage.write(firmware_of("r750-01", &bios("1.14.1"), "reboot = \"if_needed\""));
    let plan = stage.plan();
    plan.does(&[(FIRMWARE, "update")]);
    plan.run().warning().says("The host will be restarted").says("staged before");
    stage.apply_plan();
    assert_eq!(version(&stage, BIOS), "1.14.1");
    assert_eq!(stage.state().attributes(FIRMWARE)["components"]["BIOS"]["state"], "done");
    assert_eq!(jobs(&stage).len(), 1, "the staged job was used");
    stage.assert_settled();
}

#[test]
fn drift_is_shown_and_repaired() {
    let Some(stage) = stage("idrac_drift") else { return };
    stage.write(firmware(&diagnostics("4301A79")));
    stage.apply();
    stage.controller("r750-01").update(&package("Diagnostics_R750_WN64_4301A70"));
    let plan = stage.plan();
    plan.does(&[(FIRMWARE, "update")]);
    assert_eq!(plan.before(FIRMWARE)["components"]["25806"]["version"], "4301A70");
    assert_eq!(plan.after(FIRMWARE)["components"]["25806"]["version"], "4301A79");
    plan.run().warning().says("4301A70 -> 4301A79");
    stage.apply();
    assert_eq!(version(&stage, DIAGNOSTICS), "4301A79");
    stage.assert_settled();
    assert_no_restart(&stage);
}

#[test]
fn another_version_takes_the_place_of_what_is_staged() {
    let Some(stage) = stage("idrac_restaged") else { return };
    stage.write(firmware(&bios("1.14.1")));
    stage.apply();
    // The version before is kept by the iDRAC and needs no image.
    let older = "BIOS = { version = \"1.12.1\" }";
    stage.write(firmware(older));
    stage.plan_fails().error().says("would go back to an older version").hints("allow_downgrade");
    stage.write(firmware_of("r750-01", older, "allow_downgrade = true"));
    stage.apply();
    let jobs = jobs(&stage);
    assert_eq!(jobs.len(), 1, "the first one was taken out of the queue: {jobs:?}");
    assert_eq!(jobs[0]["type"], "FirmwareRollback");
    stage.assert_settled();
    assert_no_restart(&stage);
    // Back to what is installed: nothing is to be flashed any more.
    stage.write(firmware("BIOS = { version = \"1.13.2\" }"));
    stage.apply();
    assert_eq!(self::jobs(&stage).len(), 0);
    stage.assert_settled();
}

#[test]
fn an_image_is_uploaded_from_a_file() {
    for (server_name, model, version) in
        [("r750-01", "R750", "4301A79"), ("r770-01", "R770", "4302A14")]
    {
        let Some(stage) = stage(&format!("idrac_file_{model}")) else { return };
        let name = format!("firmware/Diagnostics_{model}_WN64_{version}.EXE");
        let image = images().iter().find(|image| image.name == name).unwrap();
        fs::write(stage.folder().join("diagnostics.EXE"), &image.data).unwrap();
        let component = format!(
            "diag = {{ component = \"25806\", version = \"{version}\", image = \
             \"${{path.module}}/diagnostics.EXE\" }}"
        );
        stage.write(firmware_of(server_name, &component, ""));
        stage.apply();
        let firmware = server(&stage, server_name)["firmware"][DIAGNOSTICS]["version"].clone();
        assert_eq!(firmware, version);
        stage.assert_settled();
        assert_no_restart(&stage);
    }
}

#[test]
fn a_power_cycle_that_is_needed_is_told() {
    let Some(stage) = stage("idrac_power_cycle") else { return };
    let nic = component("NIC.Slot.5-1", "26.41.10.00", "Network-MLX_R750_WN64_26.41.10.00");
    stage.write(firmware_of("r750-01", &nic, "reboot = \"if_needed\""));
    let run = stage.apply();
    let told = run.warnings().iter().any(|one| one.summary.contains("needs the server's power"));
    assert!(told, "{run}");
    assert_eq!(stage.state().attributes(FIRMWARE)["state"], "needs-power-cycle");
    stage.assert_settled();
}

#[test]
fn a_server_is_imported_by_its_name() {
    let Some(stage) = stage("idrac_import") else { return };
    stage.write(firmware("\"BIOS.Setup.1-1\" = { version = \"1.13.2\" }"));
    stage.import(FIRMWARE, "r750-01");
    let state = stage.state();
    let components = state.attributes(FIRMWARE)["components"].as_object().unwrap().clone();
    assert_eq!(components[BIOS]["version"], "1.13.2");
    assert_eq!(components["PSU.Slot.2"]["state"], "done");
    assert!(!components.contains_key("TPM.Integrated.1-1"), "it cannot be updated");
    let before = stage.lab().inventory();
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn data_sources_tell_system_inventory_and_jobs() {
    let Some(stage) = stage("idrac_data") else { return };
    stage.write(format!(
        "{}data \"onprem_idrac_system\" \"this\" {{\n  server = \"r750-01\"\n}}\ndata \
         \"onprem_idrac_firmware_inventory\" \"this\" {{\n  server = \"r770-01\"\n}}\ndata \
         \"onprem_idrac_jobs\" \"this\" {{\n  server     = \"r750-01\"\n  open       = true\n  depends_on = \
         [onprem_idrac_firmware.this]\n}}\noutput \"system\" {{ value = data.onprem_idrac_system.this }}\noutput \
         \"bios\" {{ value = [for one in data.onprem_idrac_firmware_inventory.this.firmware : one.version if \
         one.component_id == \"159\" && one.place == \"installed\"] }}\noutput \"jobs\" {{ value = \
         data.onprem_idrac_jobs.this.jobs[*].state }}\n",
        firmware(&bios("1.14.1"))
    ));
    stage.apply();
    let state = stage.state();
    assert_eq!(state.output("system")["model"], "PowerEdge R750");
    assert_eq!(state.output("system")["system_id"], "090E");
    assert_eq!(*state.output("bios"), json!(["1.2.6"]));
    assert_eq!(*state.output("jobs"), json!(["Scheduled"]));
}

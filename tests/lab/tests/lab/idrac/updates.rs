//! Updates from the request to the inventory.

use onprem_lab::{Lab, LabOptions};
use serde_json::json;

use super::client::{LC_STATUS, RESET, Redfish};

const BIOS: &str = "BIOS_R750_WN64_1.14.1.EXE";

async fn start(server: &str) -> (Lab, Redfish) {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let redfish = Redfish::new(&lab, server);
    (lab, redfish)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bios_waits_for_the_host_and_leaves_its_predecessor_for_a_rollback() {
    let (lab, redfish) = start("r750-01").await;
    let job = redfish.update(BIOS).await;
    let staged = redfish.until(&job, &["Scheduled", "Failed"]).await;
    assert_eq!(
        (staged["JobState"].as_str(), staged["MessageId"].as_str()),
        (Some("Scheduled"), Some("JCP001"))
    );
    let server = &lab.inventory()["servers"]["r750-01"];
    assert_eq!(server["power_events"], json!([]));
    assert_eq!(server["firmware"]["BIOS.Setup.1-1"]["version"], "1.13.2");
    let reset = redfish.post(RESET, &json!({ "ResetType": "GracefulRestart" })).await;
    assert_eq!(reset.status, 204);
    let done = redfish.until(&job, &["Completed", "Failed"]).await;
    assert_eq!(
        (done["MessageId"].as_str(), done["PercentComplete"].as_u64()),
        (Some("PR19"), Some(100))
    );
    let server = &lab.inventory()["servers"]["r750-01"];
    assert_eq!(server["power_events"], json!([{ "what": "GracefulRestart", "by": "client" }]));
    let members = redfish.get("/redfish/v1/UpdateService/FirmwareInventory").await.body;
    let text = members.to_string();
    for id in
        ["Installed-159-1.14.1__BIOS", "Current-159-1.14.1__BIOS", "Previous-159-1.13.2__BIOS"]
    {
        assert!(text.contains(id), "{id} is not in {text}");
    }
    let system = redfish.get("/redfish/v1/Systems/System.Embedded.1").await.body;
    assert_eq!(system["BiosVersion"], "1.14.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idrac_restarts_in_its_own_update_and_the_host_runs_on() {
    for (server, package, version) in [
        ("r750-01", "iDRAC-with-Lifecycle-Controller_R750_WN64_7.10.50.00.EXE", "7.10.50.00"),
        ("r770-01", "iDRAC_R770_1.20.50.50.d10", "1.20.50.50"),
    ] {
        let (lab, redfish) = start(server).await;
        let job = redfish.update(package).await;
        let done = redfish.until(&job, &["Completed", "Failed"]).await;
        assert_eq!(
            (done["JobState"].as_str(), done["MessageId"].as_str()),
            (Some("Completed"), Some("RED001"))
        );
        let inventory = &lab.inventory()["servers"][server];
        assert_eq!(inventory["idrac_restarts"], 1);
        assert_eq!(inventory["boots"], 0);
        assert_eq!(inventory["firmware"]["iDRAC.Embedded.1-1"]["version"], version);
        assert_eq!(redfish.post(LC_STATUS, &json!({})).await.body["Status"], "Ready", "{server}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_on_is_not_switched_on() {
    let (lab, redfish) = start("r770-01").await;
    let got = redfish.post(RESET, &json!({ "ResetType": "On" })).await;
    assert_eq!((got.status, got.message()), (409, "PSU501"));
    assert_eq!(lab.inventory()["servers"]["r770-01"]["boots"], 0);
}

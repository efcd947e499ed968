//! What goes wrong: packages that do not fit, faults, restarts, a queue that is full.

use onprem_lab::{Effect, Fault, Lab, LabOptions, When};
use serde_json::{Value, json};

use super::client::{JOBS, LC_STATUS, RESET, Redfish, SIMPLE_UPDATE};

const BIOS: &str = "BIOS_R750_WN64_1.14.1.EXE";
const DIAGNOSTICS: &str = "Diagnostics_R750_WN64_4301A79.EXE";
const PSU: &str = "Power_R750_WN64_00.1E.A0.EXE";
const QUEUE: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellJobService/Actions";

async fn start() -> (Lab, Redfish) {
    let options = LabOptions::new().file("firmware/notes.EXE", "no package at all");
    let lab = Lab::start(options).await.unwrap();
    let redfish = Redfish::new(&lab, "r750-01");
    (lab, redfish)
}

async fn ends(redfish: &Redfish, job: &str) -> (String, String) {
    let states = ["Completed", "CompletedWithErrors", "Failed", "RebootFailed"];
    let job = redfish.until(job, &states).await;
    let text = |name: &str| job[name].as_str().unwrap().to_owned();
    (text("JobState"), text("MessageId"))
}

fn failed(message: &str) -> (String, String) {
    ("Failed".to_owned(), message.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packages_that_do_not_fit_fail_their_jobs() {
    let (lab, redfish) = start().await;
    let before = lab.inventory()["servers"]["r750-01"]["firmware"].clone();
    for (package, message) in [
        ("notes.EXE", "RED007"),
        ("nowhere.EXE", "RED006"),
        ("BIOS_R770_WN64_1.3.2.EXE", "RED098"),
        ("iDRAC_R770_1.20.50.50.d10", "RED013"),
    ] {
        let job = redfish.update(package).await;
        assert_eq!(ends(&redfish, &job).await, failed(message), "{package}");
    }
    let body = json!({ "ImageURI": "http://downloads.dell.com/a.EXE", "TransferProtocol": "HTTP" });
    let got = redfish.post(SIMPLE_UPDATE, &body).await;
    let job = got.header("location").rsplit('/').next().unwrap().to_owned();
    assert_eq!(ends(&redfish, &job).await, failed("RED006"));
    assert_eq!(lab.inventory()["servers"]["r750-01"]["firmware"], before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_job_a_device_and_no_cpld_beside_others() {
    let (_lab, redfish) = start().await;
    let first = redfish.update(BIOS).await;
    redfish.until(&first, &["Scheduled"]).await;
    let second = redfish.update("BIOS_R750_WN64_1.12.1.EXE").await;
    assert_eq!(ends(&redfish, &second).await, failed("RED014"));
    let cpld = redfish.update("CPLD_R750_WN64_1.0.8.EXE").await;
    assert_eq!(ends(&redfish, &cpld).await, failed("RED149"));
    let delete = format!("{QUEUE}/DellJobService.DeleteJobQueue");
    let got = redfish.post(&delete, &json!({ "JobID": first })).await;
    assert_eq!(got.status, 200, "{:?}", got.body);
    assert_eq!(redfish.get(&format!("{JOBS}/{first}")).await.status, 404);
    let got = redfish.post(&delete, &json!({ "JobID": "JID_000000000000" })).await;
    assert_eq!((got.status, got.message()), (400, "SUP011"));
    let third = redfish.update("BIOS_R750_WN64_1.12.1.EXE").await;
    redfish.until(&third, &["Scheduled"]).await;
}

/// A downgrade is an update like any other; a rollback swaps the two versions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downgrades_and_rollbacks_move_the_versions() {
    let (lab, redfish) = start().await;
    let bios = || lab.inventory()["servers"]["r750-01"]["firmware"]["BIOS.Setup.1-1"].clone();
    let job = redfish.update("BIOS_R750_WN64_1.12.1.EXE").await;
    redfish.until(&job, &["Scheduled"]).await;
    redfish.post(RESET, &json!({ "ResetType": "PowerCycle" })).await;
    assert_eq!(ends(&redfish, &job).await.0, "Completed");
    assert_eq!((&bios()["version"], &bios()["previous"]), (&json!("1.12.1"), &json!("1.13.2")));
    let uri = "/redfish/v1/UpdateService/FirmwareInventory/Previous-159-1.13.2__BIOS.Setup.1-1";
    let body = json!({ "ImageURI": uri, "@Redfish.OperationApplyTime": "Immediate" });
    let got = redfish.post(SIMPLE_UPDATE, &body).await;
    let job = got.header("location").rsplit('/').next().unwrap().to_owned();
    let done = redfish.until(&job, &["Completed"]).await;
    assert_eq!(done["JobType"], "FirmwareRollback");
    assert_eq!((&bios()["version"], &bios()["previous"]), (&json!("1.13.2"), &json!("1.12.1")));
    let server = &lab.inventory()["servers"]["r750-01"];
    let events = server["power_events"].as_array().unwrap();
    assert_eq!(events[0], json!({ "what": "PowerCycle", "by": "client" }));
    assert!(events[1]["by"].as_str().unwrap().starts_with("RID_"), "{events:?}");
    assert_eq!(events.len(), 2);
}

/// The network card is flashed in a POST, and runs the new firmware only after a cold boot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_card_waits_for_a_cold_boot() {
    let (lab, redfish) = start().await;
    let card = || lab.inventory()["servers"]["r750-01"]["firmware"]["NIC.Slot.5-1"].clone();
    let job = redfish.update("Network-MLX_R750_WN64_26.41.10.00.EXE").await;
    redfish.until(&job, &["Scheduled"]).await;
    redfish.post(RESET, &json!({ "ResetType": "ForceRestart" })).await;
    let waits = redfish.until(&job, &["UserIntervention"]).await;
    assert_eq!((&waits["PercentComplete"], &waits["MessageId"]), (&json!(100), &json!("SUP0544")));
    assert_eq!(waits["MessageArgs"], json!(["NIC.Slot.5-1"]));
    assert_eq!(card()["version"], "26.39.10.02");
    redfish.post(RESET, &json!({ "ResetType": "PowerCycle" })).await;
    assert_eq!(ends(&redfish, &job).await.0, "Completed");
    assert_eq!(card()["version"], "26.41.10.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_and_downloads_fail_on_demand() {
    let (lab, redfish) = start().await;
    let other = Fault::new(Effect::DownloadFailure { message_id: None }).node("r770-01");
    lab.faults().arm(other).unwrap();
    let download = Effect::DownloadFailure { message_id: Some("RED050".to_owned()) };
    lab.faults().arm(Fault::new(download).node("r750-01").count(1)).unwrap();
    let job = redfish.update(DIAGNOSTICS).await;
    assert_eq!(ends(&redfish, &job).await, failed("RED050"));

    let fault: Fault = "job-failure,component=25806,message_id=JCP052,count=1".parse().unwrap();
    lab.faults().arm(fault).unwrap();
    let job = redfish.update(DIAGNOSTICS).await;
    assert_eq!(ends(&redfish, &job).await, failed("JCP052"));

    // It says that all is well, and nothing has changed.
    let fault: Fault = "job-failure,state=Completed,message_id=PR19,count=1".parse().unwrap();
    lab.faults().arm(fault).unwrap();
    let job = redfish.update(DIAGNOSTICS).await;
    assert_eq!(ends(&redfish, &job).await.0, "Completed");
    let firmware = || lab.inventory()["servers"]["r750-01"]["firmware"].clone();
    assert_eq!(firmware()["Diagnostics.Embedded.1:LC.Embedded.1"]["version"], "4301A74");

    // One of the two power supplies takes the firmware.
    let fault: Fault = "job-failure,component=110428,state=CompletedWithErrors".parse().unwrap();
    lab.faults().arm(fault).unwrap();
    let job = redfish.update(PSU).await;
    redfish.until(&job, &["Scheduled"]).await;
    redfish.post(RESET, &json!({ "ResetType": "ForceRestart" })).await;
    assert_eq!(ends(&redfish, &job).await.0, "CompletedWithErrors");
    assert_eq!(firmware()["PSU.Slot.1"]["version"], "00.1E.A0");
    assert_eq!(firmware()["PSU.Slot.2"]["version"], "00.1D.9C");
    let standard = redfish.get(&format!("/redfish/v1/JobService/Jobs/{job}")).await.body;
    assert_eq!(
        (&standard["JobState"], &standard["JobStatus"]),
        (&json!("Exception"), &json!("Warning"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_job_stays_where_it_is() {
    let (lab, redfish) = start().await;
    lab.faults().arm("job-stuck,count=1".parse().unwrap()).unwrap();
    let job = redfish.update(BIOS).await;
    for _ in 0..20_000 {
        let got = redfish.get(&format!("{JOBS}/{job}")).await.body;
        if got["MessageId"] == "PR30" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    redfish.post(RESET, &json!({ "ResetType": "ForceRestart" })).await;
    for _ in 0..20_000 {
        if redfish.post(LC_STATUS, &json!({})).await.body["Status"] == "Ready" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let got = redfish.get(&format!("{JOBS}/{job}")).await.body;
    assert_eq!((&got["JobState"], &got["MessageId"]), (&json!("Scheduled"), &json!("PR30")));
    let clear = json!({ "JobID": "JID_CLEARALL" });
    redfish.post(&format!("{QUEUE}/DellJobService.DeleteJobQueue"), &clear).await;
    assert_eq!(lab.inventory()["servers"]["r750-01"]["jobs"], json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_idrac_interrupts_a_download_and_ends_sessions() {
    let (lab, redfish) = start().await;
    let login = json!({ "UserName": "root", "Password": lab.idrac_password() });
    let got = redfish.post("/redfish/v1/SessionService/Sessions", &login).await;
    let token = got.header("x-auth-token").to_owned();
    let fault: Fault = "idrac-restart,state=Downloading,count=1".parse().unwrap();
    lab.faults().arm(fault).unwrap();
    let job = redfish.update(BIOS).await;
    assert_eq!(ends(&redfish, &job).await, failed("RED115"));
    let by_token = [("X-Auth-Token", token.as_str())];
    let got = redfish.send("GET", JOBS, &by_token, &Value::Null).await.unwrap();
    assert_eq!(got.status, 401);
    assert_eq!(lab.inventory()["servers"]["r750-01"]["idrac_restarts"], 1);

    // In the next request: its connection breaks, the port refuses, then come 503 and a busy controller.
    lab.clock().freeze();
    lab.faults().arm("idrac-restart,node=r750-01,count=1".parse().unwrap()).unwrap();
    assert!(redfish.send("GET", JOBS, &[], &Value::Null).await.is_err());
    assert!(redfish.send("GET", JOBS, &[], &Value::Null).await.is_err());
    let mut statuses = Vec::new();
    for _ in 0..20_000 {
        lab.clock().advance(std::time::Duration::from_secs(5));
        if let Ok(got) = redfish.send("POST", LC_STATUS, &[], &json!({})).await {
            let seen = (got.status, got.body["Status"].as_str().unwrap_or_default().to_owned());
            if statuses.last() != Some(&seen) {
                statuses.push(seen);
            }
            if got.body["Status"] == "Ready" {
                break;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let not_ready = (200, "NotReady".to_owned());
    assert_eq!(statuses, [(503, String::new()), not_ready, (200, "Ready".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idrac_that_is_not_ready_or_full_takes_no_update() {
    let (lab, redfish) = start().await;
    let body = json!({ "ImageURI": format!("http://images.example.com/firmware/{BIOS}") });
    let number = lab.faults().arm("lc-not-ready".parse().unwrap()).unwrap();
    let status = redfish.post(LC_STATUS, &json!({})).await.body;
    assert_eq!(
        (&status["Status"], &status["LCStatus"]),
        (&json!("NotReady"), &json!("Initializing"))
    );
    let got = redfish.post(SIMPLE_UPDATE, &body).await;
    assert_eq!((got.status, got.message()), (503, "SWC0700"));
    lab.faults().disarm(number);
    lab.faults().arm("job-queue-full,count=1".parse().unwrap()).unwrap();
    let got = redfish.post(SIMPLE_UPDATE, &body).await;
    assert_eq!((got.status, got.message()), (400, "RAC0524"));
    lab.faults().arm("session-limit,count=1".parse().unwrap()).unwrap();
    let login = json!({ "UserName": "root", "Password": lab.idrac_password() });
    let got = redfish.post("/redfish/v1/SessionService/Sessions", &login).await;
    assert_eq!(got.message(), "RAC0218");
    let fault = Fault::new(Effect::Status { status: 500, message: Some("no luck".to_owned()) });
    lab.faults().arm(fault.system("idrac").path("/Jobs$").count(1)).unwrap();
    lab.faults().arm("status,status=500,message=SYS518,path=/Tasks$".parse().unwrap()).unwrap();
    assert_eq!(redfish.get("/redfish/v1/TaskService/Tasks").await.message(), "SYS518");
    let got = redfish.get(JOBS).await;
    assert_eq!(got.status, 500);
    assert_eq!(got.body["error"]["@Message.ExtendedInfo"][0]["Message"], "no luck");
    assert_eq!(redfish.get(JOBS).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_down_idrac_is_only_read() {
    let (lab, redfish) = start().await;
    lab.faults().arm("lockdown,node=r750-01".parse().unwrap()).unwrap();
    let body = json!({ "ImageURI": format!("http://images.example.com/firmware/{BIOS}") });
    let reset = json!({ "ResetType": "ForceRestart" });
    for (path, body) in [(SIMPLE_UPDATE, &body), (RESET, &reset)] {
        let got = redfish.post(path, body).await;
        assert_eq!((got.status, got.message()), (403, "SYS406"), "{path}");
    }
    assert_eq!(redfish.post(LC_STATUS, &json!({})).await.status, 200);
    assert_eq!(redfish.get(JOBS).await.status, 200);
    assert_eq!(lab.inventory()["servers"]["r750-01"]["power_events"], json!([]));
}

/// Every state of the table can be brought about, with its names in the standard's views.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_has_its_names_in_three_views() {
    let (lab, redfish) = start().await;
    for (state, standard, health) in [
        ("Completed", "Completed", "OK"),
        ("CompletedWithErrors", "Exception", "Warning"),
        ("Downloaded", "Pending", "OK"),
        ("Downloading", "Running", "OK"),
        ("Failed", "Exception", "Critical"),
        ("New", "New", "OK"),
        ("Paused", "Suspended", "OK"),
        ("PendingActivation", "Pending", "OK"),
        ("ReadyForExecution", "Pending", "OK"),
        ("RebootCompleted", "Completed", "OK"),
        ("RebootFailed", "Exception", "Critical"),
        ("RebootPending", "Pending", "OK"),
        ("Running", "Running", "OK"),
        ("Scheduled", "Pending", "OK"),
        ("Scheduling", "Pending", "OK"),
        ("Unknown", "Exception", "OK"),
        ("UserIntervention", "UserIntervention", "OK"),
        ("Waiting", "Pending", "OK"),
    ] {
        let fault = format!("job-failure,state={state},message_id=SYS413,count=1");
        lab.faults().arm(fault.parse().unwrap()).unwrap();
        let job = redfish.update(DIAGNOSTICS).await;
        for _ in 0..20_000 {
            if redfish.get(&format!("{JOBS}/{job}")).await.body["MessageId"] == "SYS413" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        lab.clock().freeze();
        let view = redfish.get(&format!("/redfish/v1/JobService/Jobs/{job}")).await.body;
        assert_eq!((&view["JobState"], &view["JobStatus"]), (&json!(standard), &json!(health)));
        let view = redfish.get(&format!("{JOBS}/{job}")).await.body;
        assert_eq!(view["JobState"], state);
        lab.clock().resume();
        let clear = json!({ "JobID": "JID_CLEARALL_FORCE" });
        redfish.post(&format!("{QUEUE}/DellJobService.DeleteJobQueue"), &clear).await;
    }
}

/// A client killed at its request leaves a job behind all the same; the log has names and no values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_stalled_after_processing_has_had_its_effect() {
    let (lab, redfish) = start().await;
    let stall = Fault::new(Effect::Stall { when: When::After }).method("POST").system("idrac");
    let number = lab.faults().arm(stall).unwrap();
    let mark = lab.requests().mark();
    let killed = redfish.clone();
    let request = tokio::spawn(async move { killed.update(DIAGNOSTICS).await });
    assert_eq!(lab.faults().stalled(number).await.path, SIMPLE_UPDATE);
    request.abort();
    let jobs = lab.inventory()["servers"]["r750-01"]["jobs"].clone();
    assert_eq!(jobs.as_object().unwrap().len(), 1, "{jobs}");
    let logged = &lab.requests().since(mark)[0];
    assert_eq!((logged.system.as_str(), logged.node.as_str()), ("idrac", "r750-01"));
    assert_eq!(logged.parameters, ["ImageURI", "TransferProtocol"]);
}

/// The host goes on with what it flashes while its iDRAC restarts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bios_survives_a_restart_of_the_idrac() {
    let (lab, redfish) = start().await;
    lab.faults().arm("idrac-restart,state=Running,count=1".parse().unwrap()).unwrap();
    let job = redfish.update(BIOS).await;
    redfish.until(&job, &["Scheduled"]).await;
    redfish.post(RESET, &json!({ "ResetType": "ForceRestart" })).await;
    assert_eq!(ends(&redfish, &job).await, ("Completed".to_owned(), "PR19".to_owned()));
    let server = &lab.inventory()["servers"]["r750-01"];
    assert_eq!((&server["idrac_restarts"], &server["boots"]), (&json!(1), &json!(1)));
    assert_eq!(server["firmware"]["BIOS.Setup.1-1"]["version"], "1.14.1");
}

/// `OnStartUpdateRequest` waits for `StartUpdate`; a reboot job waits for `SetupJobQueue`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_wait_to_be_let_go() {
    let (lab, redfish) = start().await;
    let uri = format!("http://images.example.com/firmware/{BIOS}");
    let body = json!({ "ImageURI": uri, "@Redfish.OperationApplyTime": "OnStartUpdateRequest" });
    let got = redfish.post(SIMPLE_UPDATE, &body).await;
    let job = got.header("location").rsplit('/').next().unwrap().to_owned();
    redfish.until(&job, &["Downloaded"]).await;
    redfish.post("/redfish/v1/UpdateService/Actions/UpdateService.StartUpdate", &json!({})).await;
    redfish.until(&job, &["Scheduled"]).await;
    let kind = json!({ "RebootJobType": "GracefulRebootWithForcedShutdown" });
    let got = redfish.post(&format!("{QUEUE}/DellJobService.CreateRebootJob"), &kind).await;
    assert_eq!(got.status, 202, "{:?}", got.body);
    let reboot = got.header("location").rsplit('/').next().unwrap().to_owned();
    assert_eq!(lab.inventory()["servers"]["r750-01"]["boots"], 0);
    let go = json!({ "JobArray": [reboot], "StartTimeInterval": "TIME_NOW" });
    let got = redfish.post(&format!("{QUEUE}/DellJobService.SetupJobQueue"), &go).await;
    assert_eq!(got.status, 200, "{:?}", got.body);
    redfish.until(&reboot, &["RebootCompleted"]).await;
    assert_eq!(ends(&redfish, &job).await.0, "Completed");
    let events = lab.inventory()["servers"]["r750-01"]["power_events"].clone();
    assert_eq!(events, json!([{ "what": "GracefulRestart", "by": reboot }]));
}

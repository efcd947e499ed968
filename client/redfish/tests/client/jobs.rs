//! Following jobs through everything that may happen to them.

use std::time::Duration;

use onprem_redfish::{Deadline, ErrorKind, JobEnd, JobState, Stop};
use serde_json::{Value, json};

use crate::server::{JOBS, LOGIN, READY, Reply, Server};

const JOB: &str = "GET /redfish/v1/Managers/idrac/Oem/Dell/Jobs/JID_1";
const TASK: &str = "GET /redfish/v1/TaskService/Tasks/JID_1";

fn job(state: &str, message_id: &str) -> Reply {
    Reply::Json(json!({
        "Id": "JID_1", "JobState": state, "JobType": "FirmwareUpdate",
        "Name": "Firmware Update: BIOS", "Message": "So it is.", "MessageId": message_id,
    }))
}

/// A server whose job goes through these answers; the last one stays
async fn script(answers: Vec<Reply>) -> Server {
    let mut step = 0;
    Server::start(move |request| {
        if request.line != JOB {
            return None;
        }
        let reply = answers[step.min(answers.len() - 1)].clone();
        step += 1;
        Some(reply)
    })
    .await
}

#[tokio::test]
async fn a_job_is_followed_to_its_end() {
    let server = script(vec![
        Reply::not_found(),
        job("New", ""),
        job("Downloading", "RED003"),
        job("Running", "PR20"),
        job("Completed", "PR19"),
    ])
    .await;
    let end = server.client().follow_job("JID_1", Stop::AtEnd).await.unwrap();
    let JobEnd::Done(job) = end else { panic!("{end:?}") };
    assert_eq!((job.state, job.message_id.as_str()), (JobState::Completed, "PR19"));
    assert_eq!(server.count(LOGIN), 1);
}

#[tokio::test]
async fn a_staged_job_ends_the_wait_only_for_who_asked_so() {
    let server = script(vec![job("Downloading", ""), job("Scheduled", "JCP001")]).await;
    let client = server.client();
    let end = client.follow_job("JID_1", Stop::WhenStaged).await.unwrap();
    assert!(matches!(end, JobEnd::Staged(_)), "{end:?}");
    let deadline = Deadline::after(Duration::from_millis(50), "the test timeout");
    let error = client.until(&deadline).follow_job("JID_1", Stop::AtEnd).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("passed while following the job JID_1"), "{error}");
}

#[tokio::test]
async fn a_failed_job_tells_what_the_controller_said() {
    for (state, message_id) in [
        ("Failed", "RED006"),
        ("CompletedWithErrors", "PR21"),
        ("Completed", "PR21"),
        ("Scheduled", "PR30"),
    ] {
        let server = script(vec![job("Running", ""), job(state, message_id)]).await;
        let error = server.client().follow_job("JID_1", Stop::AtEnd).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::JobFailed);
        let text = error.to_string();
        assert!(text.contains("JID_1") && text.contains(message_id), "{text}");
        assert_eq!(error.job().unwrap().name, "Firmware Update: BIOS");
    }
}

#[tokio::test]
async fn a_controller_that_restarts_is_waited_for() {
    let down = |status: u16| Reply::Status(status, vec![], Value::Null);
    let server = script(vec![
        job("Running", ""),
        Reply::Lose,
        Reply::Lose,
        Reply::Lose,
        Reply::error(401, "X", "Unauthorized"),
        Reply::error(401, "X", "Unauthorized"),
        down(500),
        down(503),
        Reply::error(503, "RAC0508", "Not ready."),
        job("Completed", "RED001"),
    ])
    .await;
    let end = server.client().follow_job("JID_1", Stop::AtEnd).await.unwrap();
    assert!(matches!(end, JobEnd::Done(_)), "{end:?}");
}

#[tokio::test]
async fn a_job_that_a_restart_made_forget_is_gone_and_no_failure() {
    let server = script(vec![job("Running", ""), Reply::Lose, Reply::not_found()]).await;
    let end = server.client().follow_job("JID_1", Stop::AtEnd).await.unwrap();
    assert_eq!(end, JobEnd::Gone);
}

#[tokio::test]
async fn where_the_vendors_view_is_missing_the_task_is_looked_at() {
    let mut step = 0;
    let server = Server::start(move |request| {
        (request.line == TASK).then(|| {
            step += 1;
            let state = if step < 3 { "Running" } else { "Completed" };
            Reply::Json(json!({
                "Id": "JID_1", "TaskState": state, "TaskStatus": "OK",
                "Messages": [{ "Message": "Done.", "MessageId": "IDRAC.2.7.RED001" }],
            }))
        })
    })
    .await;
    let end = server.client().follow_job("JID_1", Stop::AtEnd).await.unwrap();
    assert!(matches!(end, JobEnd::Done(_)), "{end:?}");
}

#[tokio::test]
async fn nothing_begins_before_the_lifecycle_controller_is_ready() {
    let mut asked = 0;
    let server = Server::start(move |request| {
        (request.line == READY).then(|| {
            asked += 1;
            match asked {
                1 => Reply::error(503, "RAC0508", "The provider is not ready."),
                2 | 3 => Reply::Json(json!({ "Status": "NotReady", "LCStatus": "InUse" })),
                _ => Reply::Json(json!({ "Status": "Ready" })),
            }
        })
    })
    .await;
    server.client().wait_until_ready().await.unwrap();
    assert!(server.count(READY) >= 4);
}

/// The message of a Lifecycle Controller that is not ready is a warning, and was taken for a refusal.
#[tokio::test]
async fn a_warning_that_it_is_not_ready_is_an_answer() {
    let mut asked = 0;
    let server = Server::start(move |request| {
        (request.line == READY).then(|| {
            asked += 1;
            match asked {
                1 => Reply::Json(json!({
                    "Status": "NotReady",
                    "@Message.ExtendedInfo": [{
                        "MessageId": "IDRAC.2.8.LC060", "Severity": "Warning",
                        "Message": "Lifecycle controller is currently not ready.",
                    }],
                })),
                _ => Reply::Json(json!({ "Status": "Ready" })),
            }
        })
    })
    .await;
    server.client().wait_until_ready().await.unwrap();
    assert_eq!(server.count(READY), 2);
}

/// After its restart a controller had no inventory for a moment, and a good update ended in an error.
#[tokio::test]
async fn an_inventory_that_is_not_there_yet_is_waited_for() {
    let mut asked = 0;
    let server = Server::start(move |request| {
        (request.line == "GET /redfish/v1/UpdateService/FirmwareInventory").then(|| {
            asked += 1;
            match asked {
                1..=4 => Reply::not_found(),
                _ => Reply::Json(json!({ "Members": [] })),
            }
        })
    })
    .await;
    let found = server.client().wait_for_firmware(Duration::ZERO, |_| true).await;
    assert_eq!(found.unwrap(), []);
}

#[tokio::test]
async fn a_collection_is_read_one_by_one_where_it_is_not_expanded() {
    let server = Server::start(|request| match request.line.as_str() {
        JOBS if !request.query.is_empty() => {
            Some(Reply::error(400, "SYS431", "Unable to process the query."))
        }
        JOBS => Some(Reply::Json(json!({ "Members": [
            { "@odata.id": "/redfish/v1/Managers/idrac/Oem/Dell/Jobs/JID_1" },
            { "@odata.id": "/redfish/v1/Managers/idrac/Oem/Dell/Jobs/JID_2" },
        ]}))),
        JOB => Some(job("Running", "")),
        _ => None,
    })
    .await;
    let jobs = server.client().jobs().await.unwrap();
    assert_eq!(jobs.len(), 1, "one that went meanwhile is left out");
    assert!(jobs[0].is_firmware_update() && jobs[0].is_open());
}

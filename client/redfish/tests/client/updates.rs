//! Starting updates: by which door, and never twice.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use onprem_redfish::{ApplyTime, ErrorKind, SimpleUpdate};
use serde_json::{Value, json};

use crate::server::{JOBS, Reply, SERVICE, SIMPLE, Server};

const IMAGE: &str = "http://10.0.0.9/BIOS.EXE";
const MULTIPART: &str = "POST /redfish/v1/UpdateService/MultipartUpload";
const PUSH: &str = "POST /redfish/v1/UpdateService/FirmwareInventory";

fn queue(ids: &[&str]) -> Reply {
    let jobs = ids.iter().map(|id| {
        json!({
            "@odata.id": format!("/redfish/v1/Managers/idrac/Oem/Dell/Jobs/{id}"), "Id": id,
            "JobState": "Running", "JobType": "FirmwareUpdate", "Name": "Firmware Update: BIOS",
        })
    });
    Reply::Json(json!({ "Members": jobs.collect::<Vec<_>>() }))
}

#[tokio::test]
async fn an_update_waits_for_the_reset_unless_it_is_told_otherwise() {
    let server =
        Server::start(|request| (request.line == SIMPLE).then(|| Reply::accepted("JID_1"))).await;
    let client = server.client();
    assert_eq!(client.simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap(), "JID_1");
    let sent = server.seen().into_iter().find(|one| one.line == SIMPLE).unwrap();
    assert_eq!(
        sent.json(),
        json!({
            "ImageURI": IMAGE, "TransferProtocol": "HTTP", "@Redfish.OperationApplyTime": "OnReset",
        })
    );
    // Newer controllers answer an action that has it with 412.
    assert!(!sent.head.contains("if-match"));
    let nfs = SimpleUpdate::new("nfs://10.0.0.9/BIOS.EXE").apply_time(ApplyTime::Immediate);
    let error = client.simple_update(&nfs).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("only by: HTTP, HTTPS"), "{error}");
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_makes_one_job() {
    for lost_before in [false, true] {
        let mut starts = 0;
        let mut running = false;
        let server = Server::start(move |request| match request.line.as_str() {
            JOBS if running => Some(queue(&["JID_8", "JID_9"])),
            JOBS => Some(queue(&["JID_8"])),
            SIMPLE => {
                starts += 1;
                // The first one is lost on the way there, or on the way back.
                running = starts > 1 || !lost_before;
                Some(if starts == 1 { Reply::Lose } else { Reply::accepted("JID_9") })
            }
            _ => None,
        })
        .await;
        let id = server.client().simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap();
        assert_eq!(id, "JID_9");
        assert_eq!(server.count(SIMPLE), 1 + usize::from(lost_before));
    }
}

#[tokio::test]
async fn a_refusal_is_no_lost_answer() {
    let server = Server::start(|request| {
        (request.line == SIMPLE)
            .then(|| Reply::error(400, "RED014", "Job for this device is already present."))
    })
    .await;
    let error = server.client().simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::JobExists);
    assert_eq!(server.count(SIMPLE), 1);
}

#[tokio::test]
async fn an_accepted_update_without_a_location_is_found_in_the_queue() {
    let accepted = AtomicBool::new(false);
    let server = Server::start(move |request| match request.line.as_str() {
        JOBS if accepted.load(Ordering::Relaxed) => Some(queue(&["JID_5"])),
        SIMPLE => {
            accepted.store(true, Ordering::Relaxed);
            Some(Reply::Status(202, vec![], Value::Null))
        }
        _ => None,
    })
    .await;
    let id = server.client().simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap();
    assert_eq!(id, "JID_5");
}

fn image() -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".EXE").tempfile().unwrap();
    std::fs::write(file.path(), "the image's bytes").unwrap();
    file
}

#[tokio::test]
async fn an_image_is_pushed_with_its_parameters_where_there_is_a_door_for_that() {
    let server =
        Server::start(|request| (request.line == MULTIPART).then(|| Reply::accepted("JID_1")))
            .await;
    let file = image();
    let pushed = server.client().push_update(file.path(), ApplyTime::OnReset, &[]).await;
    assert_eq!(pushed.unwrap(), "JID_1");
    let sent = server.seen().into_iter().find(|one| one.line == MULTIPART).unwrap();
    let parameters = sent.body.find("name=\"UpdateParameters\"").unwrap();
    let image = sent.body.find("name=\"UpdateFile\"; filename=").unwrap();
    assert!(parameters < image && sent.body.contains("the image's bytes"), "{}", sent.body);
    assert!(sent.body.contains("\"@Redfish.OperationApplyTime\":\"OnReset\""), "{}", sent.body);
}

#[tokio::test]
async fn an_older_controller_gets_the_image_into_its_inventory_first() {
    let pushed = "/redfish/v1/UpdateService/FirmwareInventory/Available-159-1.14.1__BIOS.Setup.1-1";
    let told = Arc::new(AtomicBool::new(false));
    let server = Server::start(move |request| match request.line.as_str() {
        SERVICE => Some(Reply::Json(json!({
            "HttpPushUri": "/redfish/v1/UpdateService/FirmwareInventory",
            "Actions": { "#UpdateService.SimpleUpdate": {
                "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate",
            }},
        }))),
        "GET /redfish/v1/UpdateService/FirmwareInventory" => {
            let etag = vec![("ETag", "\"4711\"".to_owned())];
            Some(Reply::Status(200, etag, json!({ "Members": [] })))
        }
        PUSH if !request.head.contains("if-match: \"4711\"") => {
            Some(Reply::error(428, "SYS404", "The If-Match request header is missing."))
        }
        PUSH => {
            assert!(request.body.contains("name=\"file\"; filename="), "{}", request.body);
            told.store(true, Ordering::Relaxed);
            Some(Reply::Status(201, vec![("Location", pushed.to_owned())], Value::Null))
        }
        SIMPLE => Some(Reply::accepted("JID_1")),
        _ => None,
    })
    .await;
    let file = image();
    let id = server.client().push_update(file.path(), ApplyTime::OnReset, &[]).await;
    assert_eq!(id.unwrap(), "JID_1");
    let sent = server.seen().into_iter().find(|one| one.line == SIMPLE).unwrap();
    // A time that the controller does not advertise is not asked for.
    assert_eq!(sent.json(), json!({ "ImageURI": pushed }));
}

#[tokio::test]
async fn a_controller_without_any_door_is_told_so_plainly() {
    let server = Server::start(|request| {
        (request.line == SERVICE).then(|| Reply::Json(json!({ "Actions": {} })))
    })
    .await;
    let client = server.client();
    let error = client.simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    let file = image();
    let error = client.push_update(file.path(), ApplyTime::OnReset, &[]).await.unwrap_err();
    assert!(error.to_string().contains("takes no images over HTTP"), "{error}");
}

/// An older controller: images come into its inventory, which has one already
fn older(
    request: &crate::server::Received,
    pushed: &'static str,
    update: impl FnOnce() -> Reply,
) -> Option<Reply> {
    Some(match request.line.as_str() {
        SERVICE => Reply::Json(json!({
            "HttpPushUri": "/redfish/v1/UpdateService/FirmwareInventory",
            "Actions": { "#UpdateService.SimpleUpdate": {
                "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate",
            }},
        })),
        "GET /redfish/v1/UpdateService/FirmwareInventory" => {
            let etag = vec![("ETag", "\"4711\"".to_owned())];
            let members = json!([{ "@odata.id": format!("{INVENTORY}{THERE}") }]);
            Reply::Status(200, etag, json!({ "Members": members }))
        }
        PUSH => {
            let location = vec![("Location", format!("{INVENTORY}{pushed}"))];
            Reply::Status(201, location, Value::Null)
        }
        SIMPLE => update(),
        _ if request.line.starts_with("DELETE /redfish/v1/UpdateService/") => {
            assert!(request.head.contains("if-match: \"4711\""), "{}", request.head);
            Reply::Status(200, vec![], Value::Null)
        }
        _ => return None,
    })
}

const INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory/";
const THERE: &str = "Available-159-1.12.1__BIOS.Setup.1-1";
const NEW: &str = "Available-159-1.14.1__BIOS.Setup.1-1";

/// The image stayed in the inventory when its update was refused.
#[tokio::test]
async fn a_pushed_image_whose_update_is_refused_is_deleted() {
    for (pushed, deleted) in [(NEW, 1), (THERE, 0)] {
        let server = Server::start(move |request| {
            older(request, pushed, || Reply::error(400, "RED014", "A job is there already."))
        })
        .await;
        let file = image();
        let outcome = server.client().push_update(file.path(), ApplyTime::OnReset, &[]).await;
        assert_eq!(*outcome.unwrap_err().kind(), ErrorKind::JobExists);
        assert_eq!(server.count(&format!("DELETE {INVENTORY}{pushed}")), deleted, "{pushed}");
    }
    let server = Server::start(|request| older(request, NEW, || Reply::accepted("JID_1"))).await;
    let file = image();
    let id = server.client().push_update(file.path(), ApplyTime::OnReset, &[]).await.unwrap();
    assert_eq!((id.as_str(), server.count(&format!("DELETE {INVENTORY}{NEW}"))), ("JID_1", 0));
}

/// It stayed, too, when the update was given up before it was started, as at Ctrl-C.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_pushed_image_whose_update_is_given_up_is_deleted() {
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let mut looks = 0;
    let server = Server::start(move |request| {
        looks += usize::from(request.line == JOBS);
        // The second look at the queue comes right before the start.
        if request.line == JOBS && looks == 2 {
            begun.send(()).unwrap();
            let _ = waits.recv();
        }
        older(request, NEW, || Reply::accepted("JID_1"))
    })
    .await;
    let (client, file) = (server.client(), image());
    let path = file.path().to_owned();
    let pushing =
        tokio::spawn(async move { client.push_update(&path, ApplyTime::OnReset, &[]).await });
    begins.recv().await.unwrap();
    pushing.abort();
    assert!(pushing.await.unwrap_err().is_cancelled());
    drop(go_on);
    let delete = format!("DELETE {INVENTORY}{NEW}");
    while server.count(&delete) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(server.count(SIMPLE), 0);
}

/// An answer with the status of success whose messages were unknown here made an error of a started job.
#[tokio::test]
async fn a_start_with_an_unknown_warning_is_a_start() {
    let server = Server::start(|request| {
        (request.line == SIMPLE).then(|| {
            let location = vec![("Location", "/redfish/v1/TaskService/Tasks/JID_3".to_owned())];
            let message = json!({ "MessageId": "IDRAC.9.9.NEW001", "Message": "Mind the gap.",
                "MessageSeverity": "Warning" });
            Reply::Status(202, location, json!({ "@Message.ExtendedInfo": [message] }))
        })
    })
    .await;
    assert_eq!(server.client().simple_update(&SimpleUpdate::new(IMAGE)).await.unwrap(), "JID_3");
}

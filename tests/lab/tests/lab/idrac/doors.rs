//! The ways in: sessions, the multipart form, the pushed file with its ETag, and what is refused.

use onprem_lab::{Lab, LabOptions, images};
use serde_json::{Value, json};

use super::client::{Got, JOBS, Redfish, SIMPLE_UPDATE};

const INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory";
const MULTIPART: &str = "/redfish/v1/UpdateService/MultipartUpload";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const BACKPLANE: &str = "Backplane_R750_WN64_7.11.EXE";

async fn start(server: &str) -> (Lab, Redfish) {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let redfish = Redfish::new(&lab, server);
    (lab, redfish)
}

fn package(name: &str) -> Vec<u8> {
    let name = format!("firmware/{name}");
    images().iter().find(|image| image.name == name).unwrap().data.to_vec()
}

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, data) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let head =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(*data);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

async fn push(redfish: &Redfish, path: &str, etag: Option<&str>, body: Vec<u8>) -> Got {
    let mut request = redfish
        .http
        .post(format!("{}{path}", redfish.endpoint))
        .basic_auth("root", Some("lab-password"))
        .header("Content-Type", "multipart/form-data; boundary=edge")
        .body(body);
    if let Some(etag) = etag {
        request = request.header("If-Match", etag);
    }
    Redfish::got(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_sessions_fill_an_idrac() {
    for (server, refused) in [("r750-01", 503), ("r770-01", 400)] {
        let (lab, redfish) = start(server).await;
        // Half an hour of the lab's time is soon over.
        lab.clock().freeze();
        let login = json!({ "UserName": "root", "Password": lab.idrac_password() });
        let mut locations = Vec::new();
        let mut token = String::new();
        for _ in 0..8 {
            let got = redfish.post(SESSIONS, &login).await;
            assert_eq!(got.status, 201);
            locations.push(got.header("location").to_owned());
            token = got.header("x-auth-token").to_owned();
        }
        let got = redfish.post(SESSIONS, &login).await;
        assert_eq!((got.status, got.message()), (refused, "RAC0218"));
        // Basic authentication needs none.
        assert_eq!(redfish.get(INVENTORY).await.status, 200);
        let by_token = [("X-Auth-Token", token.as_str())];
        let got = redfish.send("DELETE", &locations[0], &by_token, &Value::Null).await.unwrap();
        assert_eq!(got.status, 204);
        assert_eq!(redfish.post(SESSIONS, &login).await.status, 201);
        assert_eq!(lab.inventory()["servers"][server]["sessions"], 8);
        // Unused for half an hour, they end.
        lab.clock().advance(std::time::Duration::from_secs(1801));
        let got = redfish.send("GET", INVENTORY, &by_token, &Value::Null).await.unwrap();
        assert_eq!((got.status, got.message()), (401, "SYS415"));
        let wrong = json!({ "UserName": "root", "Password": "wrong" });
        assert_eq!(redfish.post(SESSIONS, &wrong).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_root_is_open_to_everybody() {
    let (_lab, redfish) = start("r770-01").await;
    for (path, status) in
        [("/redfish/v1", 200), ("/redfish/v1/", 200), ("/redfish/v1/Systems", 401)]
    {
        let request = redfish.http.get(format!("{}{path}", redfish.endpoint));
        let got = Redfish::got(request).await.unwrap();
        assert_eq!(got.status, status, "{path}");
    }
    let got = redfish.get("/redfish/v1/Nothing").await;
    assert_eq!((got.status, got.message()), (404, "SYS403"));
    let id = got.body["error"]["@Message.ExtendedInfo"][0]["MessageId"].as_str();
    assert_eq!(id, Some("IDRAC.2.10.SYS403"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multipart_upload_becomes_a_job_on_both() {
    for (server, folder, file, fqdd) in [
        ("r750-01", "Tasks", BACKPLANE, "RAID.Backplane.Firmware.1"),
        (
            "r770-01",
            "TaskMonitors",
            "Diagnostics_R770_WN64_4302A14.EXE",
            "Diagnostics.Embedded.1:LC.Embedded.1",
        ),
    ] {
        let (lab, redfish) = start(server).await;
        let parameters = br#"{"Targets": [], "@Redfish.OperationApplyTime": "Immediate"}"#;
        let body = form(&[
            ("UpdateParameters", None, parameters),
            ("UpdateFile", Some(file), &package(file)),
        ]);
        let got = push(&redfish, MULTIPART, None, body).await;
        assert_eq!(got.status, 202, "{:?}", got.body);
        let location = got.header("location").to_owned();
        assert!(location.contains(&format!("/TaskService/{folder}/JID_")), "{location}");
        let job = location.rsplit('/').next().unwrap();
        redfish.until(job, &["Completed"]).await;
        let server = &lab.inventory()["servers"][server];
        let version = file.rsplit('_').next().unwrap().trim_end_matches(".EXE");
        assert_eq!(server["firmware"][fqdd]["version"], version);
        // Immediate reboots the host where the component needs that, and only there.
        let reboots = u64::from(fqdd.starts_with("RAID"));
        assert_eq!(server["boots"], reboots, "{server}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pushed_file_waits_as_available_until_it_is_installed() {
    let (lab, redfish) = start("r750-01").await;
    let body = form(&[("file", Some(BACKPLANE), &package(BACKPLANE))]);
    let got = push(&redfish, INVENTORY, None, body.clone()).await;
    assert_eq!((got.status, got.message()), (428, "SYS404"));
    let got = push(&redfish, INVENTORY, Some("\"0\""), body.clone()).await;
    assert_eq!((got.status, got.message()), (412, "SYS400"));
    let etag = redfish.get(INVENTORY).await.header("etag").to_owned();
    // Bare and quoted ETags are taken.
    let got = push(&redfish, INVENTORY, Some(etag.trim_matches('"')), body).await;
    assert_eq!(got.status, 201, "{:?}", got.body);
    let available = got.header("location").to_owned();
    assert!(
        available.ends_with("/Available-107649-7.11__RAID.Backplane.Firmware.1"),
        "{available}"
    );
    assert_eq!(redfish.get(&available).await.body["Version"], "7.11");
    let got = redfish.post(SIMPLE_UPDATE, &json!({ "ImageURI": available })).await;
    assert_eq!(got.status, 202, "{:?}", got.body);
    let job = got.header("location").rsplit('/').next().unwrap().to_owned();
    redfish.until(&job, &["Scheduled"]).await;
    assert!(lab.reset_host("r750-01"));
    redfish.until(&job, &["Completed"]).await;
    assert_eq!(redfish.get(&available).await.status, 404);
    let server = &lab.inventory()["servers"]["r750-01"];
    assert_eq!(server["power_events"], json!([{ "what": "ForceRestart", "by": "operator" }]));

    // What is not wanted after all is taken away with the ETag of now.
    let etag = redfish.get(INVENTORY).await.header("etag").to_owned();
    let body = form(&[("file", Some(BACKPLANE), &package(BACKPLANE))]);
    let available =
        push(&redfish, INVENTORY, Some(&etag), body).await.header("location").to_owned();
    let if_match = [("If-Match", etag.as_str())];
    let got = redfish.send("DELETE", &available, &if_match, &Value::Null);
    assert_eq!(got.await.unwrap().status, 412);
    let etag = redfish.get(INVENTORY).await.header("etag").to_owned();
    let if_match = [("If-Match", etag.as_str())];
    let got = redfish.send("DELETE", &available, &if_match, &Value::Null);
    assert_eq!(got.await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idrac10_has_other_places() {
    let (_lab, redfish) = start("r770-01").await;
    let service = redfish.get("/redfish/v1/UpdateService").await.body;
    assert!(service["HttpPushUri"].is_null());
    let body = json!({ "ImageURI": "http://images.example.com/firmware/x.EXE" });
    let got = redfish.send("POST", SIMPLE_UPDATE, &[("If-Match", "*")], &body).await.unwrap();
    assert_eq!((got.status, got.message()), (412, "SYS400"));
    assert_eq!(redfish.get("/redfish/v1/Managers/iDRAC.Embedded.1/Jobs").await.status, 404);
    let job = redfish.update("Diagnostics_R770_WN64_4302A14.EXE").await;
    redfish.until(&job, &["Completed"]).await;
    for path in ["TaskService/Tasks", "TaskService/TaskMonitors", "JobService/Jobs"] {
        let got = redfish.get(&format!("/redfish/v1/{path}/{job}")).await;
        assert_eq!(got.status, 200, "{path}");
    }
    let got = push(&redfish, INVENTORY, Some("*"), form(&[])).await;
    assert_eq!((got.status, got.message()), (405, "SYS402"));
}

/// The task is not there in the first seconds, is 202 while it runs, and goes ten minutes after its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_comes_late_and_goes_early() {
    let (lab, redfish) = start("r750-01").await;
    lab.clock().freeze();
    let job = redfish.update("Diagnostics_R750_WN64_4301A79.EXE").await;
    let task = format!("/redfish/v1/TaskService/Tasks/{job}");
    assert_eq!(redfish.get(&task).await.status, 404);
    assert_eq!(redfish.get(&format!("{JOBS}/{job}")).await.status, 200);
    lab.clock().advance(std::time::Duration::from_secs(5));
    assert_eq!(redfish.get(&task).await.status, 202);
    lab.clock().resume();
    redfish.until(&job, &["Completed"]).await;
    let got = redfish.get(&task).await;
    assert!(matches!(got.status, 200 | 404), "{got:?}");
    lab.clock().advance(std::time::Duration::from_secs(601));
    assert_eq!(redfish.get(&task).await.status, 404);
    assert_eq!(redfish.get(&format!("{JOBS}/{job}")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_with_the_servers_messages() {
    let (lab, redfish) = start("r750-01").await;
    for (body, message) in [
        (json!({}), "SYS428"),
        (json!({ "ImageURI": "http://images.example.com/a", "TransferProtocol": "SMB" }), "SYS426"),
        (
            json!({ "ImageURI": "http://images.example.com/a", "@Redfish.OperationApplyTime": "Now" }),
            "SYS426",
        ),
        (json!({ "ImageURI": "nfs://filer/a", "TransferProtocol": "NFS" }), "RED016"),
        (
            json!({ "ImageURI": format!("{INVENTORY}/Installed-159-1.13.2__BIOS.Setup.1-1") }),
            "RED018",
        ),
    ] {
        let got = redfish.post(SIMPLE_UPDATE, &body).await;
        assert_eq!((got.status, got.message()), (400, message), "{body}");
    }
    let body = json!({ "ImageURI": format!("{INVENTORY}/Previous-159-0.0.1__BIOS.Setup.1-1") });
    assert_eq!(redfish.post(SIMPLE_UPDATE, &body).await.status, 404);
    assert_eq!(lab.inventory()["servers"]["r750-01"]["jobs"], json!({}));
    let expanded = redfish.get(&format!("{INVENTORY}?$expand=*($levels=1)")).await.body;
    let members = expanded["Members"].as_array().unwrap();
    assert!(members.iter().all(|member| member["Version"].is_string()), "{members:?}");
}

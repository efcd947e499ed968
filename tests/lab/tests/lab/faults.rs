//! What the lab does on demand: stalls, resets, offline nodes, failing tasks, a full storage.

use std::time::Duration;

use onprem_lab::{Effect, Fault, Lab, LabOptions, When};
use serde_json::{Value, json};

use crate::client::Client;

async fn start() -> (Lab, Client) {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let client = Client::new(&lab);
    (lab, client)
}

/// A client killed while its request is held after the processing has made the machine all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_stalled_after_processing_has_had_its_effect() {
    let (lab, client) = start().await;
    let stall = Fault::new(Effect::Stall { when: When::After }).method("POST").path("/qemu$");
    let number = lab.faults().arm(stall).unwrap();
    let killed = client.clone();
    let request =
        tokio::spawn(async move { killed.call("POST", "/nodes/pve1/qemu", "vmid=100").await });
    let stall = lab.faults().stalled(number).await;
    assert_eq!((stall.method.as_str(), stall.path.as_str()), ("POST", "/nodes/pve1/qemu"));
    request.abort();
    while lab.inventory()["guests"]["100"]["config"]["smbios1"].is_null() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The held request went with its client, so nothing is left to release.
    while !lab.faults().stalls().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(lab.requests().all().last().unwrap().status, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_stalled_before_processing_and_aborted_has_none() {
    let (lab, client) = start().await;
    let stall = Fault::new(Effect::Stall { when: When::Before }).method("POST").path("/qemu$");
    let number = lab.faults().arm(stall).unwrap();
    let other = client.clone();
    let request =
        tokio::spawn(async move { other.call("POST", "/nodes/pve1/qemu", "vmid=100").await });
    lab.faults().stalled(number).await;
    lab.faults().abort(number);
    assert!(request.await.unwrap().is_err());
    assert!(lab.inventory()["guests"].as_object().unwrap().is_empty());
    // Used up: the next one passes.
    assert_eq!(client.call("POST", "/nodes/pve1/qemu", "vmid=100").await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offline_node_refuses_and_is_595_through_the_others() {
    let (lab, client) = start().await;
    let fault = Fault::new(Effect::NodeOffline { name: "pve2".to_owned() });
    let number = lab.faults().arm(fault).unwrap();
    let (status, _) = client.call("GET", "/nodes/pve2/status", "").await.unwrap();
    assert_eq!(status, 595);
    let second = client.at(&lab.proxmox_endpoints()[1]);
    while second.call("GET", "/version", "").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    lab.faults().disarm(number);
    while second.call("GET", "/version", "").await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.call("GET", "/nodes/pve2/status", "").await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_reset_and_lock_faults_strike_once() {
    let (lab, client) = start().await;
    client.finished("POST", "/nodes/pve1/qemu", "vmid=100").await;
    let effect = Effect::Status { status: 503, message: None };
    lab.faults().arm(Fault::new(effect).path("^/version$").count(1)).unwrap();
    assert_eq!(client.call("GET", "/version", "").await.unwrap().0, 503);
    assert_eq!(client.call("GET", "/version", "").await.unwrap().0, 200);
    let effect = Effect::Reset { when: When::Before };
    lab.faults().arm(Fault::new(effect).path("^/version$").count(1)).unwrap();
    assert!(client.call("GET", "/version", "").await.is_err());
    lab.faults().arm(Fault::new(Effect::LockTimeout).method("PUT").count(1)).unwrap();
    let (status, body) =
        client.call("PUT", "/nodes/pve1/qemu/100/config", "cores=2").await.unwrap();
    assert_eq!(status, 500);
    let text = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout\n";
    assert_eq!(body["message"], text);
    assert_eq!(client.call("PUT", "/nodes/pve1/qemu/100/config", "cores=2").await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_fail_and_storages_fill_on_demand() {
    let (lab, client) = start().await;
    let before = lab.inventory();
    let effect =
        Effect::TaskFailure { task: Some("qmcreate".to_owned()), exit: "no luck".to_owned() };
    lab.faults().arm(Fault::new(effect).count(1)).unwrap();
    let exit = client.finished("POST", "/nodes/pve1/qemu", "vmid=100").await;
    assert_eq!(exit, "no luck");
    assert_eq!(lab.inventory(), before);
    let effect = Effect::StorageFull { storage: "local".to_owned() };
    lab.faults().arm(Fault::new(effect).count(1)).unwrap();
    let form = "content=iso&filename=a.iso&url=http%3A%2F%2Fimages.example.com%2Falpine-3.22.iso";
    let path = "/nodes/pve1/storage/local/download-url";
    let exit = client.finished("POST", path, form).await;
    assert!(exit.contains("No space left on device"), "{exit}");
    assert_eq!(client.finished("POST", path, form).await, "OK");
}

/// Nothing outside the lab is reached, whatever a node is asked to download.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_stay_on_loopback() {
    let (_lab, client) = start().await;
    for (host, text) in [
        ("cloud-images.ubuntu.com", "unable to resolve host address 'cloud-images.ubuntu.com'"),
        ("192.0.2.1", "Network is unreachable"),
    ] {
        let form = format!("content=iso&filename=a.iso&url=https%3A%2F%2F{host}%2Fa.iso");
        let exit = client.finished("POST", "/nodes/pve1/storage/local/download-url", &form).await;
        assert!(exit.contains(text), "{exit}");
    }
    let form = "content=iso&filename=b.iso&url=https%3A%2F%2Fimages.example.com%2Falpine-3.22.iso";
    let exit = client.finished("POST", "/nodes/pve1/storage/local/download-url", form).await;
    assert_eq!(exit, "OK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_api_arms_faults_and_moves_the_clock() {
    let (lab, client) = start().await;
    let admin = client.at(&lab.admin_url());
    let fault = json!({ "kind": "status", "status": 502, "path": "^/version$" });
    let (status, answer) = admin.plain("POST", "/faults", &fault).await;
    assert_eq!((status, &answer["fault"]), (200, &json!(1)));
    assert_eq!(client.call("GET", "/version", "").await.unwrap().0, 502);
    let (_, list) = admin.plain("GET", "/faults", &Value::Null).await;
    assert_eq!(list[0]["met"], 1);
    admin.plain("DELETE", "/faults/1", &Value::Null).await;
    assert_eq!(client.call("GET", "/version", "").await.unwrap().0, 200);
    let (_, frozen) = admin.plain("POST", "/clock", &json!({ "frozen": true })).await;
    let (_, later) = admin.plain("POST", "/clock", &json!({ "advance": "2h" })).await;
    let hours = later["passed"].as_f64().unwrap() - frozen["passed"].as_f64().unwrap();
    assert!((hours - 7200.0).abs() < 0.001, "{hours}");
    assert_eq!(admin.plain("POST", "/faults", &json!({ "kind": "nope" })).await.0, 400);
}

/// A ticket is good for two hours of the lab's time; the ticket itself renews it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_expire_with_the_labs_clock() {
    let (lab, client) = start().await;
    lab.clock().freeze();
    let login = format!("username=root%40pam&password={}", lab.password());
    let (_, answer) = client.call("POST", "/access/ticket", &login).await.unwrap();
    let ticket = answer["data"]["ticket"].as_str().unwrap().to_owned();
    assert_eq!(client.with_ticket(&ticket, "/version").await, 200);
    let before = lab.clock().unix();
    lab.clock().advance(Duration::from_secs(2 * 3600));
    assert_eq!(lab.clock().unix(), before + 7200);
    lab.clock().resume();
    assert_eq!(client.with_ticket(&ticket, "/version").await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_requests_names_parameters_without_their_values() {
    let (lab, client) = start().await;
    let mark = lab.requests().mark();
    let form = "username=root%40pam&password=very-secret";
    client.call("POST", "/access/ticket", form).await.unwrap();
    let requests = lab.requests().since(mark);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].parameters, ["password", "username"]);
    assert_eq!(requests[0].status, Some(401));
    assert!(!format!("{requests:?}").contains("very-secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditor_sees_and_changes_nothing() {
    let (lab, client) = start().await;
    client.finished("POST", "/nodes/pve1/qemu", "vmid=100").await;
    let auditor = client.as_token(lab.auditor_token());
    assert_eq!(auditor.call("GET", "/nodes/pve1/qemu/100/config", "").await.unwrap().0, 200);
    let (status, body) =
        auditor.call("PUT", "/nodes/pve1/qemu/100/config", "cores=2").await.unwrap();
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().starts_with("Permission check failed (/vms/100, "));
    assert_eq!(auditor.call("POST", "/nodes/pve1/qemu", "vmid=101").await.unwrap().0, 403);
}

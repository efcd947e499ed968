//! Tasks: following, warnings, failures, locks, and lost answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use onprem_proxmox::{CloneVm, Deadline, ErrorKind, NodeName, Params, Qemu, Upid, VmId};
use serde_json::{Value, json};

use crate::server::{Reply, Server};

const LOCKED: &str = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout";

fn upid(number: u8, kind: &str, user: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    format!("UPID:pve1:000000{number:02X}:000B1A90:{now:08X}:{kind}:100:{user}:")
}

fn vm(server: &Server) -> Qemu {
    server.client().qemu(&NodeName::new("pve1").unwrap(), VmId::new(100).unwrap())
}

fn ended(exit: &str) -> Reply {
    Reply::Data(json!({ "status": "stopped", "exitstatus": exit }))
}

fn log(lines: &[&str], total: usize) -> Reply {
    let lines: Vec<Value> =
        lines.iter().enumerate().map(|(n, t)| json!({ "n": n + 1, "t": t })).collect();
    Reply::Body(json!({ "data": lines, "total": total }))
}

fn is_status(line: &str) -> bool {
    line.starts_with("GET") && line.contains("/tasks/UPID") && line.ends_with("/status")
}

fn is_log(line: &str) -> bool {
    line.contains("/tasks/UPID") && line.ends_with("/log")
}

#[tokio::test]
async fn a_task_is_followed_through_passing_failures_to_its_end() {
    let mut states = [
        Reply::Data(json!({ "status": "running" })),
        Reply::error(596, "Connection timed out"),
        Reply::Lose,
        Reply::error(400, "no such task"),
        ended("OK"),
    ]
    .into_iter();
    let server = Server::start(move |request| match request.line.as_str() {
        line if is_status(line) => states.next().unwrap(),
        _ => Reply::Data(json!(upid(1, "qmstart", "root@pam!test"))),
    })
    .await;
    let mut started = Vec::new();
    let call = vm(&server).power().start().on_start(|upid: &Upid| started.push(upid.clone()));
    let report = call.await.unwrap();
    assert!(report.warnings.is_empty());
    assert_eq!(started, [report.upid.unwrap()]);
}

#[tokio::test]
async fn warnings_come_with_the_report() {
    let server = Server::start(|request| match request.line.as_str() {
        line if is_status(line) => ended("WARNINGS: 1"),
        line if is_log(line) => log(&["a", "WARN: iothread is ignored", "TASK WARNINGS: 1"], 3),
        _ => Reply::Data(json!(upid(1, "qmcreate", "root@pam!test"))),
    })
    .await;
    let report = vm(&server).create(&Params::new()).await.unwrap();
    assert_eq!(report.warnings, ["iothread is ignored"]);
}

#[tokio::test]
async fn a_failure_carries_exit_status_and_the_end_of_the_log() {
    let server = Server::start(|request| match request.line.as_str() {
        line if is_status(line) => ended("checksum mismatch: got 'a' != expect 'b'"),
        line if is_log(line) && request.params["start"] == "0" => log(&["first"], 1000),
        line if is_log(line) => {
            assert_eq!((&*request.params["start"], &*request.params["limit"]), ("975", "25"));
            log(&["almost", "TASK ERROR: checksum mismatch"], 1000)
        }
        _ => Reply::Data(json!(upid(1, "qmcreate", "root@pam!test"))),
    })
    .await;
    let error = vm(&server).create(&Params::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TaskFailed);
    let task = error.task().unwrap();
    assert_eq!(task.exit, "checksum mismatch: got 'a' != expect 'b'");
    assert_eq!(task.log, ["almost", "TASK ERROR: checksum mismatch"]);
    assert!(error.to_string().starts_with("POST /nodes/pve1/qemu on http://127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_failure_is_named_by_its_exit_status() {
    let server = Server::start(|request| match request.line.as_str() {
        line if is_status(line) => ended("unable to create VM 100: config file already exists"),
        line if is_log(line) => Reply::error(500, "no log"),
        _ => Reply::Data(json!(upid(1, "qmclone", "root@pam!test"))),
    })
    .await;
    let clone = CloneVm::new(VmId::new(101).unwrap());
    let error = vm(&server).clone_to(&clone).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(server.count("POST /nodes/pve1/qemu/100/clone"), 1);
}

#[tokio::test]
async fn lock_timeouts_are_tried_again_at_dispatch_and_in_the_task() {
    let mut starts = [
        Reply::error(500, LOCKED),
        Reply::error(500, "got no worker upid - start worker failed"),
        Reply::Data(json!(upid(1, "qmstart", "root@pam!test"))),
        Reply::Data(json!(upid(2, "qmstart", "root@pam!test"))),
    ]
    .into_iter();
    let server = Server::start(move |request| match request.line.as_str() {
        line if is_status(line) && line.contains("00000001") => ended(LOCKED),
        line if is_status(line) => ended("OK"),
        line if is_log(line) => log(&["trying to acquire lock..."], 1),
        _ => starts.next().unwrap(),
    })
    .await;
    let report = vm(&server).power().start().await.unwrap();
    assert!(report.upid.unwrap().as_str().contains(":00000002:"));
    assert_eq!(server.count("POST /nodes/pve1/qemu/100/status/start"), 4);
}

#[tokio::test]
async fn a_lock_that_stays_ends_with_the_deadline() {
    let server = Server::start(|_| Reply::error(500, LOCKED)).await;
    let deadline = Deadline::after(Duration::from_millis(300), "the update timeout");
    let error = vm(&server).power().start().until(&deadline).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::LockTimeout);
    let client = server.client().until(&deadline);
    let vm = client.qemu(&NodeName::new("pve1").unwrap(), VmId::new(100).unwrap());
    let error = vm.update(&Params::new().with("cores", 2)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LockTimeout | ErrorKind::Timeout), "{error:?}");
}

#[tokio::test]
async fn the_deadline_ends_the_wait_and_says_what_goes_on() {
    let server = Server::start(|request| match request.line.as_str() {
        line if is_status(line) => Reply::Data(json!({ "status": "running" })),
        _ => Reply::Data(json!(upid(1, "qmstart", "root@pam!test"))),
    })
    .await;
    let deadline = Deadline::after(Duration::from_millis(200), "the create timeout");
    let error = vm(&server).power().start().until(&deadline).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
    let text = error.text();
    assert!(text.starts_with("the create timeout of 200ms passed while the task UPID"), "{text}");
    assert!(text.ends_with("it goes on on its node"), "{text}");
}

/// A server that loses answers to starts; `listed` is what its task list holds from then on
async fn forgetful(
    losses: usize,
    listed: Vec<String>,
    after: Reply,
) -> (Server, Arc<Mutex<usize>>) {
    let posts = Arc::new(Mutex::new(0));
    let count = posts.clone();
    let server = Server::start(move |request| match request.line.as_str() {
        line if is_status(line) => ended("OK"),
        "GET /nodes/pve1/tasks" => {
            let rows = listed.iter().map(|upid| json!({ "upid": upid, "starttime": 1 }));
            Reply::Data(rows.collect())
        }
        _ => {
            let mut posts = count.lock().unwrap();
            *posts += 1;
            if *posts <= losses { Reply::Lose } else { after.clone() }
        }
    })
    .await;
    (server, posts)
}

#[tokio::test]
async fn a_task_whose_answer_was_lost_is_found_and_not_started_again() {
    let ours = upid(7, "qmcreate", "root@pam!test");
    let listed = vec![
        upid(1, "qmcreate", "root@pam!other"),
        upid(2, "qmdestroy", "root@pam!test"),
        "UPID:pve1:00000003:000B1A90:6B012F7D:qmcreate:100:root@pam!test:".to_owned(),
        upid(4, "qmcreate", "root@pam!test").replace(":100:", ":101:"),
        ours.clone(),
    ];
    let (server, posts) = forgetful(1, listed, Reply::error(500, "must not be asked")).await;
    let report = vm(&server).create(&Params::new()).await.unwrap();
    assert_eq!(report.upid.unwrap().as_str(), ours);
    assert_eq!(*posts.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_start_that_left_no_task_is_sent_again() {
    let listed = vec![upid(1, "qmcreate", "root@pam!other")];
    let answer = Reply::Data(json!(upid(9, "qmcreate", "root@pam!test")));
    let (server, posts) = forgetful(1, listed, answer).await;
    let report = vm(&server).create(&Params::new()).await.unwrap();
    assert!(report.upid.unwrap().as_str().contains(":00000009:"));
    assert_eq!(*posts.lock().unwrap(), 2);
}

#[tokio::test]
async fn somebody_elses_object_is_not_taken_for_ours_after_a_loss() {
    let taken = Reply::error(500, "unable to create VM 100 - VM 100 already exists on node 'pve1'");
    let (server, _) = forgetful(1, vec![upid(1, "qmcreate", "root@pam!other")], taken).await;
    let error = vm(&server).create(&Params::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_task_of_an_earlier_call_is_not_taken_for_a_lost_one() {
    let first = upid(1, "qmclone", "root@pam!test");
    let mut posts = 0;
    let known = first.clone();
    let server = Server::start(move |request| match request.line.as_str() {
        line if is_status(line) => ended("OK"),
        "GET /nodes/pve1/tasks" => Reply::Data(json!([{ "upid": known, "starttime": 1 }])),
        _ => {
            posts += 1;
            match posts {
                1 => Reply::Data(json!(known)),
                2 => Reply::Lose,
                _ => Reply::Data(json!(upid(2, "qmclone", "root@pam!test"))),
            }
        }
    })
    .await;
    let source = vm(&server);
    let number = |number| CloneVm::new(VmId::new(number).unwrap());
    assert_eq!(source.clone_to(&number(101)).await.unwrap().upid.unwrap().as_str(), first);
    let second = source.clone_to(&number(102)).await.unwrap().upid.unwrap();
    assert!(second.as_str().contains(":00000002:"));
}

//! Moving guests, by their own task and by the manager of high availability.

use std::time::Duration;

use onprem_proxmox::{Deadline, ErrorKind, MigrateContainer, MigrateVm, NodeName, VmId};
use serde_json::{Value, json};

use crate::server::{Reply, Server};

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn id() -> VmId {
    VmId::new(100).unwrap()
}

fn upid(task_type: &str) -> String {
    format!("UPID:pve1:000000C0:000B1A90:6B012F7D:{task_type}:100:root@pam!test:")
}

fn gone() -> Reply {
    Reply::error(500, "Configuration file 'nodes/pve2/qemu-server/100.conf' does not exist")
}

/// A cluster that takes the order with this task, and answers questions for the target's
/// configuration in turn, the last one for ever
async fn cluster(task_type: &'static str, arrivals: Vec<Reply>, tasks: Value, ha: Value) -> Server {
    let mut arrivals = arrivals.into_iter().peekable();
    Server::start(move |request| match request.line.as_str() {
        line if line.starts_with("POST") => Reply::Data(json!(upid(task_type))),
        line if line.starts_with("GET /nodes/pve2/") => {
            let reply = arrivals.peek().unwrap().clone();
            if arrivals.len() > 1 {
                arrivals.next();
            }
            reply
        }
        "GET /nodes/pve1/tasks" => Reply::Data(tasks.clone()),
        "GET /cluster/ha/status/current" => Reply::Data(ha.clone()),
        line if line.ends_with("/log") => {
            Reply::Body(json!({ "data": [{ "n": 1, "t": "sorry" }], "total": 1 }))
        }
        line if line.contains("qmigrate") => {
            Reply::Data(json!({ "status": "stopped", "exitstatus": "migration aborted" }))
        }
        _ => Reply::Data(json!({ "status": "stopped", "exitstatus": "OK" })),
    })
    .await
}

fn config() -> Reply {
    Reply::Data(json!({ "digest": "abc" }))
}

#[tokio::test]
async fn a_container_is_restarted_on_its_new_node() {
    let server = cluster("vzmigrate", vec![gone(), config()], json!([]), json!([])).await;
    let ct = server.client().lxc(&node("pve1"), id());
    let to = MigrateContainer {
        restart: true,
        shutdown_timeout: Some(Duration::from_secs(60)),
        ..MigrateContainer::new(node("pve2"))
    };
    ct.migrate(&to).await.unwrap();
    let order = &server.seen()[0];
    assert_eq!(order.line, "POST /nodes/pve1/lxc/100/migrate");
    assert_eq!((&*order.params["target"], &*order.params["restart"]), ("pve2", "1"));
    assert_eq!(order.params["timeout"], "60");
    assert_eq!(server.count("GET /nodes/pve2/lxc/100/config"), 2);
}

#[tokio::test]
async fn a_managed_vm_is_followed_until_it_is_there() {
    let locked = Reply::Data(json!({ "digest": "abc", "lock": "migrate" }));
    let moving = json!([{ "sid": "vm:100", "node": "pve1", "state": "migrate" }]);
    let tasks = json!([{ "upid": upid("qmigrate"), "starttime": 1, "status": "RUNNING" }]);
    let server = cluster("hamigrate", vec![gone(), locked, config()], tasks, moving).await;
    let vm = server.client().qemu(&node("pve1"), id());
    let to = MigrateVm {
        online: true,
        with_local_disks: true,
        target_storage: Some("fast".to_owned()),
        ..MigrateVm::new(node("pve2"))
    };
    let mut started = Vec::new();
    let report =
        vm.migrate(&to).on_start(|upid| started.push(upid.task_type().to_owned())).await.unwrap();
    assert_eq!(report.upid.unwrap().task_type(), "hamigrate");
    assert_eq!(started, ["hamigrate"]);
    let order = &server.seen()[0].params;
    assert_eq!((&*order["online"], &*order["with-local-disks"]), ("1", "1"));
    assert_eq!(order["targetstorage"], "fast");
    assert_eq!(server.count("GET /nodes/pve2/qemu/100/config"), 3);
}

#[tokio::test]
async fn a_managed_move_fails_as_the_managers_own_task_did() {
    let tasks = json!([{
        "upid": upid("qmigrate"), "starttime": 1, "endtime": 2, "status": "migration aborted",
    }]);
    let server = cluster("hamigrate", vec![gone()], tasks, json!([])).await;
    let vm = server.client().qemu(&node("pve1"), id());
    let error = vm.migrate(&MigrateVm::new(node("pve2"))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.task().unwrap().log, ["sorry"]);

    let broken = json!([{ "sid": "vm:100", "node": "pve1", "state": "error" }]);
    let server = cluster("hamigrate", vec![gone()], json!([]), broken).await;
    let vm = server.client().qemu(&node("pve1"), id());
    let error = vm.migrate(&MigrateVm::new(node("pve2"))).await.unwrap_err();
    assert!(error.text().contains("guest 100 from pve1 to pve2"), "{error}");
}

#[tokio::test]
async fn a_move_that_takes_too_long_goes_on_without_us() {
    let server = cluster("hamigrate", vec![gone()], json!([]), json!([])).await;
    let vm = server.client().qemu(&node("pve1"), id());
    let deadline = Deadline::after(Duration::from_millis(300), "the update timeout");
    let migration = vm.migrate(&MigrateVm::new(node("pve2"))).until(&deadline);
    let error = migration.await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
    assert!(error.text().contains("goes on"), "{error}");
}

#[tokio::test]
async fn what_stands_in_the_way_is_told() {
    let server = Server::start(|_| {
        Reply::Data(json!({
            "running": 1, "allowed_nodes": ["pve2"], "local_resources": ["hostpci0"],
            "local_disks": [{ "volid": "local-lvm:vm-100-disk-0", "size": 1024, "cdrom": 0 }],
            "mapped-resources": [],
        }))
    })
    .await;
    let vm = server.client().qemu(&node("pve1"), id());
    let check = vm.migration_check(&node("pve2")).await.unwrap();
    assert!(check.running);
    assert_eq!(check.local_disks[0].volid, "local-lvm:vm-100-disk-0");
    assert_eq!(check.local_resources, ["hostpci0"]);
}

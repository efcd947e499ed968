//! Containers, what VMs can do besides, snapshots, pools and high availability.

use std::time::Duration;

use onprem_proxmox::{
    CloneContainer, CloudInitPart, DeleteContainer, ErrorKind, Feature, GuestKind, Lxc, MoveVolume,
    NodeName, Params, PendingValue, StorageName, Upload, UploadSource, VmId,
};
use serde_json::json;

use crate::server::{Received, Reply, Server};

fn node() -> NodeName {
    NodeName::new("pve1").unwrap()
}

fn id(number: i64) -> VmId {
    VmId::new(number).unwrap()
}

fn upid(task_type: &str, object: &str) -> String {
    format!("UPID:pve1:000000C0:000B1A90:6B012F7D:{task_type}:{object}:root@pam!test:")
}

/// A server whose every task ends well at once
async fn obliging() -> Server {
    Server::start(|request| match request.line.as_str() {
        line if line.starts_with("GET") && line.ends_with("/status") => {
            Reply::Data(json!({ "status": "stopped", "exitstatus": "OK" }))
        }
        line if line.ends_with("/config") || line.ends_with("/template") => {
            Reply::Data(json!(null))
        }
        line if line.ends_with("/unlink") => Reply::Data(json!(null)),
        _ => Reply::Data(json!(upid("vzcreate", "310"))),
    })
    .await
}

fn container(server: &Server) -> Lxc {
    server.client().lxc(&node(), id(310))
}

/// The request that is no question about a task
fn sent(server: &Server) -> Received {
    let mut all = server.seen();
    all.retain(|request| !request.line.contains("/tasks/"));
    all.pop().unwrap()
}

#[tokio::test]
async fn a_container_lives_in_the_words_of_its_api() {
    let server = obliging().await;
    let ct = container(&server);
    let params =
        Params::new().with("ostemplate", "local:vztmpl/a.tar.zst").with("rootfs", "local:8");
    ct.create(&params).await.unwrap();
    let create = sent(&server);
    assert_eq!(create.line, "POST /nodes/pve1/lxc");
    assert_eq!(create.params["vmid"], "310");
    assert_eq!(create.params["ostemplate"], "local:vztmpl/a.tar.zst");

    ct.update(&Params::new().with("digest", "abc")).await.unwrap();
    assert_eq!(server.count("PUT /nodes/pve1/lxc/310/config"), 0);
    ct.update(&Params::new().with("digest", "abc").with("memory", 512)).await.unwrap();
    assert_eq!(server.count("PUT /nodes/pve1/lxc/310/config"), 1);

    ct.resize("rootfs", "9G", Some("abc")).await.unwrap();
    let resize = sent(&server);
    assert_eq!(resize.line, "PUT /nodes/pve1/lxc/310/resize");
    assert_eq!(
        (&*resize.params["disk"], &*resize.params["size"], &*resize.params["digest"]),
        ("rootfs", "9G", "abc")
    );
    ct.move_volume("mp0", &MoveVolume::new(StorageName::new("nfs").unwrap())).await.unwrap();
    let moved = sent(&server);
    assert_eq!(moved.line, "POST /nodes/pve1/lxc/310/move_volume");
    assert_eq!((&*moved.params["storage"], &*moved.params["delete"]), ("nfs", "1"));

    let clone = CloneContainer { hostname: Some("b".to_owned()), ..CloneContainer::new(id(311)) };
    ct.clone_to(&clone).await.unwrap();
    let cloned = sent(&server);
    assert_eq!(cloned.line, "POST /nodes/pve1/lxc/310/clone");
    assert_eq!((&*cloned.params["newid"], &*cloned.params["hostname"]), ("311", "b"));

    ct.power().start().await.unwrap();
    ct.power().reboot(Duration::from_secs(60)).await.unwrap();
    assert_eq!(sent(&server).params["timeout"], "60");
    ct.power().shutdown(Duration::from_secs(30), true).await.unwrap();
    assert_eq!(sent(&server).params["forceStop"], "1");
    ct.power().stop(true).await.unwrap();
    assert_eq!(sent(&server).params["overrule-shutdown"], "1");
    ct.delete(&DeleteContainer { purge: true, force: true, ..Default::default() }).await.unwrap();
    let deleted = sent(&server);
    assert_eq!((deleted.line.as_str(), deleted.body.as_str()), ("DELETE /nodes/pve1/lxc/310", ""));
    assert_eq!((&*deleted.params["purge"], &*deleted.params["force"]), ("1", "1"));
}

#[tokio::test]
async fn a_lost_answer_to_a_container_clone_is_found_by_the_sources_number() {
    let server = Server::start(|request| match request.line.as_str() {
        "POST /nodes/pve1/lxc/310/clone" => Reply::Lose,
        "GET /nodes/pve1/tasks" => Reply::Data(json!([{
            "upid": upid("vzclone", "310").replace("6B012F7D", "7FFFFFFF"),
            "starttime": 2_147_483_647_u32,
        }])),
        _ => Reply::Data(json!({ "status": "stopped", "exitstatus": "OK" })),
    })
    .await;
    let report = container(&server).clone_to(&CloneContainer::new(id(311))).await.unwrap();
    assert_eq!(report.upid.unwrap().task_type(), "vzclone");
    assert_eq!(server.count("POST /nodes/pve1/lxc/310/clone"), 1);
}

/// A server where making a template is a task that ends like this, `None` for no task
async fn templates(answer: Reply, exit: Option<&'static str>) -> Server {
    let upid = upid("vztemplate", "310").replace("6B012F7D", "7FFFFFFF");
    let mut made = false;
    Server::start(move |request| match request.line.as_str() {
        line if line.starts_with("POST") => answer.clone(),
        "GET /nodes/pve1/lxc/310/config" => {
            Reply::Data(json!({ "digest": "abc", "template": u8::from(made) }))
        }
        "GET /nodes/pve1/tasks" => Reply::Data(match exit {
            Some(_) => json!([{ "upid": upid, "starttime": 2_147_483_647_u32 }]),
            None => json!([]),
        }),
        line if line.ends_with("/log") => Reply::Body(json!({ "data": [], "total": 0 })),
        _ => {
            made = exit == Some("OK");
            Reply::Data(json!({ "status": "stopped", "exitstatus": exit }))
        }
    })
    .await
}

#[tokio::test]
async fn a_template_is_made_by_a_task_that_the_answer_does_not_name() {
    for answer in [Reply::Data(json!(null)), Reply::Lose] {
        let server = templates(answer.clone(), Some("OK")).await;
        container(&server).convert_to_template().await.unwrap();
        assert_eq!(server.count("POST /nodes/pve1/lxc/310/template"), 1);
        let server = templates(answer, Some("broken")).await;
        let error = container(&server).convert_to_template().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::TaskFailed);
    }
    let server = templates(Reply::Lose, None).await;
    let error = container(&server).convert_to_template().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Lost);
    let server = templates(Reply::Data(json!(null)), None).await;
    let error = container(&server).convert_to_template().await.unwrap_err();
    assert!(error.text().contains("did not become a template"), "{error}");
}

#[tokio::test]
async fn power_situations_are_named() {
    for (text, kind) in [
        ("CT 310 not running", ErrorKind::NotRunning),
        ("CT 310 already running", ErrorKind::AlreadyRunning),
        ("CT is locked (backup)", ErrorKind::Locked { lock: "backup".to_owned() }),
    ] {
        let server = Server::start(move |_| Reply::error(500, text)).await;
        assert_eq!(*container(&server).power().stop(false).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn a_stopped_container_has_no_addresses() {
    let mut replies = [
        Reply::Data(json!(null)),
        Reply::Data(json!([
            { "name": "lo", "hwaddr": "00:00:00:00:00:00", "ip-addresses": [
                { "ip-address": "127.0.0.1", "ip-address-type": "inet", "prefix": 8 },
            ] },
            { "name": "eth0", "hwaddr": "bc:24:11:00:00:01", "ip-addresses": [
                { "ip-address": "10.0.0.5", "ip-address-type": "inet", "prefix": 24 },
            ] },
        ])),
    ]
    .into_iter();
    let server = Server::start(move |_| replies.next().unwrap()).await;
    let ct = container(&server);
    assert!(ct.interfaces().await.unwrap().is_empty());
    let interfaces = ct.interfaces().await.unwrap();
    let addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
    let reachable: Vec<String> =
        addresses.filter(|address| address.is_reachable()).map(|a| a.ip.to_string()).collect();
    assert_eq!(reachable, ["10.0.0.5"]);
}

#[tokio::test]
async fn slots_are_unlinked_through_a_busy_lock() {
    let mut failures = 1;
    let server = Server::start(move |_| {
        if failures > 0 {
            failures -= 1;
            let lock = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout";
            return Reply::error(500, lock);
        }
        Reply::Data(json!(null))
    })
    .await;
    let vm = server.client().qemu(&node(), id(100));
    vm.unlink(&[], true).await.unwrap();
    assert!(server.seen().is_empty());
    vm.unlink(&["scsi1", "unused0"], true).await.unwrap();
    assert_eq!(server.count("PUT /nodes/pve1/qemu/100/unlink"), 2);
    let unlink = sent(&server);
    assert_eq!((&*unlink.params["idlist"], &*unlink.params["force"]), ("scsi1,unused0", "1"));
}

#[tokio::test]
async fn questions_about_a_vm_have_typed_answers() {
    let server = Server::start(|request| match request.line.as_str() {
        line if line.ends_with("/feature") => {
            Reply::Data(json!({ "hasFeature": 1, "nodes": ["pve1", "pve2"] }))
        }
        line if line.ends_with("/cloudinit/dump") => Reply::Data(json!("#cloud-config\n")),
        line if line.ends_with("/cloudinit") => Reply::Data(json!([
            { "key": "ciuser", "value": "root", "pending": "neu" },
            { "key": "ciupgrade", "value": 1 },
        ])),
        line if line.ends_with("/snapshot") => Reply::Data(json!([
            { "name": "current", "description": "You are here!", "running": 0, "parent": "s2" },
            { "name": "s2", "description": "", "parent": "s1", "snaptime": 20, "vmstate": 1 },
            { "name": "s1", "description": "first", "snaptime": 10 },
        ])),
        line if line.ends_with("/status/current") => Reply::Data(json!({
            "status": "running", "ha": { "managed": 1, "state": "started" },
        })),
        line => panic!("{line}"),
    })
    .await;
    let vm = server.client().qemu(&node(), id(100));
    let check = vm.feature(Feature::Clone, Some("s1")).await.unwrap();
    assert!(check.has_feature);
    assert_eq!(check.nodes.len(), 2);
    assert_eq!(sent(&server).params["snapname"], "s1");
    assert_eq!(vm.cloud_init_dump(CloudInitPart::User).await.unwrap(), "#cloud-config\n");
    assert_eq!(sent(&server).params["type"], "user");
    let settings = vm.cloud_init_pending().await.unwrap();
    assert_eq!(PendingValue::waiting(&settings), ["ciuser"]);
    let snapshots = vm.snapshots().await.unwrap();
    let names: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.name.as_str()).collect();
    assert_eq!(names, ["s1", "s2"]);
    assert!(vm.status().await.unwrap().ha.managed);
}

#[tokio::test]
async fn a_pool_takes_and_gives_guests_without_complaint_about_what_is_so_already() {
    let server = Server::start(|request| {
        let text = match (request.params.get("vms").map(String::as_str), request.line.as_str()) {
            (Some("220"), _) => "update pools failed: VM 220 is already a pool member",
            (Some("221"), _) => "update pools failed: VM 221 is not a pool member",
            (Some("222"), _) => {
                "update pools failed: VM 222 belongs already to pool 'p1' and 'allow-move' is not set"
            }
            (_, "GET /pools") => {
                return Reply::Data(json!([{ "poolid": "p1/sub", "members": [
                    { "id": "qemu/225", "node": "pve1", "status": "unknown", "type": "qemu", "vmid": 225 },
                    { "id": "storage/pve1/local", "type": "storage", "storage": "local" },
                ] }]));
            }
            _ => "update pools failed: pool 'p1/sub' does not exist",
        };
        Reply::error(500, text)
    })
    .await;
    let pool = server.client().pool("p1/sub");
    pool.add_guest(id(220), false).await.unwrap();
    pool.remove_guest(id(221)).await.unwrap();
    assert_eq!(sent(&server).params["delete"], "1");
    let elsewhere = pool.add_guest(id(222), true).await.unwrap_err();
    assert!(elsewhere.text().contains("belongs already"), "{elsewhere}");
    assert_eq!(sent(&server).params["allow-move"], "1");
    let info = pool.get().await.unwrap();
    assert_eq!(sent(&server).params["poolid"], "p1/sub");
    assert_eq!(info.guests().collect::<Vec<_>>(), [id(225)]);
    assert!(pool.set_comment("x").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_guest_is_under_high_availability_or_not() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /cluster/ha/resources/vm:220" => {
            Reply::Data(json!({ "sid": "vm:220", "type": "vm", "state": "ignored", "digest": "a" }))
        }
        "GET /cluster/ha/resources/ct:221" => Reply::error(500, "no such resource 'ct:221'"),
        _ => Reply::Data(json!([
            { "id": "quorum", "type": "quorum", "node": "pve1", "status": "OK" },
            { "id": "service:vm:220", "sid": "vm:220", "type": "service", "node": "pve2",
              "state": "started", "request_state": "started", "status": "vm:220 (pve2, started)" },
        ])),
    })
    .await;
    let cluster = server.client().cluster();
    let managed = cluster.ha_resource(GuestKind::Qemu, id(220)).await.unwrap().unwrap();
    assert!(!managed.is_managed());
    assert!(cluster.ha_resource(GuestKind::Lxc, id(221)).await.unwrap().is_none());
    let service = cluster.ha_service(GuestKind::Qemu, id(220)).await.unwrap().unwrap();
    assert_eq!((service.node.unwrap().as_str(), service.state.as_str()), ("pve2", "started"));
    assert!(cluster.ha_service(GuestKind::Lxc, id(221)).await.unwrap().is_none());
}

#[test]
fn bytes_in_memory_become_an_upload() {
    let upload = Upload::from_bytes("iso", "seed.iso", vec![1, 2]);
    assert_eq!(upload.source, UploadSource::Bytes(vec![1, 2].into()));
    assert_eq!((upload.filename.as_str(), upload.checksum), ("seed.iso", None));
}

//! Containers beside machines: whole lives on the default lab of three nodes.

use onprem_lab::{Effect, Fault, Lab, LabOptions};
use serde_json::Value;

use crate::client::Client;

const TEMPLATE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A lab whose first node has downloaded the container template.
async fn start() -> (Lab, Client) {
    let lab = Lab::start(LabOptions::new()).await.unwrap();
    let client = Client::new(&lab);
    let form =
        format!("content=vztmpl&filename={TEMPLATE}&url=http://images.example.com/{TEMPLATE}");
    let path = "/nodes/pve1/storage/local/download-url";
    assert_eq!(client.finished("POST", path, &form).await, "OK");
    (lab, client)
}

async fn create(client: &Client, vmid: u32, more: &str) {
    let form = format!("vmid={vmid}&ostemplate=local:vztmpl/{TEMPLATE}&{more}");
    assert_eq!(client.finished("POST", "/nodes/pve1/lxc", &form).await, "OK");
}

async fn get(client: &Client, path: &str) -> Value {
    let (status, body) = client.call("GET", path, "").await.unwrap();
    assert_eq!(status, 200, "{path} {body}");
    body["data"].clone()
}

/// Message of a refused call.
async fn refused(client: &Client, method: &str, path: &str, form: &str) -> String {
    let (status, body) = client.call(method, path, form).await.unwrap();
    assert_ne!(status, 200, "{path}");
    body["message"].as_str().unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_of_the_stock_template_lives() {
    let (_lab, client) = start().await;
    let more = "hostname=web&rootfs=local-lvm:2&mp0=local-lvm:1,mp%3D/data&start=1\
                &net0=name%3Deth0,bridge%3Dvmbr0,ip%3D10.99.0.7/24";
    create(&client, 200, more).await;
    let config = get(&client, "/nodes/pve1/lxc/200/config").await;
    assert_eq!(config["rootfs"], "local-lvm:vm-200-disk-0,size=2G");
    assert_eq!(config["mp0"], "local-lvm:vm-200-disk-1,mp=/data,size=1G");
    assert_eq!((&config["ostype"], &config["unprivileged"]), (&"alpine".into(), &1.into()));
    let address = loop {
        let interfaces = get(&client, "/nodes/pve1/lxc/200/interfaces").await;
        let address = interfaces[1]["ip-addresses"][0]["ip-address"].clone();
        if address.is_string() {
            break address;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    assert_eq!(address, "10.99.0.7");

    let path = "/nodes/pve1/lxc/200/config";
    let form = "memory=256&features=nesting%3D1";
    assert_eq!(client.call("PUT", path, form).await.unwrap().0, 200);
    let now = get(&client, "/nodes/pve1/lxc/200/config?current=1").await;
    assert_eq!((&now["memory"], &now["features"]), (&256.into(), &Value::Null));
    assert_eq!(client.finished("POST", "/nodes/pve1/lxc/200/status/reboot", "").await, "OK");
    let now = get(&client, "/nodes/pve1/lxc/200/config?current=1").await;
    assert_eq!(now["features"], "nesting=1");
    let status = get(&client, "/nodes/pve1/lxc/200/status/current").await;
    assert_eq!(status["status"], "running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linked_clones_stand_on_a_thin_template() {
    let (lab, client) = start().await;
    let before = lab.inventory();
    create(&client, 200, "rootfs=local-lvm:2").await;
    let (status, body) = client.call("POST", "/nodes/pve1/lxc/200/template", "").await.unwrap();
    assert_eq!((status, &body["data"]), (200, &Value::Null));
    while get(&client, "/nodes/pve1/lxc/200/config").await["template"] != 1 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let clone = "/nodes/pve1/lxc/200/clone";
    assert_eq!(client.finished("POST", clone, "newid=201&hostname=copy").await, "OK");
    let config = get(&client, "/nodes/pve1/lxc/201/config").await;
    assert_eq!(config["rootfs"], "local-lvm:vm-201-disk-0,size=2G");
    assert_eq!(config["template"], Value::Null);
    let exit = client.finished("DELETE", "/nodes/pve1/lxc/200", "").await;
    assert!(exit.contains("still in use by linked cloned"), "{exit}");
    assert_eq!(client.finished("DELETE", "/nodes/pve1/lxc/201", "").await, "OK");
    assert_eq!(client.finished("DELETE", "/nodes/pve1/lxc/200", "").await, "OK");
    assert_eq!(lab.inventory(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_and_containers_share_their_numbers() {
    let (_lab, client) = start().await;
    create(&client, 100, "rootfs=local-lvm:1").await;
    let text = refused(&client, "POST", "/nodes/pve2/qemu", "vmid=100").await;
    assert_eq!(text, "unable to create VM 100 - CT 100 already exists on node 'pve1'");
    assert_eq!(get(&client, "/cluster/nextid").await, "101");
    assert_eq!(client.finished("POST", "/nodes/pve2/qemu", "vmid=101").await, "OK");
    let form = format!("vmid=101&ostemplate=local:vztmpl/{TEMPLATE}&rootfs=local-lvm:1");
    let text = refused(&client, "POST", "/nodes/pve1/lxc", &form).await;
    assert_eq!(text, "VM 101 already exists on node 'pve2'");
    let kinds: Vec<Value> = get(&client, "/cluster/resources?type=vm")
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    assert!(kinds.contains(&"lxc/100".into()) && kinds.contains(&"qemu/101".into()), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_locked_while_it_is_cloned() {
    let (lab, client) = start().await;
    create(&client, 200, "rootfs=local-lvm:1").await;
    lab.clock().freeze();
    let clone = "/nodes/pve1/lxc/200/clone";
    assert_eq!(client.call("POST", clone, "newid=201").await.unwrap().0, 200);
    assert_eq!(refused(&client, "POST", clone, "newid=202").await, "CT is locked (disk)");
    lab.clock().resume();
    while !get(&client, "/nodes/pve1/lxc/201/config").await["lock"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    while !get(&client, "/nodes/pve1/lxc/200/config").await["lock"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(client.finished("POST", clone, "newid=202").await, "OK");
}

/// A failed task used to be able to leave its half-made guest or a lock behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_tasks_leave_nothing_behind() {
    let (lab, client) = start().await;
    let before = lab.inventory();
    let failing = |task: &str| {
        let exit = "broken".to_owned();
        Fault::new(Effect::TaskFailure { task: Some(task.to_owned()), exit }).count(1)
    };
    lab.faults().arm(failing("vzcreate")).unwrap();
    let form = format!("vmid=200&ostemplate=local:vztmpl/{TEMPLATE}&rootfs=local-lvm:1");
    assert_eq!(client.finished("POST", "/nodes/pve1/lxc", &form).await, "broken");
    assert_eq!(lab.inventory(), before);

    create(&client, 200, "rootfs=local-lvm:1").await;
    let before = lab.inventory();
    for (task, path, form) in [
        ("vzclone", "/nodes/pve1/lxc/200/clone", "newid=201"),
        ("move_volume", "/nodes/pve1/lxc/200/move_volume", "volume=rootfs&storage=local"),
    ] {
        lab.faults().arm(failing(task)).unwrap();
        assert_eq!(client.finished("POST", path, form).await, "broken");
        assert_eq!(lab.inventory(), before, "{task}");
    }
    // Unpacking fails after the volumes are there.
    let form = "vmid=202&ostemplate=local:vztmpl/none.tar.zst&rootfs=local-lvm:1";
    let exit = client.finished("POST", "/nodes/pve1/lxc", form).await;
    assert!(exit.contains("'local:vztmpl/none.tar.zst' does not exist"), "{exit}");
    assert_eq!(lab.inventory(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_firewall_goes_with_the_guest() {
    let (lab, client) = start().await;
    create(&client, 200, "rootfs=local-lvm:1").await;
    assert_eq!(client.finished("POST", "/nodes/pve1/qemu", "vmid=100").await, "OK");
    let before = lab.inventory();
    for (source, clone) in [("lxc/200", "201"), ("qemu/100", "101")] {
        let path = format!("/nodes/pve1/{source}");
        let rules = format!("{path}/firewall/rules");
        let rule = "type=in&action=ACCEPT&proto=tcp&dport=22";
        assert_eq!(client.call("POST", &rules, rule).await.unwrap().0, 200);
        let form = format!("newid={clone}&full=1");
        assert_eq!(client.finished("POST", &format!("{path}/clone"), &form).await, "OK");
        let copy = path.replace("200", clone).replace("100", clone);
        let copied = get(&client, &format!("{copy}/firewall/rules")).await;
        assert_eq!(copied[0]["dport"], "22");
        assert_eq!(client.finished("DELETE", &copy, "").await, "OK");
        assert_eq!(get(&client, &format!("{copy}/firewall/rules")).await, Value::Array(Vec::new()));
        assert_eq!(client.call("DELETE", &format!("{rules}/0"), "").await.unwrap().0, 200);
    }
    assert_eq!(lab.inventory(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_move_to_other_nodes() {
    let (lab, client) = start().await;
    let form = "vmid=100&scsi0=local-lvm:1&scsi1=nfs:1&ide2=local-lvm:cloudinit";
    assert_eq!(client.finished("POST", "/nodes/pve1/qemu", form).await, "OK");
    let migrate = "/nodes/pve1/qemu/100/migrate";
    let text = refused(&client, "POST", migrate, "target=nonode").await;
    assert_eq!(text, "no such cluster node 'nonode'");
    assert_eq!(client.finished("POST", migrate, "target=pve2").await, "OK");
    let config = get(&client, "/nodes/pve2/qemu/100/config").await;
    assert_eq!(config["scsi0"], "local-lvm:vm-100-disk-0,size=1G");
    let volumes = lab.inventory()["volumes"].clone();
    assert!(volumes["pve1/local-lvm:vm-100-disk-0"].is_null());
    assert!(volumes["pve2/local-lvm:vm-100-disk-0"].is_object());
    let text = refused(&client, "GET", "/nodes/pve1/qemu/100/config", "").await;
    assert_eq!(text, "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist");

    let start = "/nodes/pve2/qemu/100/status/start";
    assert_eq!(client.finished("POST", start, "").await, "OK");
    let migrate = "/nodes/pve2/qemu/100/migrate";
    let text = refused(&client, "POST", migrate, "target=pve3").await;
    assert_eq!(text, "can't migrate running VM without --online");
    let exit = client.finished("POST", migrate, "target=pve3&online=1").await;
    assert_eq!(exit, "migration aborted");
    let form = "target=pve3&online=1&with-local-disks=1";
    assert_eq!(client.finished("POST", migrate, form).await, "OK");
    let status = get(&client, "/nodes/pve3/qemu/100/status/current").await;
    assert_eq!(status["status"], "running");

    create(&client, 200, "rootfs=local-lvm:1&start=1").await;
    while get(&client, "/nodes/pve1/lxc/200/status/current").await["status"] != "running" {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let migrate = "/nodes/pve1/lxc/200/migrate";
    let text = refused(&client, "POST", migrate, "target=pve3").await;
    assert_eq!(text, "can't migrate running container without --online or --restart");
    assert_eq!(client.finished("POST", migrate, "target=pve3&restart=1").await, "OK");
    let status = get(&client, "/nodes/pve3/lxc/200/status/current").await;
    assert_eq!(status["status"], "running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_times_out_is_named_after_the_container() {
    let (lab, client) = start().await;
    create(&client, 200, "rootfs=local-lvm:1").await;
    let fault = Fault::new(Effect::LockTimeout).path("/config$").count(1);
    lab.faults().arm(fault).unwrap();
    let text = refused(&client, "PUT", "/nodes/pve1/lxc/200/config", "memory=64").await;
    assert_eq!(text, "can't lock file '/run/lock/lxc/pve-config-200.lock' - got timeout");
    let (status, _) = client.call("PUT", "/nodes/pve1/lxc/200/config", "memory=64").await.unwrap();
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mount_points_are_added_grown_moved_and_detached() {
    let (lab, client) = start().await;
    create(&client, 200, "rootfs=local-lvm:1").await;
    let path = "/nodes/pve1/lxc/200";
    assert_eq!(client.finished("POST", &format!("{path}/status/start"), "").await, "OK");
    let config = format!("{path}/config");
    // A running container takes a new one at once.
    let form = "mp0=local-lvm:1,mp%3D/data,backup%3D1";
    assert_eq!(client.call("PUT", &config, form).await.unwrap().0, 200);
    let now = get(&client, &format!("{config}?current=1")).await;
    assert_eq!(now["mp0"], "local-lvm:vm-200-disk-1,mp=/data,backup=1,size=1G");
    let form = "disk=mp0&size=%2B1G";
    assert_eq!(client.finished("PUT", &format!("{path}/resize"), form).await, "OK");
    let move_volume = format!("{path}/move_volume");
    let text = refused(&client, "POST", &move_volume, "volume=mp0&storage=local").await;
    assert_eq!(text, "cannot move volumes of a running container");

    assert_eq!(client.finished("POST", &format!("{path}/status/stop"), "").await, "OK");
    let form = "volume=mp0&storage=local&delete=1";
    assert_eq!(client.finished("POST", &move_volume, form).await, "OK");
    let now = get(&client, &config).await;
    assert_eq!(now["mp0"], "local:200/vm-200-disk-0.raw,mp=/data,backup=1,size=2G");
    assert_eq!(client.call("PUT", &config, "delete=mp0").await.unwrap().0, 200);
    let now = get(&client, &config).await;
    assert_eq!(
        (&now["mp0"], &now["unused0"]),
        (&Value::Null, &"local:200/vm-200-disk-0.raw".into())
    );
    assert_eq!(client.call("PUT", &config, "delete=unused0").await.unwrap().0, 200);
    assert!(lab.inventory()["volumes"]["pve1/local:200/vm-200-disk-0.raw"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_answers_when_its_guest_has_come_up() {
    let hour = std::time::Duration::from_secs(3600);
    let lab = Lab::start(LabOptions { guest_boot: hour, ..LabOptions::new() }).await.unwrap();
    let client = Client::new(&lab);
    let form = "vmid=100&agent=1&net0=virtio,bridge%3Dvmbr0&ipconfig0=ip%3D10.99.0.9/24";
    assert_eq!(client.finished("POST", "/nodes/pve1/qemu", form).await, "OK");
    assert_eq!(client.finished("POST", "/nodes/pve1/qemu/100/status/start", "").await, "OK");
    lab.clock().freeze();
    let agent = "/nodes/pve1/qemu/100/agent/network-get-interfaces";
    let text = refused(&client, "GET", agent, "").await;
    assert_eq!(text, "QEMU guest agent is not running");
    lab.clock().advance(hour);
    let interfaces = get(&client, agent).await;
    assert_eq!(interfaces["result"][1]["ip-addresses"][0]["ip-address"], "10.99.0.9");
}

//! Many guests at once: clones of one template while the cluster is out of breath, and what a refresh
//! of hundreds costs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acceptance::{Options, Stage};
use onprem_lab::{Effect, Fault, LabOptions};
use serde_json::{Value, json};

/// Locks that are not got, nodes that do not answer and proxies that give up are waited out; one
/// template makes one clone at a time, whatever Terraform is told.
#[test]
fn thirty_clones_of_one_template_at_once() {
    let Some(stage) = Stage::new("scale_clones") else { return };
    let cluster = stage.cluster();
    cluster.post("/nodes/pve1/qemu", json!({ "vmid": 9000, "name": "base", "scsi0": "nfs:2" }));
    cluster.post("/nodes/pve1/qemu/9000/template", json!({}));
    let before = stage.lab().inventory();
    let lock = || Fault::new(Effect::LockTimeout).probability(0.25);
    let status = |status| Fault::new(Effect::Status { status, message: None }).probability(0.05);
    let faults = [
        lock().method("POST").path("/clone$"),
        lock().method("PUT").path("/config$"),
        lock().method("POST").path("/status/start$"),
        status(503).method("GET"),
        status(595),
    ];
    let faults = faults.map(|fault| stage.fault(fault));
    // Half of them choose a number of their own.
    stage.write(
        r#"resource "onprem_proxmox_vm" "this" {
  count       = 30
  vm_id       = count.index % 2 == 0 ? 9100 + count.index : null
  node        = "pve${count.index % 3 + 1}"
  name        = "web-${count.index}"
  description = "Web"
  memory      = 1024
  clone       = { vm_id = 9000 }
}
"#,
    );
    assert_eq!(stage.apply_with(&["-parallelism=30"]).changed(), (30, 0, 0));
    for (number, fault, met) in stage.lab().faults().list() {
        assert!(!faults.contains(&number) || met > 0, "{fault:?} met nothing");
        stage.lab().faults().disarm(number);
    }
    stage.assert_settled();

    let inventory = stage.lab().inventory();
    let guests = inventory["guests"].as_object().unwrap();
    assert_eq!(guests.len(), 31);
    let names: BTreeSet<&str> =
        guests.values().filter_map(|guest| guest["config"]["name"].as_str()).collect();
    assert_eq!(names.len(), 31, "{names:?}");
    assert!(guests.values().all(|guest| guest["config"]["lock"].is_null()), "{inventory:#}");
    let uuids: BTreeSet<&str> =
        guests.values().filter_map(|guest| guest["config"]["smbios1"].as_str()).collect();
    assert_eq!(uuids.len(), 31, "{uuids:?}");
    assert_one_at_a_time(&cluster.get("/nodes/pve1/tasks?source=all&typefilter=qmclone&limit=500"));
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// Checks that no task of a list began before another one had ended.
fn assert_one_at_a_time(tasks: &Value) {
    let time = |task: &Value, name: &str| task[name].as_u64().unwrap();
    let tasks = tasks.as_array().unwrap();
    let mut spans: Vec<(u64, u64)> =
        tasks.iter().map(|task| (time(task, "starttime"), time(task, "endtime"))).collect();
    assert!(spans.len() > 30, "some clones failed to get the lock: {spans:?}");
    spans.sort_unstable();
    for pair in spans.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:?} overlap");
    }
}

/// Guests of each kind in [`two_hundred_guests_are_refreshed`].
const EACH: u32 = 100;

/// Most requests that a refresh may make for one guest.
const MOST: usize = 2;

#[test]
fn two_hundred_guests_are_refreshed() {
    // No agent ever comes up.
    let mut lab = LabOptions::new();
    lab.guest_boot = Duration::from_secs(365 * 24 * 60 * 60);
    let Some(stage) = Stage::with("scale_refresh", Options::new().lab(lab)) else { return };
    run_guests(&stage);
    let resources = r#"
locals {
  indices = toset([for index in range(100) : tostring(index)])
}

resource "onprem_proxmox_vm" "this" {
  for_each = local.indices
  vm_id    = 1000 + each.key
  node     = "pve${each.key % 3 + 1}"
  agent    = { enabled = true }
  started  = true
}

resource "onprem_proxmox_container" "this" {
  for_each = local.indices
  vm_id    = 2000 + each.key
  node     = "pve${each.key % 3 + 1}"
  hostname = "ct-${each.key}"
  started  = true
}
"#;
    let imports = r#"
import {
  for_each = local.indices
  to       = onprem_proxmox_vm.this[each.key]
  id       = "${1000 + each.key}"
}

import {
  for_each = local.indices
  to       = onprem_proxmox_container.this[each.key]
  id       = "${2000 + each.key}"
}
"#;
    stage.write(format!("{resources}{imports}"));
    assert_eq!(stage.apply().changed(), (0, 0, 0), "an import changes nothing");
    stage.write(resources);

    let requests = stage.requests(|| {
        stage.assert_settled();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:#?}");
    assert!(!requests.iter().any(|request| request.contains("/agent/")), "an agent was asked");
    let mut guests: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shared = vec![];
    for request in &requests {
        match request.split('/').collect::<Vec<_>>()[..] {
            [_, "nodes", _, "qemu" | "lxc", number, ..] => *guests.entry(number).or_default() += 1,
            _ => shared.push(request),
        }
    }
    assert_eq!(guests.len(), 2 * EACH as usize);
    let dear: Vec<_> = guests.iter().filter(|(_, requests)| **requests > MOST).collect();
    assert!(dear.is_empty(), "more than {MOST} requests each: {dear:?}");
    // One list serves all who ask within two seconds.
    assert!(shared.len() <= 20, "{shared:#?}");
}

/// Makes and starts as many VMs as containers.
fn run_guests(stage: &Stage) {
    let cluster = stage.cluster();
    let template = "alpine-3.22-default_20250617_amd64.tar.zst";
    for node in 1..=3 {
        let url = format!("http://images.example.com/{template}");
        cluster.post(
            &format!("/nodes/pve{node}/storage/local/download-url"),
            json!({ "content": "vztmpl", "filename": template, "url": url }),
        );
    }
    for index in 0..EACH {
        let node = format!("/nodes/pve{}", index % 3 + 1);
        let vm = json!({ "vmid": 1000 + index, "agent": "1", "start": 1, "net0": "virtio" });
        cluster.post(&format!("{node}/qemu"), vm);
        let container = json!({
            "vmid": 2000 + index, "hostname": format!("ct-{index}"), "rootfs": "local-lvm:1",
            "ostemplate": format!("local:vztmpl/{template}"), "unprivileged": 1, "start": 1,
            "net0": "name=eth0,bridge=vmbr0",
        });
        cluster.post(&format!("{node}/lxc"), container);
    }
}

//! A provider that is killed before any request of making, changing or destroying a VM or a container,
//! then another apply: there is one guest, as if nothing had happened, nothing is left to do, and a
//! destroy leaves nothing behind.
//!
//! Only after the last write of a create, which takes the mark off, a guest is finished and nobody's
//! that the server could tell. Then an apply names the import and makes no other, unless the number was
//! left to it: then it makes another, and warns of the first with the import, too.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use acceptance::{Run, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};

use crate::hcl::file;
use crate::killed::{ENOUGH, killed};

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";
const DEBIAN: &str = "debian-13.qcow2";

/// A guest to make.
struct Guest {
    kind: Kind,
    /// Its number, or nothing for one that the provider chooses.
    vm_id: Option<u32>,
    /// What it is made from, as arguments.
    source: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Vm,
    Container,
}

const VM_SETTINGS: &str = r#"
  node        = "pve1"
  name        = "web-01"
  description = "Web"
  tags        = ["web"]
  memory      = 1024
  reboot      = "if_needed"
  disks       = { scsi0 = { storage = "nfs", size = 4 } }
  network     = { net0 = { bridge = "vmbr0", mac_address = "BC:24:11:00:00:01" } }
  cloud_init  = { storage = "nfs", user = "ops" }
"#;

const CONTAINER_SETTINGS: &str = r#"
  node         = "pve1"
  hostname     = "dns-01"
  description  = "Names"
  tags         = ["dns"]
  memory       = 256
  rootfs       = { storage = "local-lvm", size = 3 }
  mount_points = { mp0 = { path = "/srv", storage = "local-lvm", size = 1 } }
  network      = { net0 = { name = "eth0", bridge = "vmbr0", mac_address = "BC:24:11:00:00:02" } }
"#;

impl Guest {
    const fn vm(vm_id: Option<u32>, source: &'static str) -> Self {
        Self { kind: Kind::Vm, vm_id, source }
    }

    const fn container(vm_id: Option<u32>, source: &'static str) -> Self {
        Self { kind: Kind::Container, vm_id, source }
    }

    fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Vm => "onprem_proxmox_vm",
            Kind::Container => "onprem_proxmox_container",
        }
    }

    fn address(&self) -> String {
        format!("{}.this", self.type_name())
    }

    fn config(&self) -> String {
        let settings = match self.kind {
            Kind::Vm => VM_SETTINGS,
            Kind::Container => CONTAINER_SETTINGS,
        };
        let number = self.vm_id.map(|vm_id| format!("  vm_id = {vm_id}\n")).unwrap_or_default();
        format!(
            "resource \"{}\" \"this\" {{\n{number}  {}{settings}}}\n",
            self.type_name(),
            self.source
        )
    }

    /// Another configuration of the same guest, which takes every kind of change: moves, growth, new
    /// volumes, what waits for a restart.
    fn changed(&self) -> String {
        let config = self.config().replace("node        = \"pve1\"", "node        = \"pve2\"");
        match self.kind {
            Kind::Vm => config
                .replace("1024", "2048")
                .replace("vmbr0", "vmbr1")
                .replace("ops", "dev")
                .replace(
                    "size = 4",
                    "size = 6, discard = \"on\" }, scsi1 = { storage = \"nfs\", size = 1",
                ),
            Kind::Container => config
                .replace("node         = \"pve1\"", "node         = \"pve2\"")
                .replace("256", "512")
                .replace("vmbr0", "vmbr1")
                .replace("size = 3", "size = 4")
                .replace("size = 1", "size = 2"),
        }
    }
}

#[test]
fn creating_a_vm_from_nothing() {
    creating("vm", &Guest::vm(Some(9100), ""));
}

#[test]
fn creating_a_vm_from_an_image() {
    creating("vm_image", &Guest::vm(Some(9100), "image = \"local:import/debian-13.qcow2\""));
}

#[test]
fn creating_a_vm_without_a_number() {
    creating("vm_unnumbered", &Guest::vm(None, ""));
}

#[test]
fn cloning_a_vm() {
    creating("vm_clone", &Guest::vm(Some(9100), "clone = { vm_id = 8000, full = true }"));
}

#[test]
fn cloning_a_vm_without_a_number() {
    creating("vm_clone_unnumbered", &Guest::vm(None, "clone = { vm_id = 8000 }"));
}

#[test]
fn creating_a_container() {
    creating("container", &Guest::container(Some(9200), CONTAINER_TEMPLATE));
}

#[test]
fn creating_a_container_without_a_number() {
    creating("container_unnumbered", &Guest::container(None, CONTAINER_TEMPLATE));
}

#[test]
fn cloning_a_container() {
    let clone = "clone = { vm_id = 8001, full = true }";
    creating("container_clone", &Guest::container(Some(9200), clone));
}

#[test]
fn cloning_a_container_without_a_number() {
    creating(
        "container_clone_unnumbered",
        &Guest::container(None, "clone = { vm_id = 8001, full = true }"),
    );
}

const CONTAINER_TEMPLATE: &str =
    "template = \"local:vztmpl/alpine-3.22-default_20250617_amd64.tar.zst\"";

#[test]
fn changing_a_vm() {
    changing("vm", &Guest::vm(Some(9100), "clone = { vm_id = 8000 }"));
}

#[test]
fn changing_a_container() {
    changing("container", &Guest::container(Some(9200), CONTAINER_TEMPLATE));
}

#[test]
fn destroying_a_vm() {
    destroying("vm", &Guest::vm(Some(9100), ""));
}

#[test]
fn destroying_a_container() {
    destroying("container", &Guest::container(Some(9200), CONTAINER_TEMPLATE));
}

/// The server goes on with what it was asked for: the next apply meets a guest that is still being made,
/// and waits for it instead of making another.
#[test]
fn while_the_server_makes_it() {
    let clone = "clone = { vm_id = 8000, full = true }";
    let container_clone = "clone = { vm_id = 8001, full = true }";
    let guests = [
        ("qmclone", Guest::vm(None, clone)),
        ("qmcreate", Guest::vm(None, "image = \"local:import/debian-13.qcow2\"")),
        ("vzclone", Guest::container(None, container_clone)),
        ("vzcreate", Guest::container(None, CONTAINER_TEMPLATE)),
    ];
    thread::scope(|scope| {
        for (task, guest) in &guests {
            scope.spawn(|| while_a_task_goes_on(task, guest));
        }
    });
}

fn while_a_task_goes_on(task: &str, guest: &Guest) {
    let Some(stage) = stage(&format!("killed_guests/task_{task}")) else { return };
    let before = stage.lab().inventory();
    stage.write(guest.config());
    // The lab's clock is hardly faster than ours, so that the task outlives the provider.
    stage.lab().clock().set_factor(3.0);
    let status = Fault::new(Effect::Stall { when: When::After });
    let place = killed(&stage, status.path(format!("/tasks/UPID[^/]*:{task}:[^/]*/status$")));
    let place = place.expect("the task is waited for");
    stage.apply();
    made(&stage, &before, &place);
    stage.lab().clock().set_factor(1000.0);
    stage.assert_settled();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before, "{place}");
}

#[test]
fn stopping_the_clone_of_a_vm() {
    stopping("vm", &Guest::vm(Some(9100), "clone = { vm_id = 8000, full = true }"));
}

#[test]
fn stopping_the_clone_of_a_container() {
    stopping("container", &Guest::container(None, "clone = { vm_id = 8001, full = true }"));
}

/// Ctrl-C leaves what was begun in the state, without private data where Terraform destroys it. Even
/// where no owner is named it is known for ours, at every step.
fn stopping(name: &str, guest: &Guest) {
    each_request(&format!("stopping_{name}"), |stage, skip, _| {
        let before = stage.lab().inventory();
        stage.provider(&stage.provider_block().replace("  owner = \"acceptance\"\n", ""));
        stage.write(guest.config());
        let Some(skip) = skip else {
            stage.apply();
            stage.destroy();
            return Some("undisturbed".to_owned());
        };
        let (running, held) = stage.apply_until(before_request(skip));
        let Some((number, held)) = held else {
            let _ = running.finish().succeeded();
            return None;
        };
        running.interrupt();
        stage.lab().faults().abort(number);
        let place = format!("{} {} after {skip} others", held.method, held.path);
        let run = running.finish();
        let begun = added(stage, &before).pop();
        if let Some((vm_id, _)) = begun {
            assert!(stage.state().has(&guest.address()), "{place}: {vm_id} is forgotten: {run}");
        }
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before, "{place}: {run}");
        Some(place)
    });
}

/// While the server clones nothing tells whose a guest is: a plan says so and forgets nothing, and a
/// destroy waits for it.
#[test]
fn a_clone_that_goes_on_after_a_stop() {
    let clone = "clone = { vm_id = 8000, full = true }";
    for guest in [Guest::vm(Some(9100), clone), Guest::vm(None, clone)] {
        let name = format!("killed_guests/stopped_{}", guest.vm_id.unwrap_or_default());
        let Some(stage) = stage(&name) else { return };
        let before = stage.lab().inventory();
        stage.write(guest.config());
        stage.lab().clock().set_factor(1.0);
        let status = Fault::new(Effect::Stall { when: When::After }).path("qmclone:.*/status$");
        let (running, held) = stage.apply_until(status);
        let (number, _) = held.expect("the clone is waited for");
        running.interrupt();
        stage.lab().faults().abort(number);
        let _ = running.finish().failed();
        assert!(stage.state().tainted(&guest.address()));
        let run = stage.plan_fails();
        run.error().says("still being made").hints("when its task has ended");
        assert!(stage.state().has(&guest.address()));
        stage.lab().clock().set_factor(1000.0);
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before);
    }
}

/// A lab with what guests are made from: an image, a container's template, and a template of each kind.
fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::new(name)?;
    let cluster = stage.cluster();
    for (content, name) in [("vztmpl", ALPINE), ("import", DEBIAN)] {
        let url = format!("http://images.example.com/{name}");
        let download = json!({
            "content": content, "filename": name, "url": url, "checksum": file(name).sha256,
            "checksum-algorithm": "sha256",
        });
        cluster.post("/nodes/pve1/storage/local/download-url", download);
    }
    cluster.post(
        "/nodes/pve1/qemu",
        json!({
            "vmid": 8000, "name": "template", "scsi0": "nfs:2", "net0": "virtio,bridge=vmbr0",
        }),
    );
    cluster.post(
        "/nodes/pve1/lxc",
        json!({
            "vmid": 8001, "hostname": "template", "rootfs": "local-lvm:2", "unprivileged": 1,
            "ostemplate": format!("local:vztmpl/{ALPINE}"),
            "net0": "name=eth0,bridge=vmbr0",
        }),
    );
    for guest in ["qemu/8000", "lxc/8001"] {
        cluster.post(&format!("/nodes/pve1/{guest}/template"), json!({}));
        // A container's answer does not name the task.
        let config = format!("/nodes/pve1/{guest}/config");
        let is_template = || cluster.get(&config)["template"] == 1;
        for _ in 0..1000 {
            if is_template() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert!(is_template());
    }
    Some(stage)
}

fn creating(name: &str, guest: &Guest) {
    each_request(&format!("creating_{name}"), |stage, skip, expected| {
        let before = stage.lab().inventory();
        stage.write(guest.config());
        let place = interrupted(stage, skip)?;
        match finished(stage, &before) {
            Some(vm_id) if skip.is_some() => taken_up(stage, guest, &vm_id, &place),
            _ => {
                stage.apply();
            }
        }
        let guest = made(stage, &before, &place);
        assert_eq!(expected.get_or_init(|| guest.clone()), &guest, "{place}");
        stage.assert_settled();
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before, "{place}");
        Some(place)
    });
}

fn changing(name: &str, guest: &Guest) {
    each_request(&format!("changing_{name}"), |stage, skip, expected| {
        let before = stage.lab().inventory();
        stage.write(guest.config());
        stage.apply();
        stage.write(guest.changed());
        let place = interrupted(stage, skip)?;
        stage.apply();
        stage.assert_settled();
        let guest = made(stage, &before, &place);
        assert_eq!(expected.get_or_init(|| guest.clone()), &guest, "{place}");
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before, "{place}");
        Some(place)
    });
}

fn destroying(name: &str, guest: &Guest) {
    each_request(&format!("destroying_{name}"), |stage, skip, _| {
        let before = stage.lab().inventory();
        stage.write(guest.config());
        stage.apply();
        stage.write("");
        let place = interrupted(stage, skip)?;
        stage.apply();
        assert_eq!(stage.lab().inventory(), before, "{place}");
        assert!(stage.state().is_empty(), "{place}");
        Some(place)
    });
}

/// How many labs share the requests of one test: they mostly wait.
const LABS: u64 = 4;

/// Tries `one` with the provider killed before each request, until there is no such request: then it
/// says nothing. What the first makes, the others must make, too.
fn each_request(
    name: &str,
    one: impl Fn(&Stage, Option<u64>, &OnceLock<Value>) -> Option<String> + Sync,
) {
    let expected = OnceLock::new();
    let Some(first) = stage(&format!("killed_guests/{name}")) else { return };
    one(&first, None, &expected);
    drop(first);
    let lab = |number| {
        let Some(stage) = stage(&format!("killed_guests/{name}_{number}")) else { return 0 };
        let kills = (number..ENOUGH).step_by(LABS as usize).take_while(|skip| {
            let place = one(&stage, Some(*skip), &expected);
            eprintln!("{name}, {skip}: {place:?}");
            place.is_some()
        });
        kills.count() as u64
    };
    let kills: u64 = thread::scope(|scope| {
        let labs: Vec<_> = (0..LABS).map(|number| scope.spawn(move || lab(number))).collect();
        labs.into_iter().map(|lab| lab.join().unwrap()).sum()
    });
    assert!((5..ENOUGH).contains(&kills), "{kills} kills can not be all");
}

/// An apply whose provider is killed before the request after `skip` others, and which one that was;
/// without a number nobody kills it. Nothing when it had no such request.
fn interrupted(stage: &Stage, skip: Option<u64>) -> Option<String> {
    match skip {
        None => {
            stage.apply();
            Some("uninterrupted".to_owned())
        }
        Some(skip) => killed(stage, before_request(skip)),
    }
}

/// A fault that holds one request before it has any effect.
fn before_request(skip: u64) -> Fault {
    Fault::new(Effect::Stall { when: When::Before }).skip(skip)
}

/// The apply after a create that was killed after its last write.
fn taken_up(stage: &Stage, guest: &Guest, vm_id: &str, place: &str) {
    let again: Run = stage.start_apply().finish();
    let import = format!("terraform import {}\\.NAME {vm_id}", guest.type_name());
    if guest.vm_id.is_some() {
        again.error().at("vm_id").hints(&import);
    } else {
        assert_eq!(again.code(), 0, "{place}: {again}");
        again.warning().says(&format!("Guest {vm_id} may be left over")).hints(&import);
        // The other way out of it: the new one goes, and the first is imported.
        stage.destroy();
    }
    stage.import(&guest.address(), vm_id);
    stage.apply();
}

/// The number of the guest that is there beside those of `before` and carries no mark any more.
fn finished(stage: &Stage, before: &Value) -> Option<String> {
    let guests = added(stage, before);
    let (vm_id, guest) = guests.into_iter().next()?;
    let config = &guest["config"];
    let making = matches!(config["lock"].as_str(), Some("create" | "clone"));
    let marked = config["description"].as_str().unwrap_or_default().contains("onprem:creating");
    (!making && !marked).then_some(vm_id)
}

/// The only guest that is there beside those of `before`, without what differs from one to the next.
fn made(stage: &Stage, before: &Value, place: &str) -> Value {
    let mut guests = added(stage, before);
    assert_eq!(guests.len(), 1, "{place}: {guests:#?}");
    let (vm_id, mut guest) = guests.pop().unwrap();
    let config = guest["config"].as_object_mut().unwrap();
    config.retain(|key, _| !["meta", "smbios1", "vmgenid"].contains(&&**key));
    if let Some(description) = config.get_mut("description") {
        let text = description.as_str().unwrap().split("<!-- onprem:id").next().unwrap();
        *description = text.into();
    }
    // The number may be another one, and is in the names of volumes.
    let text = guest.to_string().replace(&vm_id, "NUMBER");
    serde_json::from_str(&text).unwrap()
}

/// The guests that are there beside those of `before`.
fn added(stage: &Stage, before: &Value) -> Vec<(String, Value)> {
    let inventory = stage.lab().inventory();
    let guests = inventory["guests"].as_object().unwrap().clone().into_iter();
    guests.filter(|(vm_id, _)| before["guests"].get(vm_id).is_none()).collect()
}

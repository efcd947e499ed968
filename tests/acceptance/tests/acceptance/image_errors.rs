//! Downloads that fail: each failure is said at its attribute, with what to do, and leaves neither a
//! file nor a memory of one.

use acceptance::{Run, Stage};
use onprem_lab::{Effect, Fault};
use serde_json::json;

use crate::hcl::{IMAGE, image, ubuntu_arguments};

/// Apply, which fails; afterwards neither the state nor the lab knows of an image, and with the
/// mistake corrected the next apply works.
fn fails_without_a_trace(stage: &Stage, arguments: &str) -> Run {
    let before = stage.lab().inventory();
    stage.write(image(arguments));
    let run = stage.apply_fails();
    assert!(stage.state().is_empty(), "there is nothing to remember: {run}");
    assert_eq!(stage.lab().inventory(), before);
    stage.lab().faults().clear();
    stage.write(image(&ubuntu_arguments()));
    stage.apply();
    stage.assert_settled();
    run
}

#[test]
fn a_wrong_checksum() {
    let Some(stage) = Stage::new("image_checksum") else { return };
    let right = &crate::hcl::file(crate::hcl::UBUNTU).sha256;
    let arguments = ubuntu_arguments().replace(right.as_str(), &"ab".repeat(32));
    let run = fails_without_a_trace(&stage, &arguments);
    // What the server said, with the checksum that the file has.
    run.error().says("checksum mismatch").says(right).at("checksum").hints("checksum");
}

/// The log of a download that failed told the key in the query of its URL.
#[test]
fn a_signed_url_stays_secret() {
    let Some(stage) = Stage::new("image_signed") else { return };
    let right = &crate::hcl::file(crate::hcl::UBUNTU).sha256;
    let arguments = ubuntu_arguments().replace(right.as_str(), &"ab".repeat(32));
    let name = format!("{}\"", crate::hcl::UBUNTU);
    stage.write(image(
        &arguments.replace(&name, &format!("{}?signature=s3cret\"", crate::hcl::UBUNTU)),
    ));
    let run = stage.apply_fails();
    assert!(run.error().says("downloading http").detail.contains('…'));
    assert!(!format!("{:?}", run.error()).contains("s3cret"), "{run}");
}

#[test]
fn a_page_that_is_not_found() {
    let Some(stage) = Stage::new("image_404") else { return };
    let run = fails_without_a_trace(&stage, &ubuntu_arguments().replace("ubuntu-22.04", "no-such"));
    run.error().says("404").at("url").hints("404");
}

#[test]
fn a_host_that_the_node_cannot_reach() {
    let Some(stage) = Stage::new("image_no_host") else { return };
    let arguments = ubuntu_arguments().replace("images.example.com", "nowhere.invalid");
    let run = fails_without_a_trace(&stage, &arguments);
    run.error().says("nowhere.invalid").at("url").hints("from the node");
}

#[test]
fn a_full_storage() {
    let Some(stage) = Stage::new("image_full") else { return };
    stage.fault(Fault::new(Effect::StorageFull { storage: "local".to_owned() }));
    let run = fails_without_a_trace(&stage, &ubuntu_arguments());
    run.error().says("space").at("storage").hints("space");
}

#[test]
fn an_unknown_node() {
    let Some(stage) = Stage::new("image_node") else { return };
    let run = fails_without_a_trace(&stage, &ubuntu_arguments().replace("pve1", "pve9"));
    run.error().says("pve9").at("node").hints("nodes");
}

#[test]
fn an_unknown_storage() {
    let Some(stage) = Stage::new("image_storage") else { return };
    let arguments = ubuntu_arguments().replace("\"local\"", "\"nowhere\"");
    let run = fails_without_a_trace(&stage, &arguments);
    run.error().says("'nowhere'").at("storage").hints("storages");
}

#[test]
fn a_storage_that_does_not_keep_such_files() {
    let Some(stage) = Stage::new("image_content") else { return };
    let arguments = ubuntu_arguments().replace("\"local\"", "\"local-lvm\"");
    let run = fails_without_a_trace(&stage, &arguments);
    run.error().says("local-lvm");
}

#[test]
fn a_token_that_may_only_look() {
    let Some(stage) = Stage::new("image_forbidden") else { return };
    let before = stage.lab().inventory();
    stage.set("PROXMOX_VE_API_TOKEN", stage.lab().auditor_token());
    stage.write(image(&ubuntu_arguments()));
    let run = stage.apply_fails();
    run.error().says("Permission check failed").hints("Permissions");
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_file_that_is_there_already_is_not_touched() {
    let Some(stage) = Stage::new("image_exists") else { return };
    let somebody_elses = json!({
        "url": "http://images.example.com/debian-13.qcow2",
        "content": "import",
        "filename": "ubuntu.qcow2",
    });
    stage.cluster().post("/nodes/pve1/storage/local/download-url", somebody_elses);
    let before = stage.lab().inventory();

    stage.write(image(&format!("{}file_name = \"ubuntu.qcow2\"", ubuntu_arguments())));
    let run = stage.apply_fails();
    let import = "terraform import onprem_proxmox_image.NAME 'pve1/local:import/ubuntu.qcow2'";
    run.error().says("is there already").at("file_name").hints(import);
    assert!(stage.state().is_empty(), "it is not adopted");
    assert_eq!(stage.lab().inventory(), before, "it is not touched");

    // The command that the hint prints.
    stage.import(IMAGE, "pve1/local:import/ubuntu.qcow2");
    assert!(stage.state().has(IMAGE));
}

/// With the right checksum the server itself would take somebody else's file for the download.
#[test]
fn the_same_file_of_somebody_else_is_not_adopted() {
    let Some(stage) = Stage::new("image_same") else { return };
    let theirs = json!({
        "url": "http://images.example.com/ubuntu-22.04.qcow2",
        "content": "import",
        "filename": "ubuntu-22.04.qcow2",
    });
    stage.cluster().post("/nodes/pve2/storage/local/download-url", theirs.clone());
    stage.cluster().post("/nodes/pve1/storage/local/download-url", theirs);
    stage.provider(&stage.provider_block().replace("owner", "# owner"));
    stage.write(image(&ubuntu_arguments()));
    let before = stage.lab().inventory();
    let run = stage.apply_fails();
    run.error().says("is there already");
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn mistakes_that_a_plan_can_see_are_said_there() {
    let Some(stage) = Stage::new("image_validation") else { return };
    let mistakes = [
        ("checksum = \"", "checksum = \"x", "is not a checksum", "checksum"),
        ("\"import\"", "\"backup\"", "backup", "content"),
        ("http://", "ftp://", "ftp", "url"),
        ("\"pve1\"", "\"pve 1\"", "pve 1", "node"),
    ];
    for (right, wrong, message, attribute) in mistakes {
        stage.write(image(&ubuntu_arguments().replace(right, wrong)));
        let run = stage.plan_fails();
        run.error().says(message).at(attribute);
    }
    assert_eq!(stage.lab().requests().all().len(), 0, "no mistake reaches the server");
}

/// Ctrl-C in a long download: Terraform ends in good order and remembers what was begun.
#[test]
fn an_interrupted_download_is_not_forgotten() {
    let Some(stage) = Stage::new("image_interrupted") else { return };
    let before = stage.lab().inventory();
    stage.lab().clock().freeze();
    stage.write(image(&ubuntu_arguments()));
    let (running, held) = stage.apply_until("stall,path=/tasks/.*/status".parse().unwrap());
    let (number, _) = held.expect("the download is waited for");
    stage.lab().faults().release(number);
    running.interrupt();
    let run = running.finish().failed();
    assert!(stage.state().tainted(IMAGE), "{run}");
    stage.lab().clock().resume();
    stage.apply();
    stage.assert_settled();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// Time stands still in the lab: the download never ends. Whatever comes of it later must be known.
#[test]
fn a_download_that_takes_too_long_is_not_forgotten() {
    let Some(stage) = Stage::new("image_timeout") else { return };
    let before = stage.lab().inventory();
    stage.lab().clock().freeze();
    stage.write(image(&format!("{}timeouts = {{ create = \"1s\" }}", ubuntu_arguments())));
    let run = stage.apply_fails();
    run.error().says("1s").hints("timeouts");
    assert!(stage.state().tainted(IMAGE), "{run}");
    stage.lab().clock().resume();
    stage.write(image(&ubuntu_arguments()));
    stage.apply();
    stage.assert_settled();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

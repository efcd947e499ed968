//! Vendor data through the modules `template` and `vm`: cloud-init reads one medium and no other, so
//! there is exactly one, and either kind takes the place of the other.

use acceptance::Stage;
use serde_json::Value;

use super::{FIRST, SECOND, WEB_01, config, configuration, guest, stage, template};
use crate::hcl::{TEMPLATE, ubuntu_template};

const VENDOR_DATA: &str = r##"vendor_data = "#cloud-config\npackages: [qemu-guest-agent]\n""##;
const ISO_OF_FIRST: &str = r#"module.vm.onprem_proxmox_cloud_init.this["web-01"]"#;
const FILE_OF_FIRST: &str = "pve1/local:iso/9100-web-01-cloud-init.iso";

/// An entry of `vm_configs` with vendor data.
fn with_vendor_data(entry: &str) -> String {
    let inner = entry.strip_suffix(" }").unwrap();
    format!("{inner}, {VENDOR_DATA} }}")
}

/// Where a VM has cloud-init's data: the drive of Proxmox VE or an image.
fn media(stage: &Stage, vm_id: u64) -> Vec<String> {
    let config = config(stage, vm_id);
    let values = config.as_object().unwrap().values().filter_map(Value::as_str);
    let media = values.filter(|text| text.contains("media=cdrom"));
    media.map(|text| text.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn vendor_data_come_and_go() {
    let Some(stage) = stage("modules_vendor_data") else { return };
    let before = stage.lab().inventory();
    let first = with_vendor_data(FIRST);
    stage.write(configuration(&[&first, SECOND]));
    stage.init();
    stage.apply();
    stage.assert_settled();
    assert_eq!(media(&stage, 9100), ["local:iso/9100-web-01-cloud-init.iso"]);
    let other = media(&stage, 9101);
    assert!(other.len() == 1 && other[0].contains("cloudinit"), "{other:?}");
    assert_eq!(stage.lab().inventory()["volumes"][FILE_OF_FIRST]["content"], "iso");
    let made = guest(&stage, 9100);
    assert!(made["config"]["net0"].as_str().unwrap().contains("=02:"), "{made:#}");

    // Other data are another image in its place, and nothing that the VM has to be told.
    stage.write(configuration(&[&first.replace("guest-agent", "utils"), SECOND]));
    stage.plan().does(&[(ISO_OF_FIRST, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(guest(&stage, 9100), made);

    // Without them Proxmox VE's own drive is back, for a VM that never had it, too.
    stage.write(configuration(&[FIRST, SECOND]));
    stage.plan().does(&[(ISO_OF_FIRST, "delete"), (WEB_01, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    let drive = media(&stage, 9100);
    assert!(drive.len() == 1 && drive[0].contains("cloudinit"), "{drive:?}");
    assert_eq!(config(&stage, 9100)["ipconfig0"], "ip=10.20.0.11/24,gw=10.20.0.1");
    assert!(stage.lab().inventory()["volumes"][FILE_OF_FIRST].is_null());

    // And the other way round.
    stage.write(configuration(&[&first, SECOND]));
    stage.plan().does(&[(ISO_OF_FIRST, "create"), (WEB_01, "update")]);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(media(&stage, 9100), ["local:iso/9100-web-01-cloud-init.iso"]);
    assert_eq!(guest(&stage, 9100)["config"]["smbios1"], made["config"]["smbios1"], "the same VM");

    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_template_has_vendor_data_for_clones_that_bring_none() {
    let Some(stage) = stage("modules_template_vendor_data") else { return };
    let before = stage.lab().inventory();
    let of_template = format!("  {VENDOR_DATA}\n");
    let all = configuration(&[FIRST]).replace(&template(""), &template(&of_template));
    let clone = "resource \"onprem_proxmox_vm\" \"bare\" {\n  vm_id = 9150\n  node = \"pve1\"\n  name = \
                 \"bare\"\n  clone = { vm_id = module.template.vm_id }\n}\n";
    stage.write(format!("{all}{clone}"));
    stage.init();
    stage.apply();
    stage.assert_settled();
    let image = "local:iso/ubuntu22-cloud-init.iso";
    assert_eq!(media(&stage, 9000), [image]);
    assert_eq!(media(&stage, 9150), [image], "the clone has it from the template");
    let own = media(&stage, 9100);
    assert!(own.len() == 1 && own[0].contains("cloudinit"), "its own data win: {own:?}");

    let without = format!("{}{clone}", configuration(&[FIRST]));
    stage.write(&without);
    stage.apply();
    stage.assert_settled();
    let drive = media(&stage, 9000);
    assert!(drive.len() == 1 && drive[0].contains("cloudinit"), "{drive:?}");
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// The image is named after its VM, and comes anew where the VM is only renamed.
#[test]
fn a_vm_that_is_renamed_has_an_image_of_its_new_name() {
    let Some(stage) = stage("modules_vendor_data_moved") else { return };
    let first = with_vendor_data(FIRST);
    stage.write(configuration(&[&first]));
    stage.init();
    stage.apply();
    let made = guest(&stage, 9100);
    let new = |address: &str| address.replace("web-01", "shop-01");
    let moved = format!("moved {{\n  from = {WEB_01}\n  to   = {}\n}}\n", new(WEB_01));
    stage.write(format!("{}{moved}", configuration(&[&new(&first)])));
    stage.plan().does(&[
        (ISO_OF_FIRST, "delete"),
        (&new(ISO_OF_FIRST), "create"),
        (&new(WEB_01), "update"),
    ]);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(media(&stage, 9100), ["local:iso/9100-shop-01-cloud-init.iso"]);
    assert_eq!(guest(&stage, 9100)["config"]["smbios1"], made["config"]["smbios1"], "the same VM");
}

/// The clone was protected as its template is, and the server refused to let go of its drive.
#[test]
fn a_clone_of_a_protected_template_has_vendor_data() {
    let Some(stage) = stage("modules_vendor_data_protected") else { return };
    let all = configuration(&[&with_vendor_data(FIRST)]);
    stage.write(all.replace(&template(""), &template("  protection = true\n")));
    stage.init();
    stage.apply();
    stage.assert_settled();
    assert_eq!(media(&stage, 9100), ["local:iso/9100-web-01-cloud-init.iso"]);
    assert_ne!(config(&stage, 9100)["protection"], 1);
    assert_eq!(config(&stage, 9000)["protection"], 1);
}

#[test]
fn two_drives_do_not_share_a_slot() {
    let Some(stage) = Stage::new("cdrom_slot") else { return };
    let both = "  cloud_init = { storage = \"local-lvm\" }\n  cdrom = { ide2 = {} }\n";
    stage.write(ubuntu_template(both));
    stage.plan_fails().error().says("ide2").at("cdrom");
    stage.write(format!(
        "resource \"onprem_proxmox_vm\" \"this\" {{\n  node = \"pve1\"\n  name = \"web\"\n{both}}}\n"
    ));
    stage.plan_fails().error().says("ide2").at("cdrom");
    stage.write(ubuntu_template(&both.replace("ide2", "ide3")));
    stage.apply();
    stage.assert_settled();
    stage.changes_in_place(TEMPLATE, ubuntu_template("  cdrom = {}\n"));
}

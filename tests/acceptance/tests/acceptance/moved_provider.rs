//! `moved` blocks that lead from another provider's resource to one of ours. The other providers are
//! stubs with their names and their schemas, which make nothing.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use acceptance::Stage;
use serde_json::json;
use xtask::workspace;

/// The binary that plays both other providers.
fn stub() -> &'static PathBuf {
    static STUB: OnceLock<PathBuf> = OnceLock::new();
    STUB.get_or_init(|| {
        let build = ["build", "--quiet", "--package", "conformance", "--example", "peers"];
        let output = workspace::cargo().args(build).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the stub does not build:\n{text}");
        let built = workspace::target().join("debug").join("examples");
        built.join(format!("peers{}", std::env::consts::EXE_SUFFIX))
    })
}

/// A stage where the provider `source` is the stub.
fn stage(name: &str, source: &str) -> Option<Stage> {
    let stage = Stage::new(name)?;
    let folder = stage.folder().join("stub");
    fs::create_dir_all(&folder).unwrap();
    let suffix = std::env::consts::EXE_SUFFIX;
    fs::copy(stub(), folder.join(format!("terraform-provider-proxmox{suffix}"))).unwrap();
    let file = stage.folder().join("terraform.rc");
    let text = fs::read_to_string(&file).unwrap();
    let line =
        format!("dev_overrides {{\n    \"{source}\" = {}", json!(folder.display().to_string()));
    fs::write(&file, text.replace("dev_overrides {", &line)).unwrap();
    stage.write_file(
        "versions.tf",
        &format!(
            "terraform {{\n  required_providers {{\n    onprem = {{\n      source = \"onprem/onprem\"\n    \
             }}\n    proxmox = {{\n      source = \"{source}\"\n    }}\n  }}\n}}\n"
        ),
    );
    Some(stage)
}

/// Applies what the other provider has, then what we have: nothing may be changed by that.
fn moves(stage: &Stage, theirs: &str, ours: &str, address: &str) {
    stage.write(theirs);
    stage.apply();
    let before = stage.lab().inventory();
    stage.write(ours);
    let requests = stage.requests(|| {
        stage.plan().does(&[]);
        stage.apply();
        stage.assert_settled();
    });
    assert!(requests.iter().all(|one| one.starts_with("GET ")), "{requests:?}");
    assert_eq!(stage.lab().inventory(), before);
    assert!(stage.state().has(address));
}

#[test]
fn a_vm_of_bpg() {
    let Some(stage) = stage("moved_bpg_vm", "bpg/proxmox") else { return };
    stage
        .cluster()
        .post("/nodes/pve1/qemu", json!({ "vmid": 9100, "name": "web", "memory": 1024 }));
    moves(
        &stage,
        "resource \"proxmox_virtual_environment_vm\" \"web\" {\n  vm_id     = 9100\n  node_name = \
         \"pve1\"\n  clone     = [{ vm_id = 9000, full = true }]\n}\n",
        "moved {\n  from = proxmox_virtual_environment_vm.web\n  to   = onprem_proxmox_vm.web\n}\n\n\
         resource \"onprem_proxmox_vm\" \"web\" {\n  vm_id  = 9100\n  node   = \"pve1\"\n  name   = \
         \"web\"\n  memory = 1024\n  clone  = { vm_id = 9000, full = true }\n  reboot = \
         \"if_needed\"\n}\n",
        "onprem_proxmox_vm.web",
    );
}

#[test]
fn a_vm_of_telmate() {
    let Some(stage) = stage("moved_telmate_vm", "telmate/proxmox") else { return };
    stage.cluster().post("/nodes/pve2/qemu", json!({ "vmid": 9100, "name": "web" }));
    moves(
        &stage,
        "resource \"proxmox_vm_qemu\" \"web\" {\n  vmid        = 9100\n  target_node = \"pve2\"\n}\n",
        "moved {\n  from = proxmox_vm_qemu.web\n  to   = onprem_proxmox_vm.web\n}\n\nresource \
         \"onprem_proxmox_vm\" \"web\" {\n  vm_id  = 9100\n  node   = \"pve2\"\n  name   = \"web\"\n  \
         reboot = \"if_needed\"\n}\n",
        "onprem_proxmox_vm.web",
    );
}

#[test]
fn a_container_of_bpg() {
    let Some(stage) = stage("moved_bpg_container", "bpg/proxmox") else { return };
    stage.write(format!(
        "{}\nresource \"onprem_proxmox_container\" \"dns\" {{\n  vm_id    = 9200\n  node     = \
         \"pve1\"\n  hostname = \"dns-01\"\n  template = onprem_proxmox_image.this.volume_id\n  rootfs   \
         = {{ storage = \"local-lvm\", size = 2 }}\n}}\n",
        alpine()
    ));
    stage.apply();
    stage.forget_all();
    moves(
        &stage,
        "resource \"proxmox_virtual_environment_container\" \"dns\" {\n  vm_id     = 9200\n  node_name = \
         \"pve1\"\n  operating_system = [{ template_file_id = \"local:vztmpl/alpine.tar.zst\" }]\n}\n",
        "moved {\n  from = proxmox_virtual_environment_container.dns\n  to   = \
         onprem_proxmox_container.dns\n}\n\nresource \"onprem_proxmox_container\" \"dns\" {\n  vm_id    = \
         9200\n  node     = \"pve1\"\n  hostname = \"dns-01\"\n  template = \
         \"local:vztmpl/alpine.tar.zst\"\n}\n",
        "onprem_proxmox_container.dns",
    );
}

#[test]
fn a_file_of_bpg() {
    let Some(stage) = stage("moved_bpg_file", "bpg/proxmox") else { return };
    let arguments = crate::hcl::ubuntu_arguments();
    stage.write(crate::hcl::ubuntu_image());
    stage.apply();
    stage.forget_all();
    let theirs = "resource \"proxmox_virtual_environment_download_file\" \"this\" {\n  node_name    = \
                  \"pve1\"\n  datastore_id = \"local\"\n  content_type = \"import\"\n  file_name    = \
                  \"ubuntu-22.04.qcow2\"\n  url          = \
                  \"http://images.example.com/ubuntu-22.04.qcow2\"\n  checksum     = CHECKSUM\n}\n";
    let checksum = arguments.lines().find_map(|line| line.trim().strip_prefix("checksum = "));
    moves(
        &stage,
        &theirs.replace("CHECKSUM", checksum.unwrap()),
        &format!(
            "moved {{\n  from = proxmox_virtual_environment_download_file.this\n  to   = \
             onprem_proxmox_image.this\n}}\n\n{}",
            crate::hcl::ubuntu_image()
        ),
        crate::hcl::IMAGE,
    );
}

fn alpine() -> String {
    const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";
    crate::hcl::image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        crate::hcl::file(ALPINE).sha256
    ))
}

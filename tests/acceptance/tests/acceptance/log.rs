//! What the provider writes for those who debug: lines of Terraform's log, and the values of its messages.

use std::fs;

use acceptance::Stage;

/// Has the values of all messages written to a folder from now on.
pub(crate) fn dump(stage: &Stage) {
    let folder = stage.folder().join("dump");
    fs::create_dir_all(&folder).unwrap();
    stage.set("TF_LOG_SDK_PROTO_DATA_DIR", folder.display().to_string());
}

/// The files that [`dump`] has brought, without their times.
pub(crate) fn dumped(stage: &Stage) -> Vec<String> {
    let files = stage.folder().join("dump").read_dir().unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.split_once('_').unwrap().1.to_owned()).collect()
}

#[test]
fn lines_and_files_tell_all_but_secrets() {
    let Some(stage) = Stage::new("log") else { return };
    stage.trace();
    dump(&stage);
    let token = stage.lab().api_token().to_owned();
    stage.set("PROXMOX_VE_API_TOKEN", "");
    stage.set("TF_VAR_token", &token);
    stage.set("TF_VAR_text", "#cloud-config\npassword: hunter2-hunter2\n");
    let block =
        stage.provider_block().replace("proxmox = {", "proxmox = {\n    api_token = var.token");
    stage.provider(&block);
    stage.write(SEED);
    let _ = stage.plan();
    stage.apply_plan();
    stage.write(SEED.replace("seed.iso", "no name.iso"));
    let _ = stage.plan_fails();

    stage.assert_no_secret(&[&token, "hunter2-hunter2"]);
    let files = dumped(&stage);
    for name in [
        "ValidateProviderConfig_Request_Config.msgpack",
        "ConfigureProvider_Request_Config.msgpack",
        "PlanResourceChange_Request_ProposedNewState.msgpack",
        "PlanResourceChange_Response_PlannedState.msgpack",
        "ApplyResourceChange_Response_NewIdentity.msgpack",
    ] {
        assert!(files.iter().any(|file| file == name), "{name} is not among {files:?}");
    }
    let log = fs::read_to_string(stage.folder().join("trace.log")).unwrap();
    let of = |word: &str| log.lines().filter(|line| line.contains(word)).collect::<Vec<_>>();
    let applies = of("tf_rpc=ApplyResourceChange");
    assert!(!applies.is_empty(), "no line says so");
    for line in &applies {
        for field in [
            "tf_req_id=",
            "tf_provider_addr=registry.terraform.io/onprem/onprem",
            "tf_resource_type=onprem_proxmox_cloud_init",
        ] {
            assert!(line.contains(field), "{field} is not in {line}");
        }
    }
    assert!(!of("tf_attribute_path=file_name").is_empty(), "the place of the error");
    assert!(
        applies.iter().any(|line| line.contains("onprem_http") || line.contains("onprem_proxmox.")),
        "what a client does belongs to the call: {applies:#?}"
    );
}

/// TF_LOG_SDK and TF_LOG_SDK_PROTO quieten the framework and leave the provider.
#[test]
fn the_framework_has_levels_of_its_own() {
    let Some(stage) = Stage::new("log_levels") else { return };
    stage.trace();
    stage.write("data \"onprem_proxmox_version\" \"this\" {}\n");
    let own = "provider.terraform-provider-onprem";
    let asked = || {
        let _ = stage.plan();
        let file = stage.folder().join("trace.log");
        let log = fs::read_to_string(&file).unwrap();
        fs::remove_file(file).unwrap();
        let mut lines = log.lines().filter(|line| line.contains(own));
        lines.any(|line| line.contains(": asked: "))
    };
    assert!(asked());
    stage.set("TF_LOG_SDK", "off");
    assert!(!asked());
    stage.set("TF_LOG_SDK_PROTO", "trace");
    assert!(asked());
}

const SEED: &str = r#"
variable "token" {
  type      = string
  ephemeral = true
}

variable "text" {
  type      = string
  ephemeral = true
}

resource "onprem_proxmox_cloud_init" "this" {
  node      = "pve1"
  storage   = "local"
  file_name = "seed.iso"
  user_data = var.text
}
"#;

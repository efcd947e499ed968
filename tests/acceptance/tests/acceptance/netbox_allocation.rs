//! Addresses that NetBox picks: each once, whoever asks and whatever happens to who asked.

use std::collections::BTreeSet;

use acceptance::{NetBox, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};

const ADDRESS: &str = "onprem_netbox_ip_address.this";

fn stage(name: &str) -> Option<(Stage, NetBox)> {
    let stage = Stage::new(&format!("netbox/{name}"))?;
    let netbox = stage.netbox(false)?;
    Some((stage, netbox))
}

fn prefix(netbox: &NetBox, prefix: &str) -> i64 {
    netbox.post("/ipam/prefixes/", json!({ "prefix": prefix }))["id"].as_i64().unwrap()
}

fn next_of(prefix: i64, more: &str) -> String {
    format!(
        "resource \"onprem_netbox_ip_address\" \"this\" {{\n  prefix_id = {prefix}\n  {more}\n}}\n"
    )
}

fn addresses(netbox: &NetBox) -> Vec<String> {
    let found = netbox.list("/ipam/ip-addresses/");
    found.iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_next_free_one_comes_with_all_its_fields_in_one_request() {
    let Some((stage, netbox)) = stage("next") else { return };
    let parent = prefix(&netbox, "10.20.0.0/24");
    netbox.post("/ipam/ip-addresses/", json!({"address": "10.20.0.1/24"}));
    let config = next_of(parent, "dns_name = \"web.example\"\n  status = \"reserved\"");
    stage.write(config);
    let requests = stage.requests(|| {
        stage.apply();
    });
    let writes: Vec<_> = requests.iter().filter(|one| !one.starts_with("GET ")).collect();
    assert_eq!(*writes[0], format!("POST /ipam/prefixes/{parent}/available-ips/"), "{requests:?}");
    stage.assert_settled();
    let state = stage.state();
    let made = state.attributes(ADDRESS);
    assert_eq!(made["address"], "10.20.0.2/24");
    assert_eq!((&made["ip"], &made["prefix_length"]), (&json!("10.20.0.2"), &json!(24)));
    let stored = netbox.get(&format!("/ipam/ip-addresses/{}/", made["id"]));
    assert_eq!((&stored["status"]["value"], &stored["comments"]), (&json!("reserved"), &json!("")));
    stage.destroy();
    assert_eq!(addresses(&netbox), ["10.20.0.1/24"]);
}

#[test]
fn a_range_and_a_parent_give_what_is_free_in_them() {
    let Some((stage, netbox)) = stage("range") else { return };
    let parent = prefix(&netbox, "10.30.0.0/16");
    stage.write(format!(
        r#"
resource "onprem_netbox_prefix" "child" {{
  parent_prefix_id = {parent}
  prefix_length    = 24
}}
resource "onprem_netbox_ip_range" "range" {{
  start_address = "10.40.0.10/24"
  end_address   = "10.40.0.11/24"
}}
resource "onprem_netbox_ip_address" "this" {{
  ip_range_id = onprem_netbox_ip_range.range.id
}}
"#
    ));
    stage.apply();
    stage.assert_settled();
    let state = stage.state();
    assert_eq!(state.attributes("onprem_netbox_prefix.child")["prefix"], "10.30.0.0/24");
    assert_eq!(state.attributes(ADDRESS)["address"], "10.40.0.10/24");
    stage.destroy();
    assert_eq!(netbox.list("/ipam/prefixes/").len(), 1);
}

/// Two configurations, each with its owner, take 32 addresses at the same time.
#[test]
fn two_applies_share_no_address() {
    for real in [false, true] {
        let Some(one) = Stage::new(&format!("netbox/parallel_one_{real}")) else { return };
        let Some(netbox) = one.netbox(real) else {
            eprintln!(
                "SKIPPED: parallel allocations on a real NetBox: ONPREM_NETBOX_URL is not set"
            );
            continue;
        };
        let Some(two) = Stage::new(&format!("netbox/parallel_two_{real}")) else { return };
        let vrf = netbox.post("/ipam/vrfs/", json!({"name": "parallel", "enforce_unique": true}));
        let parent =
            netbox.post("/ipam/prefixes/", json!({"prefix": "10.50.0.0/24", "vrf": vrf["id"]}));
        two.set("NETBOX_TOKEN", netbox.token());
        std::fs::copy(one.folder().join("ca.pem"), two.folder().join("ca.pem")).unwrap();
        two.provider(&one.provider_block().replace("\"acceptance\"", "\"other\""));
        let config = next_of(parent["id"].as_i64().unwrap(), "count = 32");
        for stage in [&one, &two] {
            stage.write(&config);
        }
        let running = [one.start_apply(), two.start_apply()];
        for running in running {
            let _ = running.finish().succeeded();
        }
        let found = netbox.list(&format!("/ipam/ip-addresses/?vrf_id={}", vrf["id"]));
        let all: BTreeSet<&str> = found.iter().filter_map(|one| one["address"].as_str()).collect();
        assert_eq!((found.len(), all.len()), (64, 64));
        let mut taken = BTreeSet::new();
        for stage in [&one, &two] {
            stage.assert_settled();
            for index in 0..32 {
                let address = format!("{ADDRESS}[{index}]");
                taken.insert(stage.state().attributes(&address)["address"].to_string());
            }
        }
        assert_eq!(taken.len(), 64);
        // One more of the same, with nothing to tell it apart, is a new one.
        one.write(config.replace("32", "33"));
        one.apply();
        assert_eq!(netbox.list(&format!("/ipam/ip-addresses/?vrf_id={}", vrf["id"])).len(), 65);
        one.destroy();
        two.destroy();
        netbox.delete(&format!("/ipam/prefixes/{}/", parent["id"]));
        netbox.delete(&format!("/ipam/vrfs/{}/", vrf["id"]));
    }
}

/// Whatever request the provider is killed at: the next apply ends with one address, which is the one
/// that the killed apply made, if it made one.
#[test]
fn a_kill_at_any_request_leaks_no_address() {
    for (when, word) in [(When::Before, "before"), (When::After, "after")] {
        let mut kills = 0;
        for skip in 0..30 {
            let Some((stage, netbox)) = stage(&format!("killed_{word}/{skip:02}")) else { return };
            let parent = prefix(&netbox, "10.60.0.0/24");
            stage.write(next_of(parent, "dns_name = \"a.example\"\n  comments = \"ours\""));
            let fault = Fault::new(Effect::Stall { when }).system("netbox").skip(skip);
            let (running, held) = stage.apply_until(fault);
            let Some((number, held)) = held else {
                let _ = running.finish().succeeded();
                break;
            };
            let place = format!("{word} {} {}", held.method, held.path);
            eprintln!("{place}");
            running.kill_provider();
            stage.lab().faults().abort(number);
            let _ = running.finish();
            kills += 1;
            let again = stage.apply();
            assert_eq!(addresses(&netbox), ["10.60.0.1/24"], "{place}: {again}");
            stage.assert_settled();
            let stored = &netbox.list("/ipam/ip-addresses/")[0];
            assert_eq!(stored["comments"], "ours", "{place}: {stored:#}");
            stage.write(next_of(
                parent,
                "dns_name = \"a.example\"\n  comments = \"ours\"\n  count = 2",
            ));
            stage.apply();
            assert_eq!(
                addresses(&netbox).len(),
                2,
                "another one of the same is a new one: {place}"
            );
            stage.destroy();
            assert!(addresses(&netbox).is_empty(), "{place}");
        }
        assert!((2..30).contains(&kills), "{kills} kills {word} a request");
    }
}

/// What a killed apply leaves in a NetBox, put there by hand: an address that its mark says is unrecorded.
#[test]
fn an_unrecorded_address_is_taken_up() {
    for real in [false, true] {
        let Some(stage) = Stage::new(&format!("netbox/unrecorded_{real}")) else { return };
        let Some(netbox) = stage.netbox(real) else {
            eprintln!(
                "SKIPPED: an unrecorded address on a real NetBox: ONPREM_NETBOX_URL is not set"
            );
            continue;
        };
        let vrf = netbox.post("/ipam/vrfs/", json!({"name": "unrecorded"}));
        let parent =
            netbox.post("/ipam/prefixes/", json!({"prefix": "10.62.0.0/24", "vrf": vrf["id"]}));
        stage.write(next_of(parent["id"].as_i64().unwrap(), "description = \"d\""));
        stage.apply();
        let id = stage.state().attributes(ADDRESS)["id"].clone();
        let path = format!("/ipam/ip-addresses/{id}/");
        let filter =
            format!("changed_object_type=ipam.ipaddress&changed_object_id={id}&action=create");
        let entry = &netbox.list(&format!("/core/object-changes/?{filter}"))[0];
        let words: Vec<&str> = entry["message"].as_str().unwrap().split(' ').collect();
        let mark = format!("<!-- onprem:creating {} {} -->", words[1], words[2]);
        netbox.patch(&path, json!({ "comments": mark }));
        stage.forget(ADDRESS);
        stage.apply();
        assert_eq!(stage.state().attributes(ADDRESS)["id"], id, "{words:?}");
        stage.assert_settled();
        assert_eq!(netbox.get(&path)["comments"], "");
        stage.destroy();
        netbox.delete(&format!("/ipam/prefixes/{}/", parent["id"]));
        netbox.delete(&format!("/ipam/vrfs/{}/", vrf["id"]));
    }
}

/// The server makes the address and the answer is lost: it is found in the change log, not made twice.
#[test]
fn a_lost_answer_makes_no_second_address() {
    let Some((stage, netbox)) = stage("lost") else { return };
    let parent = prefix(&netbox, "10.61.0.0/24");
    stage.write(next_of(parent, ""));
    let fault = "reset,when=after,method=POST,path=available-ips,count=1";
    stage.fault(fault.parse().unwrap());
    stage.apply();
    stage.assert_settled();
    assert_eq!(addresses(&netbox), ["10.61.0.1/24"]);
    stage.destroy();
}

/// Terraform reads ten objects at a time, and NetBox is asked for many more.
#[test]
fn a_refresh_of_a_thousand_addresses_costs_forty_requests() {
    let Some((stage, netbox)) = stage("thousand") else { return };
    let list: Vec<Value> = (0..1000)
        .map(|n| json!({"address": format!("10.70.{}.{}/16", n / 250, n % 250 + 1)}))
        .collect();
    netbox.post("/ipam/ip-addresses/", Value::Array(list));
    let made = netbox.list("/ipam/ip-addresses/");
    assert_eq!(made.len(), 1000);
    let imports: String = made
        .iter()
        .enumerate()
        .map(|(n, one)| format!("import {{\n  to = {ADDRESS}[{n}]\n  id = \"{}\"\n}}\n", one["id"]))
        .collect();
    let addresses: Vec<&str> = made.iter().filter_map(|one| one["address"].as_str()).collect();
    let config = format!(
        "resource \"onprem_netbox_ip_address\" \"this\" {{\n  count = 1000\n  \
         address = local.addresses[count.index]\n}}\nlocals {{\n  addresses = {}\n}}\n",
        json!(addresses)
    );
    stage.write(format!("{config}{imports}"));
    stage.apply();
    stage.write(config);
    let requests = stage.requests(|| {
        stage.assert_settled();
    });
    eprintln!("{} requests", requests.len());
    assert!(requests.len() <= 40, "{} requests: {:?}", requests.len(), &requests[..40]);
}

#[test]
fn an_exhausted_prefix_is_told_at_its_attribute() {
    let Some((stage, netbox)) = stage("exhausted") else { return };
    let parent = prefix(&netbox, "10.80.0.0/30");
    stage.write(next_of(parent, "count = 3"));
    let run = stage.apply_fails();
    run.error().says("Insufficient resources").at("prefix_id").hints("free some");
    assert_eq!(addresses(&netbox).len(), 2);
}

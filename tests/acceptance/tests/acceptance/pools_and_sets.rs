//! Pools, and the parts of a firewall that have a name: each is made, changed, imported, put right after
//! others changed it, and destroyed.

use acceptance::Stage;
use serde_json::{Value, json};

/// A resource: its type, what its arguments are at first and in the end, its import id, and how others
/// change it.
struct Life {
    kind: &'static str,
    first: &'static str,
    steps: &'static [&'static str],
    id: &'static str,
    drift: fn(&Stage),
}

fn live(name: &str, life: &Life) {
    let Some(stage) = Stage::new(name) else { return };
    stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 100, "name": "web" }));
    let before = stage.lab().inventory();
    let address = format!("onprem_proxmox_{}.this", life.kind);
    let config = |arguments: &str| {
        format!("resource \"onprem_proxmox_{}\" \"this\" {{\n{arguments}\n}}\n", life.kind)
    };
    stage.write(config(life.first));
    stage.apply();
    stage.assert_settled();
    for step in life.steps {
        stage.changes_in_place(&address, config(step));
    }
    stage.changes_in_place(&address, config(life.first));

    let made = stage.lab().inventory();
    stage.forget(&address);
    stage.import(&address, life.id);
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), made, "an import touches nothing");

    (life.drift)(&stage);
    stage.plan().does(&[(&address, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.lab().inventory(), made, "what others changed is put right");

    // What is there already is nobody's to take.
    stage.forget(&address);
    stage.apply_fails().error().says("already").hints("terraform import").hints(life.id);
    assert_eq!(stage.lab().inventory(), made);
    stage.import(&address, life.id);
    stage.destroy();
    assert!(stage.state().is_empty());
    assert_eq!(stage.lab().inventory(), before);
}

#[test]
fn a_pool_lives() {
    live(
        "pool",
        &Life {
            kind: "pool",
            first: "  name = \"web\"\n  comment = \"Web\"\n  storages = [\"local\"]",
            steps: &[
                "  name = \"web\"\n  storages = [\"local\", \"nfs\"]",
                "  name = \"web\"\n  comment = \"Other\"\n  storages = [\"nfs\"]",
                "  name = \"web\"",
            ],
            id: "web",
            drift: |stage| {
                stage.cluster().put("/pools", json!({ "poolid": "web", "comment": "x" }))
            },
        },
    );
}

/// A pool with guests in it is not destroyed, and nothing else is.
#[test]
fn a_pool_with_guests_stays() {
    let Some(stage) = Stage::new("pool_occupied") else { return };
    stage.write("resource \"onprem_proxmox_pool\" \"this\" {\n  name = \"web\"\n  storages = [\"nfs\"]\n}\n");
    stage.apply();
    stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 100, "pool": "web" }));
    let before = stage.cluster().get("/pools?poolid=web");
    stage.write("");
    stage.apply_fails().error().says("not empty").says("100");
    assert_eq!(members(&stage.cluster().get("/pools?poolid=web")), members(&before));
}

fn members(pools: &Value) -> Vec<String> {
    let members = pools[0]["members"].as_array().unwrap();
    members.iter().map(|member| member["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_alias_lives() {
    live(
        "firewall_alias",
        &Life {
            kind: "firewall_alias",
            first: "  scope = \"cluster\"\n  name = \"Office\"\n  cidr = \"10.20.0.0/24\"\n  comment = \"Desks\"",
            steps: &[
                "  scope = \"cluster\"\n  name = \"Office\"\n  cidr = \"10.30.0.1\"\n  comment = \"Desks\"",
                "  scope = \"cluster\"\n  name = \"Office\"\n  cidr = \"2001:db8::/64\"",
            ],
            id: "cluster:Office",
            drift: |stage| {
                let other = json!({ "cidr": "10.9.0.0/16" });
                stage.cluster().put("/cluster/firewall/aliases/office", other);
            },
        },
    );
}

#[test]
fn a_set_lives() {
    live(
        "firewall_ipset",
        &Life {
            kind: "firewall_ipset",
            first: "  scope = \"guest/100\"\n  name = \"ipfilter-net0\"\n  comment = \"Own\"\n  entries = {\n    \
                    \"10.20.0.5/24\" = { comment = \"a\" }\n    \"10.20.0.9/32\" = { nomatch = true }\n  }",
            steps: &[
                "  scope = \"guest/100\"\n  name = \"ipfilter-net0\"\n  entries = {\n    \"10.20.0.0/24\" = \
                 {}\n    \"2001:DB8::1\" = { comment = \"b\" }\n  }",
                "  scope = \"guest/100\"\n  name = \"ipfilter-net0\"\n  entries = {}",
            ],
            id: "guest/100:ipfilter-net0",
            drift: |stage| {
                let path = "/nodes/pve1/qemu/100/firewall/ipset/ipfilter-net0";
                stage.cluster().post(path, json!({ "cidr": "10.99.0.0/16" }));
            },
        },
    );
}

#[test]
fn a_group_lives() {
    live(
        "firewall_group",
        &Life {
            kind: "firewall_group",
            first: "  name = \"web\"\n  comment = \"Web\"\n  rules = [{ type = \"in\", action = \"ACCEPT\", \
                    macro = \"SSH\" }]",
            steps: &[
                "  name = \"web\"\n  rules = [{ type = \"in\", action = \"ACCEPT\", proto = \"tcp\", dport = \
                 \"80\" }, { type = \"in\", action = \"DROP\" }]",
                "  name = \"web\"\n  comment = \"Other\"\n  rules = []",
            ],
            id: "web",
            drift: |stage| {
                let rule = json!({ "type": "in", "action": "DROP" });
                stage.cluster().post("/cluster/firewall/groups/web", rule);
            },
        },
    );
}

#[test]
fn a_rule_lives_in_every_scope() {
    for (name, first, more, id, path) in [
        (
            "firewall_rule_cluster",
            "  scope = \"cluster\"\n  name = \"gui\"\n  type = \"in\"\n  action = \"ACCEPT\"",
            "",
            "cluster:gui",
            "/cluster/firewall/rules",
        ),
        (
            "firewall_rule_node",
            "  scope = \"node/pve2\"\n  name = \"gui\"\n  type = \"in\"\n  action = \"ACCEPT\"",
            "",
            "node/pve2:gui",
            "/nodes/pve2/firewall/rules",
        ),
        (
            "firewall_rule_guest",
            "  scope = \"guest/100\"\n  name = \"gui\"\n  type = \"in\"\n  action = \"ACCEPT\"",
            "\n  iface = \"net0\"",
            "guest/100:gui",
            "/nodes/pve1/qemu/100/firewall/rules",
        ),
    ] {
        let Some(stage) = Stage::new(name) else { return };
        stage.cluster().post("/nodes/pve1/qemu", json!({ "vmid": 100, "name": "web" }));
        let address = "onprem_proxmox_firewall_rule.this";
        let config = |arguments: &str| {
            format!(
                "resource \"onprem_proxmox_firewall_rule\" \"this\" {{\n{first}{arguments}\n}}\n"
            )
        };
        let rules = || stage.cluster().get(path).as_array().unwrap().clone();
        stage.write(config(""));
        stage.apply();
        stage.assert_settled();
        // Another's rule comes in front of it, and stays there.
        let other = json!({ "type": "in", "action": "DROP", "comment": "other" });
        stage.cluster().post(path, other);
        stage.assert_settled();
        let ports = "\n  proto = \"tcp\"\n  dport = \"8006\"\n  comment = \"Administrators: all\"\n  log = \"info\"";
        stage.changes_in_place(address, config(&format!("{ports}{more}")));
        assert_eq!(rules()[1]["comment"], "gui: Administrators: all");
        assert_eq!(
            (&rules()[1]["dport"], &rules()[0]["comment"]),
            (&json!("8006"), &json!("other"))
        );
        stage.changes_in_place(address, config("\n  enabled = false"));
        stage.changes_in_place(address, config(""));

        stage.forget(address);
        stage.apply_fails().error().says("already").hints("terraform import").hints(id);
        stage.import(address, id);
        stage.assert_settled();
        stage.cluster().put(&format!("{path}/1"), json!({ "action": "DROP" }));
        stage.plan().does(&[(address, "update")]);
        stage.apply();
        stage.assert_settled();
        stage.destroy();
        assert_eq!(rules().len(), 1, "the other one stays");
    }
}

#[test]
fn what_a_scope_cannot_have_is_said_in_the_plan() {
    let Some(stage) = Stage::new("firewall_scopes") else { return };
    let alias = |scope: &str| {
        format!(
            "resource \"onprem_proxmox_firewall_alias\" \"this\" {{\n  scope = \"{scope}\"\n  name = \"a\"\n  \
             cidr = \"10.0.0.1\"\n}}\n"
        )
    };
    stage.write(alias("node/pve1"));
    stage.plan_fails().error().says("Nodes have no aliases").at("scope");
    stage.write(alias("9100"));
    stage.plan_fails().error().says("no scope").at("scope");
    stage.write(alias("guest/4711"));
    stage.apply_fails().error().says("no guest/4711").at("scope");
}

//! Objects of NetBox from their creation to their end, on the lab's and on a real one.

use acceptance::{NetBox, Options, Stage};
use onprem_lab::LabOptions;
use serde_json::{Value, json};

/// A stage on the lab's NetBox, and one on a real NetBox where the environment names one.
fn stages(name: &str) -> Vec<(Stage, NetBox)> {
    [false, true].into_iter().filter_map(|real| stage_on(name, real)).collect()
}

fn stage_on(name: &str, real: bool) -> Option<(Stage, NetBox)> {
    let folder = if real { format!("netbox_real/{name}") } else { format!("netbox/{name}") };
    let stage = Stage::new(&folder)?;
    let Some(netbox) = stage.netbox(real) else {
        eprintln!("SKIPPED: {name} on a real NetBox: ONPREM_NETBOX_URL is not set");
        return None;
    };
    Some((stage, netbox))
}

/// A word that no earlier run of this test used.
fn word(name: &str) -> String {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{name}-{:x}", nanos.as_nanos() & 0xff_ffff_ffff)
}

/// Steps of one resource: each is applied, changes it in place, and leaves nothing to do.
struct Life<'a> {
    kind: &'a str,
    path: &'a str,
    /// Bodies, the first of which creates it.
    steps: &'a [String],
    /// What the last step shall have stored.
    stored: Value,
    /// An import id other than the number.
    key: String,
    /// A change behind Terraform's back, of a field that the last step sets.
    meddle: Value,
}

fn live(stage: &Stage, netbox: &NetBox, before: &str, life: &Life<'_>) {
    let address = format!("onprem_netbox_{}.this", life.kind);
    let config = |body: &str| {
        format!("{before}resource \"onprem_netbox_{}\" \"this\" {{\n{body}\n}}\n", life.kind)
    };
    stage.write(config(&life.steps[0]));
    stage.apply();
    stage.assert_settled();
    let id = stage.state().attributes(&address)["id"].as_i64().unwrap();
    for step in &life.steps[1..] {
        stage.changes_in_place(&address, config(step));
    }
    let object = format!("{}{id}/", life.path);
    let stored = netbox.get(&object);
    for (field, wanted) in life.stored.as_object().unwrap() {
        let found = &stored[field];
        let found = if found["value"].is_null() { found } else { &found["value"] };
        assert_eq!(found, wanted, "{field} of {stored:#}");
    }
    assert!(!stored["comments"].as_str().unwrap_or_default().contains("onprem:"), "{stored:#}");

    // Drift is seen, and put right.
    netbox.patch(&object, life.meddle.clone());
    stage.plan().does(&[(address.as_str(), "update")]);
    stage.apply();
    stage.assert_settled();

    for id in [id.to_string(), life.key.clone()] {
        stage.forget(&address);
        stage.import(&address, &id);
        let plan = stage.plan();
        let creation = ["prefix_id", "ip_range_id", "parent_prefix_id", "prefix_length"];
        let (was, becomes) = (plan.before(&address).clone(), plan.after(&address).clone());
        for (name, value) in becomes.as_object().unwrap() {
            let inert = creation.contains(&name.as_str());
            assert!(
                inert || was[name] == *value,
                "{name} after importing {id}: {was} to {becomes}"
            );
        }
        stage.apply();
        stage.assert_settled();
    }

    // Somebody else destroys it: the plan makes it again.
    netbox.delete(&object);
    stage.plan().does(&[(address.as_str(), "create")]);
    stage.apply();
    stage.assert_settled();
    stage.destroy();
    assert!(stage.state().is_empty());
}

#[test]
fn a_tag_lives() {
    for (stage, netbox) in stages("tag") {
        let name = word("Tag");
        let steps = [
            format!("name = \"{name}\""),
            format!("name = \"{name}\"\ncolor = \"FF0000\"\ndescription = \"red\""),
            format!("name = \"{name}\"\ndescription = \"grey\"\nobject_types = [\"ipam.prefix\"]"),
            format!("name = \"{name}\"\ndescription = \"grey\""),
        ];
        let stored = json!({"name": name, "slug": name.to_lowercase(), "color": "9e9e9e",
            "description": "grey", "object_types": []});
        let meddle = json!({"description": "moved"});
        let life = Life {
            kind: "tag",
            path: "/extras/tags/",
            steps: &steps,
            stored,
            key: name.clone(),
            meddle,
        };
        live(&stage, &netbox, "", &life);
    }
}

#[test]
fn a_tenant_lives() {
    for (stage, netbox) in stages("tenant") {
        let name = word("Tenant");
        let steps = [
            format!("name = \"{name}\""),
            format!(
                "name = \"{name}\"\nslug = \"x-{}\"\ncomments = \"a\\nb\"",
                name.to_lowercase()
            ),
            format!("name = \"{name}\"\ndescription = \"d\"\nslug = \"x-{}\"", name.to_lowercase()),
        ];
        let stored = json!({"name": name, "comments": "", "description": "d", "group": null});
        let meddle = json!({"description": "moved"});
        let life = Life {
            kind: "tenant",
            path: "/tenancy/tenants/",
            steps: &steps,
            stored,
            key: name.clone(),
            meddle,
        };
        live(&stage, &netbox, "", &life);
    }
}

#[test]
fn a_vrf_lives() {
    for (stage, netbox) in stages("vrf") {
        let name = word("vrf");
        let rd = &name[name.len() - 8..];
        let steps = [
            format!("name = \"{name}\""),
            format!("name = \"{name}\"\nrd = \"{rd}\"\nenforce_unique = false"),
            format!("name = \"{name}\"\ndescription = \"d\""),
        ];
        let stored = json!({"name": name, "rd": null, "enforce_unique": true, "description": "d"});
        let meddle = json!({"description": "moved"});
        let life = Life {
            kind: "vrf",
            path: "/ipam/vrfs/",
            steps: &steps,
            stored,
            key: name.clone(),
            meddle,
        };
        live(&stage, &netbox, "", &life);
    }
}

#[test]
fn a_vlan_lives() {
    for (stage, netbox) in stages("vlan") {
        let name = word("vlan");
        let steps = [
            format!("name = \"{name}\"\nvid = 120"),
            format!("name = \"{name}\"\nvid = 121\nstatus = \"reserved\"\ncomments = \"c\""),
            format!("name = \"{name}\"\nvid = 121\ndescription = \"d\""),
        ];
        let stored = json!({"vid": 121, "status": "active", "comments": "", "description": "d"});
        let meddle = json!({"vid": 122});
        let life = Life {
            kind: "vlan",
            path: "/ipam/vlans/",
            steps: &steps,
            stored,
            key: name.clone(),
            meddle,
        };
        live(&stage, &netbox, "", &life);
    }
}

#[test]
fn a_range_lives_in_a_vrf() {
    for (stage, netbox) in stages("ip_range") {
        let vrf = word("vrf");
        let before = format!("resource \"onprem_netbox_vrf\" \"vrf\" {{\n  name = \"{vrf}\"\n}}\n");
        let base = "start_address = \"10.7.0.10/24\"\nvrf_id = onprem_netbox_vrf.vrf.id\n";
        let steps = [
            format!("{base}end_address = \"10.7.0.19/24\""),
            format!("{base}end_address = \"10.7.0.29/24\"\nmark_utilized = true"),
            format!("{base}end_address = \"10.7.0.29/24\"\nstatus = \"reserved\""),
        ];
        let stored = json!({"size": 20, "mark_utilized": false, "status": "reserved"});
        let meddle = json!({"status": "deprecated"});
        let key = format!("10.7.0.10/24@{vrf}");
        let life =
            Life { kind: "ip_range", path: "/ipam/ip-ranges/", steps: &steps, stored, key, meddle };
        live(&stage, &netbox, &before, &life);
    }
}

#[test]
fn a_prefix_lives_in_a_vrf() {
    for (stage, netbox) in stages("prefix") {
        let vrf = word("vrf");
        let before = format!("resource \"onprem_netbox_vrf\" \"vrf\" {{\n  name = \"{vrf}\"\n}}\n");
        // The server spells it in its own way.
        let base = "prefix = \"2001:DB8:0:7::/64\"\nvrf_id = onprem_netbox_vrf.vrf.id\n";
        let steps = [
            base.to_owned(),
            format!("{base}status = \"container\"\nis_pool = true\ndescription = \"d\""),
            format!("{base}mark_utilized = true\ncomments = \"c\""),
        ];
        let stored = json!({"prefix": "2001:db8:0:7::/64", "status": "active", "is_pool": false,
            "description": "", "mark_utilized": true, "comments": "c"});
        let meddle = json!({"comments": "moved"});
        let key = format!("2001:db8:0:7::/64@{vrf}");
        let life =
            Life { kind: "prefix", path: "/ipam/prefixes/", steps: &steps, stored, key, meddle };
        live(&stage, &netbox, &before, &life);
    }
}

/// The rest of the catalogue at once: made, changed in place, imported, destroyed.
#[test]
fn the_rest_of_the_catalogue_lives() {
    for (stage, _) in stages("catalogue") {
        let name = word("c");
        let config = |second: bool| {
            let pick = |one: &'static str, two: &'static str| if second { two } else { one };
            format!(
                r#"
resource "onprem_netbox_rir" "this" {{
  name = "{name}"
  {}
}}
resource "onprem_netbox_role" "this" {{
  name = "{name}"
  {}
}}
resource "onprem_netbox_aggregate" "this" {{
  prefix = "100.64.0.0/10"
  rir_id = onprem_netbox_rir.this.id
  {}
}}
resource "onprem_netbox_site" "this" {{
  name = "{name}"
  {}
}}
resource "onprem_netbox_vlan_group" "this" {{
  name = "{name}"
  {}
}}
resource "onprem_netbox_cluster_type" "this" {{
  name = "{name}"
  {}
}}
resource "onprem_netbox_cluster" "this" {{
  name    = "{name}"
  type_id = onprem_netbox_cluster_type.this.id
  {}
}}
resource "onprem_netbox_virtual_machine" "this" {{
  name       = "{name}"
  cluster_id = onprem_netbox_cluster.this.id
  {}
}}
resource "onprem_netbox_vm_interface" "this" {{
  virtual_machine_id = onprem_netbox_virtual_machine.this.id
  name               = "eth0"
  {}
}}
resource "onprem_netbox_mac_address" "this" {{
  mac_address          = "aabb.cc00.1122"
  assigned_object_type = "virtualization.vminterface"
  assigned_object_id   = onprem_netbox_vm_interface.this.id
  {}
}}
resource "onprem_netbox_service" "this" {{
  name               = "web"
  protocol           = "tcp"
  parent_object_type = "virtualization.virtualmachine"
  parent_object_id   = onprem_netbox_virtual_machine.this.id
  {}
}}
resource "onprem_netbox_custom_field" "this" {{
  name         = replace("{name}", "-", "_")
  type         = "integer"
  object_types = ["ipam.prefix"]
  {}
}}
"#,
                pick("is_private = true", "description = \"d\""),
                pick("weight = 5", ""),
                pick("date_added = \"2026-11-21\"", "comments = \"c\""),
                pick("status = \"planned\"\nlatitude = 48.2", "facility = \"f\""),
                pick(
                    "vid_ranges = [[100, 199]]",
                    "scope_type = \"dcim.site\"\nscope_id = onprem_netbox_site.this.id"
                ),
                pick("", "description = \"d\""),
                pick("status = \"staging\"", "comments = \"c\""),
                pick("vcpus = 1.5\nmemory = 2048", "status = \"paused\"\ndisk = 100"),
                pick("mtu = 9000\nenabled = false", "mode = \"access\""),
                pick("description = \"d\"", ""),
                pick("ports = [80]", "ports = [80, 443]"),
                pick("validation_minimum = 1", "required = false\nlabel = \"L\""),
            )
        };
        stage.write(config(false));
        stage.apply();
        stage.assert_settled();
        stage.write(config(true));
        assert_eq!(stage.apply().changed(), (0, 12, 0));
        stage.assert_settled();
        let kinds = [
            ("rir", true),
            ("role", true),
            ("aggregate", false),
            ("site", true),
            ("vlan_group", true),
            ("cluster_type", true),
            ("cluster", true),
            ("virtual_machine", true),
            ("vm_interface", false),
            ("mac_address", false),
            ("service", false),
            ("custom_field", false),
        ];
        for (kind, named) in kinds {
            let address = format!("onprem_netbox_{kind}.this");
            let id = stage.state().attributes(&address)["id"].to_string();
            stage.forget(&address);
            stage.import(&address, if named { &name } else { &id });
        }
        stage.assert_settled();
        stage.destroy();
    }
}

/// Everything that an address can have, set, changed and unset.
#[test]
fn an_address_lives() {
    for (stage, netbox) in stages("ip_address") {
        let vrf = word("vrf");
        let (before, tags) = surroundings(&vrf);
        let cpus = custom_field(&netbox, "integer", "ipam.ipaddress");
        let owners = custom_field(&netbox, "text", "ipam.ipaddress");
        let base = "address = \"10.8.0.5/24\"\nvrf_id = onprem_netbox_vrf.vrf.id\n";
        let steps = [
            base.to_owned(),
            format!(
                "{base}status = \"reserved\"\nrole = \"vip\"\ndns_name = \"Web.Example.COM\"\n\
                 description = \"d\"\ncomments = \"c\"\ntenant_id = onprem_netbox_tenant.tenant.id\n\
                 tags = [onprem_netbox_tag.a.name, onprem_netbox_tag.b.name]\n\
                 custom_fields = {{ {cpus} = 4, {owners} = \"me\" }}"
            ),
            format!(
                "{base}tags = [onprem_netbox_tag.b.name]\ncustom_fields = {{ {cpus} = 5 }}\n\
                 dns_name = \"db.example.com\""
            ),
        ];
        let stored = json!({"address": "10.8.0.5/24", "status": "active", "role": null,
            "dns_name": "db.example.com", "description": "", "comments": "", "tenant": null});
        let meddle = json!({"dns_name": "other.example.com"});
        let key = format!("10.8.0.5/24@{vrf}");
        let life = Life {
            kind: "ip_address",
            path: "/ipam/ip-addresses/",
            steps: &steps,
            stored,
            key,
            meddle,
        };
        live(&stage, &netbox, &before, &life);
        let _ = tags;
        for name in [cpus, owners] {
            let found = netbox.list(&format!("/extras/custom-fields/?name={name}"));
            netbox.delete(&format!("/extras/custom-fields/{}/", found[0]["id"]));
        }
    }
}

fn surroundings(vrf: &str) -> (String, [String; 2]) {
    let tags = [format!("A-{vrf}"), format!("B-{vrf}")];
    let config = format!(
        "resource \"onprem_netbox_vrf\" \"vrf\" {{\n  name = \"{vrf}\"\n}}\n\
         resource \"onprem_netbox_tenant\" \"tenant\" {{\n  name = \"T-{vrf}\"\n}}\n\
         resource \"onprem_netbox_tag\" \"a\" {{\n  name = \"{}\"\n}}\n\
         resource \"onprem_netbox_tag\" \"b\" {{\n  name = \"{}\"\n}}\n",
        tags[0], tags[1]
    );
    (config, tags)
}

fn custom_field(netbox: &NetBox, ty: &str, on: &str) -> String {
    let name = word(ty).replace('-', "_");
    let body = json!({"name": name, "type": ty, "object_types": [on]});
    netbox.post("/extras/custom-fields/", body);
    name
}

/// Tags and custom fields that somebody else set stay, those of ours come and go.
#[test]
fn what_others_set_is_left_alone() {
    for (stage, netbox) in stages("others") {
        let vrf = word("vrf");
        let (before, tags) = surroundings(&vrf);
        let mine = custom_field(&netbox, "text", "ipam.ipaddress");
        let theirs = custom_field(&netbox, "text", "ipam.ipaddress");
        let foreign = netbox.post("/extras/tags/", json!({"name": word("F"), "slug": word("f")}));
        let config = |more: &str| {
            format!(
                "{before}resource \"onprem_netbox_ip_address\" \"this\" {{\n  \
                 address = \"10.9.0.5/24\"\n  vrf_id = onprem_netbox_vrf.vrf.id\n{more}\n}}\n"
            )
        };
        let ours =
            format!("tags = [onprem_netbox_tag.a.name]\ncustom_fields = {{ {mine} = \"x\" }}");
        stage.write(config(&ours));
        stage.apply();
        let this = "onprem_netbox_ip_address.this";
        let id = stage.state().attributes(this)["id"].clone();
        let path = format!("/ipam/ip-addresses/{id}/");
        let both = json!({"tags": [{"name": tags[0]}, {"id": foreign["id"]}],
            "custom_fields": {theirs.clone(): "y"}});
        netbox.patch(&path, both);
        stage.plan().does(&[]);
        stage.apply();
        stage.assert_settled();
        assert_eq!(stage.state().attributes(this)["tags_all"].as_array().unwrap().len(), 2);
        stage.changes_in_place(this, config("description = \"d\""));
        let now = netbox.get(&path);
        assert_eq!(now["tags"].as_array().unwrap().len(), 1, "{now:#}");
        assert_eq!(now["tags"][0]["id"], foreign["id"], "{now:#}");
        assert_eq!(now["custom_fields"][&theirs], "y", "{now:#}");
        assert_eq!(now["custom_fields"][&mine], Value::Null, "{now:#}");
        stage.destroy();
        for name in [mine, theirs] {
            let found = netbox.list(&format!("/extras/custom-fields/?name={name}"));
            netbox.delete(&format!("/extras/custom-fields/{}/", found[0]["id"]));
        }
        netbox.delete(&format!("/extras/tags/{}/", foreign["id"]));
    }
}

/// Comments from a heredoc end with a line break, which NetBox trims: the apply failed. And where only the
/// case of a text changed, NetBox was not told.
#[test]
fn texts_arrive_as_they_are_written() {
    for (stage, netbox) in stages("texts") {
        let name = word("texts");
        let config = |description: &str| {
            format!(
                "resource \"onprem_netbox_vrf\" \"this\" {{\n  name = \"{name}\"\n  \
                 description = \"{description}\"\n  comments = <<-EOT\n    One line.\n    \
                 Another one.\n  EOT\n}}\n"
            )
        };
        stage.write(config("core router"));
        stage.apply();
        stage.assert_settled();
        let this = "onprem_netbox_vrf.this";
        let path = format!("/ipam/vrfs/{}/", stage.state().attributes(this)["id"]);
        assert_eq!(netbox.get(&path)["comments"], "One line.\nAnother one.");
        stage.changes_in_place(this, config("Core Router"));
        assert_eq!(netbox.get(&path)["description"], "Core Router");
        netbox.patch(&path, json!({"description": "CORE ROUTER"}));
        stage.plan().does(&[(this, "update")]);
        stage.destroy();
    }
}

/// An object was given a custom field that the same apply had made, after others had used older ones: "There
/// is no custom field".
#[test]
fn a_custom_field_of_the_same_apply_is_known() {
    let Some((stage, netbox)) = stage_on("new_field", false) else { return };
    let old = custom_field(&netbox, "text", "ipam.prefix");
    stage.write(format!(
        r#"
resource "onprem_netbox_prefix" "first" {{
  prefix        = "10.6.0.0/24"
  custom_fields = {{ {old} = "x" }}
}}
resource "onprem_netbox_custom_field" "new" {{
  name         = "new_field"
  type         = "integer"
  object_types = ["ipam.prefix"]
  depends_on   = [onprem_netbox_prefix.first]
}}
resource "onprem_netbox_prefix" "second" {{
  prefix        = "10.6.1.0/24"
  custom_fields = {{ (onprem_netbox_custom_field.new.name) = 7 }}
}}
"#
    ));
    stage.apply();
    stage.assert_settled();
    stage.destroy();
}

/// Tags of the provider block come and go with it, and the plan shows that.
#[test]
fn default_tags_follow_the_provider_block() {
    let Some((stage, netbox)) = stage_on("default_tags", false) else { return };
    for name in ["one", "two"] {
        netbox.post("/extras/tags/", json!({"name": name, "slug": name}));
    }
    let block = stage.provider_block();
    let with = |tags: &str| {
        stage.provider(
            &block.replace("netbox = {", &format!("netbox = {{\n default_tags = {tags}")),
        );
    };
    with("[\"one\"]");
    let config = "resource \"onprem_netbox_prefix\" \"this\" {\n  prefix = \"10.5.0.0/24\"\n}\n";
    stage.write(config);
    stage.apply();
    stage.assert_settled();
    let this = "onprem_netbox_prefix.this";
    assert_eq!(stage.state().attributes(this)["tags_all"], json!(["one"]));
    assert_eq!(stage.state().attributes(this)["tags"], json!([]));
    with("[\"two\"]");
    stage.plan().does(&[(this, "update")]);
    stage.apply();
    stage.assert_settled();
    assert_eq!(stage.state().attributes(this)["tags_all"], json!(["two"]));
    stage.destroy();
}

/// The same configuration on the oldest and the newest shapes of the API, with either token.
#[test]
fn every_version_of_the_api_does() {
    for version in ["4.2.9", "4.3.7", "4.4.10", "4.5.9", "4.7.0"] {
        let options = Options::new().lab(LabOptions::default().netbox_version(version));
        let Some(stage) = Stage::with(&format!("netbox/version_{version}"), options) else {
            return;
        };
        let netbox = stage.netbox(false).unwrap();
        if version >= "4.5" {
            stage.set("NETBOX_TOKEN", stage.lab().netbox_token_v2());
        }
        let (before, _) = surroundings("v");
        let select = custom_field(&netbox, "integer", "ipam.ipaddress");
        let config = |more: &str| {
            format!(
                "{before}resource \"onprem_netbox_prefix\" \"p\" {{\n  prefix = \"10.1.0.0/24\"\n  \
                 tags = [onprem_netbox_tag.b.name]\n}}\n\
                 resource \"onprem_netbox_ip_address\" \"this\" {{\n  \
                 prefix_id = onprem_netbox_prefix.p.id\n  {more}\n}}\n"
            )
        };
        stage.write(config(&format!(
            "tags = [onprem_netbox_tag.a.name]\ncustom_fields = {{ {select} = 3 }}"
        )));
        stage.apply();
        stage.assert_settled();
        let this = "onprem_netbox_ip_address.this";
        stage
            .changes_in_place(this, config("tags = [onprem_netbox_tag.b.name]\nstatus = \"dhcp\""));
        stage.destroy();
        assert!(netbox.list("/ipam/ip-addresses/").is_empty(), "{version}");
    }
}

/// One and many of everything that can be looked up.
#[test]
fn data_sources_find_what_there_is() {
    for (stage, _) in stages("data") {
        let vrf = word("vrf");
        stage.write(format!(
            r#"
resource "onprem_netbox_vrf" "vrf" {{ name = "{vrf}" }}
resource "onprem_netbox_prefix" "prefix" {{
  prefix = "10.3.0.0/29"
  vrf_id = onprem_netbox_vrf.vrf.id
}}
resource "onprem_netbox_ip_address" "address" {{
  count     = 3
  prefix_id = onprem_netbox_prefix.prefix.id
  dns_name  = "n${{count.index}}.example"
}}
data "onprem_netbox_vrf" "vrf" {{ name = onprem_netbox_vrf.vrf.name }}
data "onprem_netbox_prefix" "prefix" {{
  prefix     = "10.3.0.0/29"
  vrf_id     = data.onprem_netbox_vrf.vrf.id
  depends_on = [onprem_netbox_prefix.prefix]
}}
data "onprem_netbox_prefixes" "prefixes" {{
  within     = "10.3.0.0/16"
  vrf_id     = onprem_netbox_vrf.vrf.id
  depends_on = [onprem_netbox_prefix.prefix]
}}
data "onprem_netbox_ip_addresses" "addresses" {{
  parent     = "10.3.0.0/29"
  vrf_id     = onprem_netbox_vrf.vrf.id
  depends_on = [onprem_netbox_ip_address.address]
}}
data "onprem_netbox_ip_address" "first" {{
  address    = "10.3.0.1/29"
  vrf_id     = onprem_netbox_vrf.vrf.id
  depends_on = [onprem_netbox_ip_address.address]
}}
resource "onprem_netbox_ip_range" "range" {{
  start_address = "10.3.1.10/24"
  end_address   = "10.3.1.10/24"
  vrf_id        = onprem_netbox_vrf.vrf.id
}}
resource "onprem_netbox_vlan_group" "group" {{ name = "{vrf}" }}
resource "onprem_netbox_vlan" "vlan" {{
  vid      = 20
  name     = "{vrf}"
  group_id = onprem_netbox_vlan_group.group.id
}}
data "onprem_netbox_ip_range" "range" {{
  start_address = "10.3.1.10/24"
  vrf_id        = onprem_netbox_vrf.vrf.id
  depends_on    = [onprem_netbox_ip_range.range]
}}
data "onprem_netbox_ip_ranges" "ranges" {{
  vrf_id     = onprem_netbox_vrf.vrf.id
  depends_on = [onprem_netbox_ip_range.range]
}}
data "onprem_netbox_vlan" "vlan" {{
  vid        = 20
  group_id   = onprem_netbox_vlan_group.group.id
  depends_on = [onprem_netbox_vlan.vlan]
}}
data "onprem_netbox_vlans" "vlans" {{
  group_id   = onprem_netbox_vlan_group.group.id
  depends_on = [onprem_netbox_vlan.vlan]
}}
data "onprem_netbox_ip_addresses" "named" {{
  vrf_id     = onprem_netbox_vrf.vrf.id
  dns_name   = "N1.Example"
  depends_on = [onprem_netbox_ip_address.address]
}}
data "onprem_netbox_prefix_utilization" "prefix" {{
  prefix_id  = onprem_netbox_prefix.prefix.id
  depends_on = [onprem_netbox_ip_address.address]
}}
output "found" {{
  value = jsonencode([
    data.onprem_netbox_prefix.prefix.id == onprem_netbox_prefix.prefix.id,
    length(data.onprem_netbox_prefixes.prefixes.prefixes),
    length(data.onprem_netbox_ip_addresses.addresses.ip_addresses),
    data.onprem_netbox_ip_address.first.vrf == "{vrf}",
    data.onprem_netbox_prefix_utilization.prefix.percent,
    data.onprem_netbox_ip_range.range.size,
    data.onprem_netbox_ip_ranges.ranges.ip_ranges[*].end_address,
    data.onprem_netbox_vlan.vlan.name == "{vrf}",
    data.onprem_netbox_vlans.vlans.vlans[*].vid,
    length(data.onprem_netbox_ip_addresses.named.ip_addresses),
  ])
}}
"#
        ));
        let run = stage.apply();
        let wanted = r#"[true,1,3,true,50,1,[\"10.3.1.10/24\"],true,[20],1]"#;
        assert!(run.output().contains(wanted), "{run}");
        stage.destroy();
    }
}

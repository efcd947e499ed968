//! Blocks of every kind, as a real Terraform reads and counts them.

use std::process::Command;

use serde_json::{Value, json};

use super::honest::{APPLY, expect, quiet, settled};
use super::play::{Play, Theatre, Version, sample};

/// What the provider says of its schemas is what Terraform says of them.
pub(super) fn schema(theatre: &Theatre) {
    let play = theatre.play("schema");
    let theirs = quiet(play.run(&["providers", "schema", "-json"]));
    let theirs: Value = serde_json::from_str(theirs.output()).unwrap();
    let output = Command::new(sample()).arg("schema").output().unwrap();
    let mut ours: Value = serde_json::from_slice(&output.stdout).unwrap();
    let address = "/provider_schemas/registry.terraform.io~1sample~1sample";
    let mut theirs = theirs.pointer(address).unwrap().clone();
    let ours = ours.pointer_mut(address).unwrap();
    if theatre.version == Version::Eleven {
        for newer in ["resource_identity_schemas", "list_resource_schemas", "action_schemas"] {
            assert!(ours.as_object_mut().unwrap().remove(newer).is_some());
        }
    }
    if theatre.version == Version::Eleven {
        unexplained(ours);
    }
    // Kind by kind, so that a difference can be found.
    for (kind, ours) in ours.as_object_mut().unwrap() {
        assert_eq!(theirs[kind].take(), *ours, "{kind}");
    }
}

/// Terraform 1.11 does not say why something is deprecated.
fn unexplained(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("deprecation_message");
            fields.values_mut().for_each(unexplained);
        }
        Value::Array(all) => all.iter_mut().for_each(unexplained),
        _ => {}
    }
}

/// The life of a cluster.
pub(super) fn life(theatre: &Theatre) {
    let play = theatre.play("blocks");
    play.write("main.tf", CLUSTER);
    quiet(play.run(&["validate", "-no-color"]));
    // The rules are not known before the numbers are.
    quiet(play.run(&["plan", "-no-color", "-out=plan"]));
    quiet(play.run(&["apply", "-no-color", "plan"]));
    let cluster = play.world()["objects"]["1"].clone();
    assert_eq!(ports(&cluster), [json!(22), json!(80)]);
    assert_eq!(cluster["nodes"]["node-1"]["memory"], 64);
    assert_eq!(cluster["inbound"][0]["hours"], json!([{"from": 8}, {"from": 20, "to": 22}]));
    settled(&play);

    // The first rule goes, and with it nothing of the second; a machine comes, one block goes.
    let machine = "node \"node-2\" {}\n\n  peer";
    let changed = CLUSTER.replace("[22, 80]", "[80]").replacen("peer", machine, 1);
    play.write(
        "main.tf",
        changed.replace("network {", "balance {").replace("bridge = \"vmbr0\"", ""),
    );
    let deprecated = ["`balance` is deprecated"];
    expect(play.run(APPLY), &deprecated);
    let cluster = play.world()["objects"]["1"].clone();
    assert_eq!(ports(&cluster), [json!(80)]);
    assert!(cluster["nodes"].get("node-2").is_some() && cluster.get("network").is_none());
    play.write("main.tf", &changed);
    quiet(play.run(APPLY));
    settled(&play);

    import(&play);
    let destroy = play.run(&["destroy", "-no-color", "-auto-approve"]);
    expect(destroy, &["sample_members is deprecated", OWN]);
    assert_eq!(play.world()["objects"], json!({}));
}

/// What an import finds is what the configuration says, but for what no server knows.
fn import(play: &Play<'_>) {
    quiet(play.run(&["state", "rm", "sample_cluster.this"]));
    quiet(play.run(&["import", "-no-color", "sample_cluster.this", "1"]));
    play.write("data.tf", DATA);
    let used = ["`source.image` is used only when", "sample_members is deprecated", OWN];
    expect(play.run(APPLY), &used);
    let run = expect(play.run(&["output", "-json", "names"]), &[OWN]);
    assert_eq!(run.output().trim(), r#"["node-1","node-2"]"#);
    let run = play.run(&["plan", "-no-color", "-detailed-exitcode"]);
    assert_eq!(run.code(), 0, "{run}");
}

fn ports(cluster: &Value) -> Vec<Value> {
    let rules = cluster["inbound"].as_array().unwrap();
    rules.iter().map(|rule| rule["port"].clone()).collect()
}

/// What 1.15 says by itself of a value of something deprecated.
const OWN: &str = "Deprecated value used";

const CLUSTER: &str = r#"
resource "terraform_data" "ports" {
  input = [22, 80]
}

resource "sample_cluster" "this" {
  name = "Web"

  dynamic "rule" {
    for_each = terraform_data.ports.output
    content {
      port = rule.value
      host = "Ops"

      hours {
        from = 8
      }
      hours {
        from = 20
        to   = 22
      }
    }
  }

  node "node-1" {
    memory = 64

    console {
      kind = "vga"
    }
  }

  peer {
    name = "West"

    way {
      through = "Gate"
    }
  }

  network {
    bridge = "vmbr0"
  }

  storage {
    pool = "fast"
  }

  limits {
    nodes = 3
  }

  source {
    image = "debian"
  }
}
"#;

const DATA: &str = r#"
data "sample_members" "of" {
  filter {
    cluster = "web"
  }
}

output "names" {
  value = data.sample_members.of.member[*].name
}
"#;

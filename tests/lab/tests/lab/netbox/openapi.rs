//! Every field of the lab's answers stands in the server's own OpenAPI model, and the other way round.

use serde_json::{Value, json};

use super::client::{NetBox, lab};
use crate::facts;

/// Fields that differ, each with the reason.
const ACCEPTED: &[(&str, &str)] = &[];

#[tokio::test]
async fn answers_have_the_fields_of_the_model() {
    let Some(text) = facts::open("apis/netbox-4.6-openapi.json.gz") else { return };
    let model: Value = serde_json::from_str(&text).unwrap();
    let (_lab, netbox) = lab("4.6.8").await;
    let mut problems = Vec::new();
    for path in one_of_each(&netbox).await {
        let kind = path.trim_end_matches('/').rsplit_once('/').unwrap().0;
        let answer = &model["paths"][format!("/api{kind}/{{id}}/")]["get"]["responses"]["200"];
        let schema = &answer["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{kind} is not in the model");
        let body = netbox.get(&path).await.body;
        compare(&model, schema, &body, kind, &mut problems);
    }
    problems.sort();
    problems.dedup();
    let accepted = |problem: &String| ACCEPTED.iter().any(|(text, _)| problem == text);
    let unlisted: Vec<&String> = problems.iter().filter(|problem| !accepted(problem)).collect();
    assert!(unlisted.is_empty(), "{unlisted:#?}");
    for (text, reason) in ACCEPTED {
        assert!(problems.iter().any(|problem| problem == text), "outdated: {text} ({reason})");
    }
}

/// Paths of an object of every type, with as many references set as there are.
async fn one_of_each(netbox: &NetBox) -> Vec<String> {
    let mut paths = Vec::new();
    for (path, body) in [
        ("/extras/tags/", json!({ "name": "t", "slug": "t" })),
        (
            "/extras/custom-field-choice-sets/",
            json!({ "name": "c", "extra_choices": [["a", "A"]] }),
        ),
        (
            "/extras/custom-fields/",
            json!({ "name": "f", "type": "select", "choice_set": 1, "object_types": ["ipam.vlan"] }),
        ),
        ("/tenancy/tenant-groups/", json!({ "name": "g", "slug": "g" })),
        ("/tenancy/tenant-groups/", json!({ "name": "h", "slug": "h", "parent": 1 })),
        ("/tenancy/tenants/", json!({ "name": "t", "slug": "t", "group": 1, "tags": [1] })),
        ("/dcim/regions/", json!({ "name": "r", "slug": "r" })),
        ("/dcim/site-groups/", json!({ "name": "r", "slug": "r" })),
        ("/dcim/sites/", json!({ "name": "s", "slug": "s", "region": 1, "group": 1, "tenant": 1 })),
        ("/dcim/locations/", json!({ "name": "l", "slug": "l", "site": 1 })),
        ("/dcim/manufacturers/", json!({ "name": "m", "slug": "m" })),
        ("/dcim/platforms/", json!({ "name": "p", "slug": "p", "manufacturer": 1 })),
        ("/dcim/device-roles/", json!({ "name": "r", "slug": "r" })),
        ("/dcim/device-types/", json!({ "model": "t", "slug": "t", "manufacturer": 1 })),
        (
            "/dcim/devices/",
            json!({ "name": "d", "device_type": 1, "role": 1, "site": 1, "location": 1, "platform": 1 }),
        ),
        ("/ipam/roles/", json!({ "name": "r", "slug": "r" })),
        ("/ipam/rirs/", json!({ "name": "r", "slug": "r" })),
        ("/ipam/route-targets/", json!({ "name": "1:1" })),
        ("/ipam/vrfs/", json!({ "name": "v", "rd": "1:1", "tenant": 1 })),
        ("/ipam/vlan-groups/", json!({ "name": "g", "slug": "g" })),
        ("/ipam/vlans/", json!({ "name": "v", "vid": 2, "group": 1, "site": 1, "role": 1 })),
        (
            "/ipam/prefixes/",
            json!({
                "prefix": "10.0.0.0/24", "vlan": 1, "role": 1, "tenant": 1, "vrf": 1, "tags": [1],
                "scope_type": "dcim.site", "scope_id": 1,
            }),
        ),
        ("/ipam/aggregates/", json!({ "prefix": "10.0.0.0/8", "rir": 1, "tenant": 1 })),
        (
            "/ipam/ip-ranges/",
            json!({ "start_address": "10.0.0.1/24", "end_address": "10.0.0.2/24", "role": 1 }),
        ),
        ("/virtualization/cluster-types/", json!({ "name": "t", "slug": "t" })),
        ("/virtualization/cluster-groups/", json!({ "name": "g", "slug": "g" })),
        ("/virtualization/clusters/", json!({ "name": "c", "type": 1, "group": 1 })),
        (
            "/virtualization/virtual-machines/",
            json!({ "name": "v", "cluster": 1, "role": 1, "device": 1, "site": 1, "platform": 1 }),
        ),
        (
            "/virtualization/interfaces/",
            json!({ "name": "e", "virtual_machine": 1, "untagged_vlan": 1 }),
        ),
        ("/virtualization/virtual-disks/", json!({ "name": "d", "virtual_machine": 1, "size": 1 })),
        ("/dcim/interfaces/", json!({ "name": "e", "device": 1, "type": "virtual" })),
        (
            "/dcim/mac-addresses/",
            json!({
                "mac_address": "aabbcc001122",
                "assigned_object_type": "virtualization.vminterface",
                "assigned_object_id": 1,
            }),
        ),
        (
            "/ipam/ip-addresses/",
            json!({
                "address": "10.1.0.1/24",
                "assigned_object_type": "virtualization.vminterface",
                "assigned_object_id": 1,
            }),
        ),
        ("/ipam/ip-addresses/", json!({ "address": "10.1.0.2/24", "nat_inside": 1 })),
        (
            "/ipam/services/",
            json!({
                "name": "s", "protocol": "tcp", "ports": [80], "ipaddresses": [1],
                "parent_object_type": "virtualization.virtualmachine", "parent_object_id": 1,
            }),
        ),
    ] {
        let answer = netbox.post(path, body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        paths.push(format!("{path}{}/", answer.id()));
    }
    let interface = json!({ "primary_mac_address": 1 });
    assert_eq!(netbox.call("PATCH", "/virtualization/interfaces/1/", interface).await.status, 200);
    let machine = json!({ "primary_ip4": 1 });
    let path = "/virtualization/virtual-machines/1/";
    assert_eq!(netbox.call("PATCH", path, machine).await.status, 200);
    paths.push("/core/object-changes/1/".to_owned());
    paths
}

fn compare(model: &Value, schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
    let schema = resolved(model, schema);
    match value {
        Value::Object(values) => {
            let Some(known) = schema["properties"].as_object() else { return };
            for name in known.keys().filter(|name| !values.contains_key(*name)) {
                problems.push(format!("{path}.{name} is missing"));
            }
            for (name, value) in values {
                match known.get(name) {
                    Some(schema) => {
                        compare(model, schema, value, &format!("{path}.{name}"), problems);
                    }
                    None => problems.push(format!("{path}.{name} is too much")),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                compare(model, &schema["items"], value, &format!("{path}[]"), problems);
            }
        }
        Value::Null => {}
        scalar => {
            let fits = match schema["type"].as_str() {
                Some("boolean") => scalar.is_boolean(),
                Some("integer") => scalar.is_u64() || scalar.is_i64(),
                Some("number") => scalar.is_number(),
                Some("string") => scalar.is_string(),
                Some(_) => false,
                None => true,
            };
            if !fits {
                problems.push(format!("{path} is {scalar}, not {}", schema["type"]));
            }
        }
    }
}

/// A schema behind its references.
fn resolved<'a>(model: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return resolved(model, &model["components"]["schemas"][name]);
    }
    match schema["allOf"].as_array().map(Vec::as_slice) {
        Some([one]) => resolved(model, one),
        _ => schema,
    }
}

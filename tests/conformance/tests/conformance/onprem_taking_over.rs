//! The real provider taking over what is there: configurations out of states, and the states of others.

use std::collections::BTreeMap;

use conformance::{Attribute, Core, Kind, Outcome};
use onprem_provider::OnPrem;
use tf_provider::cty::Value;

/// A provider whose systems nobody can ask: its configuration is not known.
async fn core() -> Core {
    let core = Core::new::<OnPrem>().await.expect_value();
    let names = core.provider_schema().block.attributes.keys();
    let unknown = Value::object(names.map(|name| (name.clone(), Value::unknown())));
    core.configure(&unknown).await.expect_value();
    core
}

fn is_sound<T>(what: &str, outcome: &Outcome<T>) {
    let bug = outcome.messages.iter().any(|one| one.summary.starts_with("Bug in the provider"));
    assert!(!bug && outcome.violations.is_empty(), "{what}\n{}", outcome.complaints());
}

/// As `terraform plan -generate-config-out` and `terraform query` ask for it: what is generated is valid,
/// and generated again it is the same.
#[tokio::test]
async fn a_configuration_is_made_of_every_object() {
    let core = core().await;
    let mut judged = vec![];
    for (name, schema) in core.resource_schemas() {
        let (mut partial, mut whole) = (0, 0);
        for config in conformance::configurations(&schema.block) {
            // What is required and not known yet is in no state, and nothing valid comes of it. Some of
            // those do, all the same: they must be answered, too.
            let known = has_required(&schema.block.attributes, &config);
            if !known && partial >= 20 {
                continue;
            }
            let Some(plan) = core.plan(name, None, &config).await.value else { continue };
            let state = plan.planned.null_unknowns();
            let generated = core.generate(name, &state).await;
            match known {
                true => {
                    is_sound(&format!("{name} of {state:?}"), &generated);
                    whole += 1;
                }
                false => partial += 1,
            }
            let generated = generated.value.unwrap_or_else(|| panic!("{name} of {state:?}"));
            let again = core.generate(name, &generated).await.value;
            assert_eq!(again.as_ref(), Some(&generated), "{name} of {state:?}");
        }
        assert!(partial + whole >= 10, "{name}: only {partial} and {whole} objects");
        if whole > 0 {
            judged.push(name);
        }
    }
    for guest in ["onprem_proxmox_vm", "onprem_proxmox_template", "onprem_proxmox_container"] {
        assert!(judged.contains(&guest), "no whole {guest}, only {judged:?}");
    }
}

/// No state has an element that is null.
fn is_there(attributes: &BTreeMap<String, Attribute>, element: &Value) -> bool {
    matches!(element, Value::Object(_)) && has_required(attributes, element)
}

fn has_required(attributes: &BTreeMap<String, Attribute>, value: &Value) -> bool {
    match value {
        Value::Object(object) => attributes.iter().all(|(name, attribute)| {
            let value = object.get(name).unwrap_or(&Value::Null);
            let inside = match &attribute.kind {
                Kind::Nested(_, nested) => has_required(nested, value),
                Kind::Plain(_) => true,
            };
            inside
                && !(attribute.required && (value.is_null() || matches!(value, Value::Unknown(_))))
        }),
        Value::List(elements) | Value::Set(elements) => {
            elements.iter().all(|element| is_there(attributes, element))
        }
        Value::Map(elements) => elements.values().all(|element| is_there(attributes, element)),
        _ => true,
    }
}

/// What another provider stored is taken, or refused with words: never with a panic, never half.
#[tokio::test]
async fn every_state_of_another_provider_is_taken_or_refused() {
    let core = core().await;
    let mut taken = vec![];
    for (name, _) in core.resource_schemas() {
        for source in SOURCES {
            for stored in STORED {
                let outcome = core.take_over(name, source, stored).await;
                is_sound(&format!("{name} of {} {stored}", source.1), &outcome);
                let refused = outcome.errors().iter().any(|one| {
                    one.summary.contains("does not take over")
                        || one.summary.starts_with("The state ")
                });
                assert!(outcome.value.is_some() || !outcome.errors().is_empty(), "{name}: no word");
                if !refused {
                    taken.push((name.to_owned(), source.1));
                }
            }
        }
    }
    taken.sort();
    taken.dedup();
    let expected = [
        ("onprem_proxmox_container", "proxmox_virtual_environment_container"),
        ("onprem_proxmox_image", "proxmox_virtual_environment_download_file"),
        ("onprem_proxmox_template", "proxmox_virtual_environment_vm"),
        ("onprem_proxmox_vm", "proxmox_virtual_environment_vm"),
        ("onprem_proxmox_vm", "proxmox_vm_qemu"),
    ];
    assert_eq!(taken, expected.map(|(name, source)| (name.to_owned(), source)));
}

const SOURCES: [(&str, &str); 8] = [
    ("registry.terraform.io/bpg/proxmox", "proxmox_virtual_environment_vm"),
    ("registry.terraform.io/bpg/proxmox", "proxmox_virtual_environment_container"),
    ("registry.terraform.io/bpg/proxmox", "proxmox_virtual_environment_download_file"),
    ("registry.terraform.io/telmate/proxmox", "proxmox_vm_qemu"),
    ("registry.terraform.io/e-breuninger/netbox", "netbox_prefix"),
    ("registry.terraform.io/dell/redfish", "redfish_simple_update"),
    ("registry.terraform.io/onprem/onprem", "onprem_idrac_firmware"),
    ("", ""),
];

const STORED: [&str; 9] = [
    "",
    "null",
    "[]",
    "{",
    "{}",
    r#"{"id": "9100", "vm_id": 9100, "node_name": "pve1", "template": false}"#,
    r#"{"id": "9000", "vm_id": 9000, "node_name": "pve1", "template": true}"#,
    r#"{"id": "pve1/qemu/9100", "vmid": 9100, "target_node": "pve1", "clone": 7, "disks": "none"}"#,
    r#"{"id": "local:iso/a.iso", "node_name": "pve1", "datastore_id": "local", "content_type": "iso",
        "file_name": "a.iso", "url": "http://images.example.com/a.iso", "size": 1}"#,
];
